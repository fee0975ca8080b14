import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Disk } from './disk.ts';
import { parseEntry, type FitEntry, type FitFacts } from './entry.ts';
import { entryBytes, retentionLimits, toDrop, type Kept, type RetentionLimits } from './retention.ts';

const maxEntryBytes = 1 << 16;
const maxListed = 200;
const stateSchema = v.object({ schema: v.literal('tierwise.fit-history-state/1'), current: v.nullable(v.number()) });

/** The versions kept of one plan, newest first, and the one that was written last by a fit or by bringing it back. */
export interface PlanHistory {
  readonly entries: readonly FitEntry[];
  readonly current: FitEntry | null;
}

/** What is to be kept: files as they are on the disk now, and what is known of them. */
export interface NewVersion extends FitFacts {
  readonly kind: FitEntry['kind'];
  readonly output: string;
  readonly sha256: string | null;
  readonly before: number | null;
}

/**
 * Copies of fitted models under `root`, one folder per plan and in it one per version: the model, its record, and a description that
 * is written last, so that a folder without one counts for nothing. What cannot be read is told to `warn` and left out.
 */
export class FitStore {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #warn: (text: string) => void;
  readonly #now: () => Date;
  readonly #limits: RetentionLimits;

  constructor(options: {
    readonly disk: Disk;
    readonly root: string;
    readonly warn: (text: string) => void;
    /** Default the clock of the machine. */
    readonly now?: () => Date;
    readonly limits?: RetentionLimits;
  }) {
    this.#disk = options.disk;
    this.#root = options.root;
    this.#warn = options.warn;
    this.#now = options.now ?? (() => new Date());
    this.#limits = options.limits ?? retentionLimits;
  }

