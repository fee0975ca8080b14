import type { FitDocument } from '../../solver-core/protocol/index.ts';
import { SolverError } from '../solver-error.ts';
import type { Disk } from './disk.ts';
import { factsOf, type FitEntry } from './entry.ts';
import { FitStore, recordOf, type PlanHistory } from './store.ts';
import type { RetentionLimits } from './retention.ts';

/** What the history needs of the rest. Plans and files are URIs as text. */
export interface HistoryServices {
  readonly disk: Disk;
  /** Folder of the history, e.g. in the storage of the workspace. */
  readonly root: string;
  readonly warn: (text: string) => void;
  /** SHA-256 of a model file as the solver reads it; null when it cannot. */
  readonly hashOf: (model: string) => Promise<string | null>;
  /** The fit record beside a plan's fitted model, or null. */
  readonly recordOf: (plan: string) => Promise<FitDocument | null>;
  /** Moves a file to the trash where there is one, else deletes it. */
  readonly discard: (file: string) => Promise<void>;
  readonly now?: () => Date;
  readonly limits?: RetentionLimits;
}

/** A fit that is about to overwrite files. Exactly one of the two has to be called. */
export interface OpenFit {
  /** The fit wrote its files: they are kept, too. Rejects with `fit-overwritten` when others are there. */
  done(fit: FitDocument, output: string): Promise<FitEntry>;
  /** The fit wrote nothing. */
  dropped(): Promise<void>;
}

/** What taking back a fit would do, or why it cannot be done. */
export type UndoStep =
  | { readonly kind: 'nothing'; readonly why: 'no-fit' | 'not-ours' | 'before-lost' }
  | {
      readonly kind: 'ready';
      readonly fit: FitEntry;
      /** The version that comes back; null: there was no fitted model before. */
      readonly to: FitEntry | null;
      /** `changed`: the file on the disk is not the one that the fit wrote. `gone`: there is none. */
      readonly file: 'as written' | 'changed' | 'gone';
    };

/** The code of the error that says that something else wrote the files of a fit at the same time. */
export const overwrittenCode = 'fit-overwritten';

const overwritten = (output: string): SolverError =>
  new SolverError(
    overwrittenCode,
    `${output} is not what this fit wrote: another window or a terminal wrote it at the same time`,
    'Fit again when nothing else fits this plan.',
  );

/** The versions of fitted models of each plan, and the way back. One operation at a time; methods reject only for files that cannot be written. */
export class FitHistory {
  readonly #services: HistoryServices;
  readonly #store: FitStore;
  readonly #listeners = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(services: HistoryServices) {
    this.#services = services;
    const { disk, root, warn, now, limits } = services;
    this.#store = new FitStore({ disk, root, warn, ...(now ? { now } : {}), ...(limits ? { limits } : {}) });
  }

  /** Calls `listener` whenever a version was kept, brought back or deleted. */
  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  of(plan: string): Promise<PlanHistory> {
    return this.#store.history(plan);
  }

  modelOf(entry: FitEntry): string {
    return this.#store.modelOf(entry);
  }

  /** Keeps what is at `output` before a fit overwrites it, unless it is kept already. */
  begin(plan: string, output: string): Promise<OpenFit> {
    return this.#alone(async () => {
      const { id, isNew } = await this.#keepPresent(plan, output);
      return {
        done: (fit, written) =>
          this.#alone(async () => {
            // Another window or a terminal may have fitted at the same time: what lies there would be kept under the wrong name.
            if ((await this.#services.hashOf(written)) !== fit.hashes.output) throw overwritten(written);
            const version = { ...factsOf(fit), kind: 'fit' as const, output: written, sha256: fit.hashes.output, before: id };
            const entry = await this.#store.keep(plan, version);
            await this.#store.setCurrent(plan, entry.id);
            await this.#store.prune();
            return entry;
          }),
        dropped: () =>
          this.#alone(async () => {
            const entry = isNew ? (await this.of(plan)).entries.find((one) => one.id === id) : undefined;
            if (entry) await this.#store.remove(entry);
          }),
      };
    });
  }

  /** What taking back the newest fit of a plan would do, once what is being kept now is kept. Changes nothing. */
  async undoStep(plan: string): Promise<UndoStep> {
    await this.#last;
    const { entries, current: noted } = await this.of(plan);
    if (!entries.some(({ kind }) => kind === 'fit')) return { kind: 'nothing', why: 'no-fit' };
    const current = await this.#present(entries, noted);
    if (current?.kind !== 'fit') return { kind: 'nothing', why: 'not-ours' };
    const to = entries.find(({ id }) => id === current.before) ?? null;
    const isLost = current.before !== null && (to === null || !(await this.#isWhole(to)));
    if (isLost) return { kind: 'nothing', why: 'before-lost' };
    return { kind: 'ready', fit: current, to, file: await this.#stateOf(current) };
  }

  /** Takes back a fit: its files go, and those that were there before come back. A file that somebody else wrote meanwhile is kept first. */
  undo({ fit, to }: UndoStep & { kind: 'ready' }): Promise<void> {
    return this.#alone(async () => {
      // Looked at again: somebody may have written it while the user was asked.
      await this.#keepPresent(fit.plan, fit.output);
      if (to !== null) return this.#store.putBack(to);
      // The model first: another program may hold it, and then its record has to stay, too.
      await this.#services.discard(fit.output);
      await this.#services.discard(recordOf(fit.output));
      await this.#store.setCurrent(fit.plan, null);
    });
  }

  /** Makes a kept version the fitted model again. False when its copy is damaged. What is there now is kept first. */
  restore(entry: FitEntry): Promise<boolean> {
    return this.#alone(async () => {
      if (!(await this.#isWhole(entry))) return false;
      await this.#keepPresent(entry.plan, entry.output);
      await this.#store.putBack(entry);
      return true;
    });
  }

  /** Takes versions along with a plan, or a folder of plans and models, that was renamed or moved. */
  rename(from: string, to: string): Promise<void> {
    return this.#alone(() => this.#store.rename(from, to));
  }

  /** Deletes a kept copy; the files beside the model stay. */
  remove(entry: FitEntry): Promise<void> {
    return this.#alone(() => this.#store.remove(entry));
  }

  /** The id under which the file at `output` is kept; null where there is no file. */
  async #keepPresent(plan: string, output: string): Promise<{ readonly id: number | null; readonly isNew: boolean }> {
    const { disk, hashOf } = this.#services;
    if ((await disk.size(output)) === undefined) return { id: null, isNew: false };
    const sha256 = await hashOf(output);
    const { entries, current } = await this.of(plan);
    const same = (entry: FitEntry): boolean => sha256 !== null && entry.model.sha256 === sha256 && entry.output === output;
    const known = current && same(current) ? current : entries.find(same);
    if (known) return { id: known.id, isNew: false };
    const record = await this.#services.recordOf(plan);
    const facts = factsOf(record?.hashes.output === sha256 ? record : null);
    const entry = await this.#store.keep(plan, { ...facts, kind: 'found', output, sha256, before: null });
    return { id: entry.id, isNew: true };
  }

  /** The version that is on the disk. An editor that ended at the wrong moment may have noted another one. */
  async #present(entries: readonly FitEntry[], noted: FitEntry | null): Promise<FitEntry | null> {
    const output = (noted ?? entries[0])?.output;
    if (output === undefined || (await this.#services.disk.size(output)) === undefined) return noted;
    const sha256 = await this.#services.hashOf(output);
    if (sha256 === null || noted?.model.sha256 === sha256) return noted;
    return entries.find((entry) => entry.model.sha256 === sha256 && entry.output === output) ?? noted;
  }

  async #stateOf(entry: FitEntry): Promise<'as written' | 'changed' | 'gone'> {
    const size = await this.#services.disk.size(entry.output);
    if (size === undefined) return 'gone';
    if (size !== entry.model.sizeBytes) return 'changed';
    return (await this.#services.hashOf(entry.output)) === entry.model.sha256 ? 'as written' : 'changed';
  }

  /** Whether a copy is the bytes that were kept. */
  async #isWhole(entry: FitEntry): Promise<boolean> {
    if (!(await this.#store.isWhole(entry))) return false;
    const { sha256 } = entry.model;
    if (sha256 === null || (await this.#services.hashOf(this.#store.modelOf(entry))) === sha256) return true;
    this.#services.warn(`history of fits: the copy of version ${entry.id} of ${entry.plan} is damaged`);
    return false;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work, work).finally(() => this.#listeners.forEach((listener) => listener()));
    this.#last = run.catch(() => undefined);
    return run;
  }
}