  async history(plan: string): Promise<PlanHistory> {
    const folder = folderOf(plan);
    const entries = (await this.#entries(folder)).filter((entry) => entry.plan === plan);
    const current = await this.#current(folder);
    return { entries, current: entries.find(({ id }) => id === current) ?? null };
  }

  /** Keeps a copy of a model and its record as they are now. Throws what the disk throws; nothing half-kept counts. */
  async keep(plan: string, version: NewVersion): Promise<FitEntry> {
    const folder = folderOf(plan);
    const id = Math.max(0, ...(await this.#numbers(folder))) + 1;
    const { output, sha256, ...rest } = version;
    const modelBytes = await this.#disk.size(output);
    if (modelBytes === undefined) throw new Error(`${output} is not there`);
    if (modelBytes > this.#limits.totalBytes) throw new Error(`${output} has ${modelBytes} bytes, more than the history keeps`);
    const recordBytes = await this.#disk.size(recordOf(output));
    const entry: FitEntry = {
      schema: 'tierwise.fit-history/1',
      id,
      made: this.#now().toISOString(),
      plan,
      output,
      model: { name: lastSegment(output), sizeBytes: modelBytes, sha256 },
      record: recordBytes === undefined ? null : { name: lastSegment(recordOf(output)), sizeBytes: recordBytes },
      ...rest,
    };
    const place = this.#place(entry);
    try {
      await this.#disk.copy(output, `${place}/${entry.model.name}`);
      if (entry.record) await this.#disk.copy(recordOf(output), `${place}/${entry.record.name}`);
      await this.#describe(entry);
    } catch (error) {
      await this.#disk.remove(place);
      throw error;
    }
    return entry;
  }

  /** Says which version is on the disk now; null: none of those that are kept. */
  async setCurrent(plan: string, id: number | null): Promise<void> {
    const state: v.InferOutput<typeof stateSchema> = { schema: 'tierwise.fit-history-state/1', current: id };
    await this.#disk.writeText(`${this.#root}/${folderOf(plan)}/state.json`, `${JSON.stringify(state)}\n`);
  }

  /** Drops the oldest versions until the limits hold; the one in use of each plan that is still there stays. */
  async prune(): Promise<readonly FitEntry[]> {
    const all: Kept[] = [];
    const inUse = new Map<string, number | null>();
    for (const folder of (await this.#disk.names(this.#root)).slice(0, maxListed)) {
      const entries = await this.#entries(folder);
      const plan = entries[0]?.plan;
      const isThere = plan !== undefined && (await this.#disk.size(plan)) !== undefined;
      inUse.set(folder, isThere ? await this.#current(folder) : null);
      all.push(...entries.map((entry) => ({ folder, entry })));
    }
    const dropped = toDrop(all, this.#limits, ({ folder, entry }) => inUse.get(folder) === entry.id);
    for (const { folder, entry } of dropped) await this.#disk.remove(`${this.#root}/${folder}/${entry.id}`);
    return dropped.map(({ entry }) => entry);
  }

  /**
   * A plan, or a folder with plans and models, has another address: its versions go along. Where versions of a plan of that address are
   * kept already, both stay as they are.
   */
  async rename(from: string, to: string): Promise<void> {
    const below = (address: string): string => (address.startsWith(`${from}/`) ? `${to}${address.slice(from.length)}` : address);
    for (const folder of (await this.#disk.names(this.#root)).slice(0, maxListed)) {
      const entries = await this.#entries(folder);
      const plan = entries[0]?.plan;
      if (plan === undefined) continue;
      const renamed = plan === from ? to : below(plan);
      const target = folderOf(renamed);
      if (target === folder && entries.every(({ output }) => below(output) === output)) continue;
      if (target !== folder) {
        if ((await this.#disk.names(`${this.#root}/${target}`)).length > 0) continue;
        await this.#disk.move(`${this.#root}/${folder}`, `${this.#root}/${target}`);
      }
      for (const entry of entries) await this.#describe({ ...entry, plan: renamed, output: below(entry.output) });
    }
  }

  async remove(entry: FitEntry): Promise<void> {
    await this.#disk.remove(this.#place(entry));
  }

  /** Address of the kept model. */
  modelOf(entry: FitEntry): string {
    return `${this.#place(entry)}/${entry.model.name}`;
  }

  /** Whether the kept files are still there, as long as they were. */
  async isWhole(entry: FitEntry): Promise<boolean> {
    const place = this.#place(entry);
    if ((await this.#disk.size(this.modelOf(entry))) !== entry.model.sizeBytes) return false;
    return entry.record === null || (await this.#disk.size(`${place}/${entry.record.name}`)) === entry.record.sizeBytes;
  }

  /** Puts a kept version back where it was written: each file whole or not at all. A record of another version does not stay. */
  async putBack(entry: FitEntry): Promise<void> {
    const place = this.#place(entry);
    await this.#disk.copy(this.modelOf(entry), entry.output);
    if (entry.record) await this.#disk.copy(`${place}/${entry.record.name}`, recordOf(entry.output));
    else await this.#disk.remove(recordOf(entry.output));
    await this.setCurrent(entry.plan, entry.id);
  }

  #describe(entry: FitEntry): Promise<void> {
    return this.#disk.writeText(`${this.#place(entry)}/entry.json`, `${JSON.stringify(entry, null, 2)}\n`);
  }

  #place(entry: FitEntry): string {
    return `${this.#root}/${folderOf(entry.plan)}/${entry.id}`;
  }

  async #entries(folder: string): Promise<readonly FitEntry[]> {
    const newestFirst = (await this.#numbers(folder)).toSorted((a, b) => b - a).slice(0, maxListed);
    const read = await Promise.all(newestFirst.map((id) => this.#entry(folder, id)));
    return read.filter((entry) => entry !== undefined);
  }

  /** Numbers of the versions of a plan, those that cannot be read among them; anything else in its folder is none of ours. */
  async #numbers(folder: string): Promise<readonly number[]> {
    return (await this.#disk.names(`${this.#root}/${folder}`)).filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number);
  }

  async #entry(folder: string, id: number): Promise<FitEntry | undefined> {
    const file = `${this.#root}/${folder}/${id}/entry.json`;
    const text = await this.#disk.readText(file, maxEntryBytes);
    if (text === undefined) return undefined;
    const entry = parseEntry(text);
    // Names and places come from the description, so they must be what the store itself would have written.
    if (entry?.id === id && folderOf(entry.plan) === folder && isOwnName(entry)) return entry;
    this.#warn(`history of fits: ${file} cannot be read and is left out`);
    return undefined;
  }

  async #current(folder: string): Promise<number | null> {
    const text = await this.#disk.readText(`${this.#root}/${folder}/state.json`, maxEntryBytes);
    if (text === undefined) return null;
    try {
      const state = v.safeParse(stateSchema, JSON.parse(text));
      return state.success ? state.output.current : null;
    } catch {
      return null;
    }
  }
}

/** The record beside a fitted model: `digits.fitted.onnx` has `digits.fitted.json`. */
export function recordOf(model: string): string {
  return `${model.replace(/\.[^./]*$/, '')}.json`;
}

/** Bytes of all versions together. */
export const historyBytes = (entries: readonly FitEntry[]): number => entries.reduce((sum, entry) => sum + entryBytes(entry), 0);

function isOwnName({ output, model, record }: FitEntry): boolean {
  return model.name === lastSegment(output) && (record === null || record.name === lastSegment(recordOf(output)));
}

const folderOf = (plan: string): string => createHash('sha256').update(plan).digest('hex').slice(0, 24);
const lastSegment = (address: string): string => address.slice(address.lastIndexOf('/') + 1);
