import { describe, expect, it } from 'vitest';
import type { FitDocument } from '../../solver-core/protocol/index.ts';
import { factsOf, parseEntry } from '../../extension/fits/entry.ts';
import { FitHistory, type UndoStep } from '../../extension/fits/fit-history.ts';
import { entryDescription, entryFacts, entrySpoken } from '../../extension/fits/fit-text.ts';
import { toDrop, type RetentionLimits } from '../../extension/fits/retention.ts';
import { recordOf } from '../../extension/fits/store.ts';
import { fit as fitDocument, plainText } from './fixtures.ts';
import { memoryDisk, type MemoryDisk } from './memory-disk.ts';

const plan = 'file:///work%20place/digits.tiers';
const output = 'file:///work%20place/digits.fitted.onnx';
const record = 'file:///work%20place/digits.fitted.json';
const root = 'file:///storage/fits';

/** The "hash" of a file is its content: what matters is only whether two are the same. */
const hash = (content: string | undefined): string | null => (content === undefined || content.includes('broken') ? null : `#${content}`);

interface World {
  readonly disk: MemoryDisk;
  readonly history: FitHistory;
  readonly warnings: string[];
  /** Fits: writes these files and tells the history. */
  fit(model: string): Promise<void>;
  files(): { readonly model: string | undefined; readonly record: string | undefined };
}

function world(files: Readonly<Record<string, string>> = { [plan]: 'plan' }, limits?: RetentionLimits): World {
  const disk = memoryDisk(files);
  const warnings: string[] = [];
  let tick = 0;
  const open = (): FitHistory =>
    new FitHistory({
      disk,
      root,
      warn: (text) => warnings.push(text),
      hashOf: (file) => Promise.resolve(hash(disk.files.get(file))),
      recordOf: () => Promise.resolve(null),
      discard: (file) => (disk.failOn?.test(file) ? Promise.reject(new Error('no space left on device')) : disk.remove(file)),
      now: () => new Date(Date.UTC(2026, 10, 21, 10, 0, tick++)),
      ...(limits ? { limits } : {}),
    });
  return {
    disk,
    warnings,
    // As after a restart of the editor: nothing is remembered but what is on the disk.
    get history() {
      return open();
    },
    async fit(model) {
      const kept = await open().begin(plan, output);
      disk.files.set(output, model);
      disk.files.set(record, `record of ${model}`);
      await kept.done(withOutput(model), output);
    },
    files: () => ({ model: disk.files.get(output), record: disk.files.get(record) }),
  };
}

const withOutput = (model: string): FitDocument => ({ ...fitDocument, hashes: { ...fitDocument.hashes, output: `#${model}` } });

async function undo({ history }: World): Promise<UndoStep> {
  const step = await history.undoStep(plan);
  if (step.kind === 'ready') await history.undo(step);
  return step;
}

async function entryNumber({ history }: World, id: number): Promise<ReturnType<typeof parseEntry>> {
  return (await history.of(plan)).entries.find((entry) => entry.id === id);
}

describe('history of fits', () => {
  it('takes the only fit back: its files go, as before', async () => {
    const w = world();
    await w.fit('one');
    expect(await undo(w)).toMatchObject({ kind: 'ready', to: null, file: 'as written' });
    expect(w.files()).toEqual({ model: undefined, record: undefined });
    expect(await w.history.undoStep(plan)).toEqual({ kind: 'nothing', why: 'not-ours' });
  });

  it('takes fits back one by one, down to files that were there before the first', async () => {
    const w = world({ [output]: 'by hand', [record]: 'record by hand' });
    for (const model of ['one', 'two', 'three']) await w.fit(model);
    for (const model of ['two', 'one', 'by hand']) {
      await undo(w);
      expect(w.files()).toEqual({ model, record: model === 'by hand' ? 'record by hand' : `record of ${model}` });
    }
    expect(await w.history.undoStep(plan)).toEqual({ kind: 'nothing', why: 'not-ours' });
  });

  it('brings a fit back that was undone, and undoes from there', async () => {
    const w = world();
    await w.fit('one');
    await w.fit('two');
    await undo(w);
    const second = await entryNumber(w, 2);
    expect(second && (await w.history.restore(second))).toBe(true);
    expect(w.files()).toEqual({ model: 'two', record: 'record of two' });
    await undo(w);
    expect(w.files().model).toBe('one');
  });

  it('leaves no record of another version beside a model that had none', async () => {
    const w = world({ [output]: 'by hand' });
    await w.fit('one');
    await undo(w);
    expect(w.files()).toEqual({ model: 'by hand', record: undefined });
  });

  it('sees that somebody else changed the file, and keeps that version when it is replaced', async () => {
    const w = world();
    await w.fit('one');
    w.disk.files.set(output, 'changed by somebody');
    expect(await w.history.undoStep(plan)).toMatchObject({ kind: 'ready', file: 'changed' });
    await undo(w);
    expect(w.files().model).toBeUndefined();
    const { entries } = await w.history.of(plan);
    expect(entries[0]).toMatchObject({ kind: 'found', model: { sha256: '#changed by somebody' } });
    expect(entries[0] && (await w.history.restore(entries[0]))).toBe(true);
    expect(w.files().model).toBe('changed by somebody');
  });

  it('sees a change of the same length, and a file that is gone', async () => {
    const w = world();
    await w.fit('one');
    w.disk.files.set(output, 'eno');
    expect(await w.history.undoStep(plan)).toMatchObject({ file: 'changed' });
    w.disk.files.delete(output);
    expect(await w.history.undoStep(plan)).toMatchObject({ file: 'gone' });
  });

  it('knows the version on the disk when the editor ended before it could note it', async () => {
    const w = world();
    await w.fit('one');
    await w.fit('two');
    const state = [...w.disk.files.keys()].find((file) => file.endsWith('/state.json')) ?? '';
    const noted = w.disk.files.get(state) ?? '';
    await undo(w);
    w.disk.files.set(state, noted);
    expect(await undo(w)).toMatchObject({ kind: 'ready', fit: { id: 1 }, file: 'as written' });
    expect(w.files().model).toBeUndefined();
    w.disk.files.delete(state);
    w.disk.files.set(output, 'two');
    expect(await w.history.undoStep(plan)).toMatchObject({ kind: 'ready', fit: { id: 2 } });
  });

  it('keeps what somebody wrote while the user was asked whether to undo', async () => {
    const w = world();
    await w.fit('one');
    const step = await w.history.undoStep(plan);
    w.disk.files.set(output, 'written meanwhile');
    if (step.kind === 'ready') await w.history.undo(step);
    expect((await w.history.of(plan)).entries[0]).toMatchObject({ kind: 'found', model: { sha256: '#written meanwhile' } });
  });

  it('leaves the record where the model cannot be deleted', async () => {
    const w = world();
    await w.fit('one');
    const step = await w.history.undoStep(plan);
    w.disk.failOn = /work%20place.*onnx$/;
    await expect(step.kind === 'ready' && w.history.undo(step)).rejects.toThrow('no space left');
    expect(w.files()).toEqual({ model: 'one', record: 'record of one' });
    w.disk.failOn = undefined;
    expect(await undo(w)).toMatchObject({ kind: 'ready', file: 'as written' });
  });

  it('judges an undo only when a fit that is being kept is kept', async () => {
    const { history, disk } = world();
    disk.files.set(plan, 'plan');
    const kept = await history.begin(plan, output);
    disk.files.set(output, 'one');
    disk.files.set(record, 'record of one');
    const keeping = kept.done(withOutput('one'), output);
    expect(await history.undoStep(plan)).toMatchObject({ kind: 'ready', file: 'as written' });
    await keeping;
  });

  it('numbers versions by its own folders only', async () => {
    const w = world();
    await w.fit('one');
    const folder = [...w.disk.files.keys()].find((file) => file.endsWith('/1/entry.json'))?.replace('/1/entry.json', '') ?? '';
    w.disk.files.set(`${folder}/123456789012/entry.json`, '{}');
    await w.fit('two');
    expect((await w.history.of(plan)).entries.map(({ id }) => id)).toEqual([2, 1]);
  });

  it('drops versions of a plan that is gone before those of one that is there', async () => {
    const w = world({ [plan]: 'plan' }, { perPlan: 3, totalBytes: 40 });
    await w.fit('one');
    w.disk.files.delete(plan);
    const other = 'file:///work%20place/other.tiers';
    w.disk.files.set(other, 'plan');
    const kept = await w.history.begin(other, output);
    w.disk.files.set(output, 'x'.repeat(30));
    await kept.done(withOutput('x'.repeat(30)), output);
    expect((await w.history.of(plan)).entries).toEqual([]);
    expect((await w.history.of(other)).entries.map(({ kind }) => kind)).toContain('fit');
  });

  it('takes fits along with a plan that gets another name, and undoes them there', async () => {
    const w = world();
    await w.fit('one');
    await w.fit('two');
    const renamed = 'file:///work%20place/other%20name.tiers';
    await w.history.rename(plan, renamed);
    expect((await w.history.of(plan)).entries).toEqual([]);
    expect((await w.history.of(renamed)).entries.map(({ id }) => id)).toEqual([2, 1]);
    const step = await w.history.undoStep(renamed);
    if (step.kind === 'ready') await w.history.undo(step);
    expect(w.files()).toEqual({ model: 'one', record: 'record of one' });
    expect(w.warnings).toEqual([]);
  });

  it('takes fits along with the folder of plan and model, and mixes no two plans', async () => {
    const w = world();
    await w.fit('one');
    const inFolder = (address: string): string => address.replace('work%20place', 'elsewhere');
    await w.history.rename('file:///work%20place', 'file:///elsewhere');
    const [entry] = (await w.history.of(inFolder(plan))).entries;
    expect(entry).toMatchObject({ plan: inFolder(plan), output: inFolder(output) });
    expect(entry && (await w.history.restore(entry))).toBe(true);
    expect(w.disk.files.get(inFolder(output))).toBe('one');
    await w.fit('two');
    await w.history.rename(plan, inFolder(plan));
    expect((await w.history.of(plan)).entries.map(({ model }) => model.sha256)).toContain('#two');
    expect((await w.history.of(inFolder(plan))).entries.map(({ model }) => model.sha256)).toEqual(['#one']);
  });

  it('keeps nothing of a fit that was cancelled', async () => {
    const w = world({ [output]: 'by hand' });
    const before = new Map(w.disk.files);
    await (await w.history.begin(plan, output)).dropped();
    expect(w.disk.files).toEqual(before);
  });

  it('keeps nothing of a fit whose files something else replaced at the same time', async () => {
    const w = world();
    const kept = await w.history.begin(plan, output);
    w.disk.files.set(output, 'of another window');
    await expect(kept.done(withOutput('one'), output)).rejects.toMatchObject({ code: 'fit-overwritten' });
    expect((await w.history.of(plan)).entries).toEqual([]);
  });

  it('does not copy a model that is larger than the whole history may be', async () => {
    const w = world({ [output]: 'x'.repeat(2000) }, { perPlan: 3, totalBytes: 1000 });
    await expect(w.history.begin(plan, output)).rejects.toThrow('2000 bytes');
    expect([...w.disk.files.keys()]).toEqual([output]);
  });

  it('keeps the same bits only once when they are found again', async () => {
    const w = world();
    await w.fit('one');
    await w.fit('two');
    expect((await w.history.of(plan)).entries.map(({ kind, before }) => [kind, before])).toEqual([
      ['fit', 1],
      ['fit', null],
    ]);
  });

  it('leaves out what cannot be read, and says so in the log', async () => {
    const w = world();
    await w.fit('one');
    await w.fit('two');
    const folder = [...w.disk.files.keys()].find((file) => file.endsWith('/1/entry.json')) ?? '';
    for (const text of [
      '{',
      '{}',
      JSON.stringify({ ...JSON.parse(w.disk.files.get(folder) ?? '{}'), output: 'file:///etc/passwd' }),
      'x'.repeat(70_000),
    ]) {
      w.disk.files.set(folder, text);
      expect((await w.history.of(plan)).entries.map(({ id }) => id)).toEqual([2]);
    }
    expect(w.warnings.filter((text) => text.includes('/1/entry.json')).length).toBeGreaterThanOrEqual(3);
    expect(await w.history.undoStep(plan)).toEqual({ kind: 'nothing', why: 'before-lost' });
    expect(w.files().model).toBe('two');
  });

  it('refuses a copy that is not the bytes that were kept', async () => {
    const w = world();
    await w.fit('one');
    await w.fit('two');
    const copy = [...w.disk.files.keys()].find((file) => file.endsWith('/1/digits.fitted.onnx')) ?? '';
    w.disk.files.set(copy, 'eno');
    expect(await w.history.undoStep(plan)).toEqual({ kind: 'nothing', why: 'before-lost' });
    const first = await entryNumber(w, 1);
    expect(first && (await w.history.restore(first))).toBe(false);
    expect(w.files().model).toBe('two');
  });

  it('leaves nothing half-kept when the disk is full, and the fit stays', async () => {
    const w = world();
    const kept = await w.history.begin(plan, output);
    w.disk.files.set(output, 'one');
    w.disk.files.set(record, 'record of one');
    w.disk.failOn = /fits\/.*\.json$/;
    await expect(kept.done(withOutput('one'), output)).rejects.toThrow('no space left');
    expect([...w.disk.files.keys()].filter((file) => file.startsWith(root))).toEqual([]);
    expect(w.files().model).toBe('one');
  });

  it('keeps the newest versions of a plan, and never drops the one in use', async () => {
    const w = world({}, { perPlan: 3, totalBytes: 1000 });
    for (const model of ['one', 'two', 'three', 'four', 'five']) await w.fit(model);
    expect((await w.history.of(plan)).entries.map(({ id }) => id)).toEqual([5, 4, 3]);
    await undo(w);
    await undo(w);
    expect(w.files().model).toBe('three');
    expect(await undo(w)).toEqual({ kind: 'nothing', why: 'before-lost' });
  });

  it('keeps plans apart', async () => {
    const w = world();
    await w.fit('one');
    expect((await w.history.of('file:///other.tiers')).entries).toEqual([]);
    expect(await w.history.undoStep('file:///other.tiers')).toEqual({ kind: 'nothing', why: 'no-fit' });
  });
});

describe('retention', () => {
  const entry = (id: number, sizeBytes: number) => {
    const model = { name: 'm.onnx', sizeBytes, sha256: null };
    const made = new Date(Date.UTC(2026, 0, 1, 0, 0, id)).toISOString();
    return {
      schema: 'tierwise.fit-history/1',
      id,
      kind: 'fit',
      made,
      plan,
      output,
      model,
      record: null,
      before: null,
      ...factsOf(null),
    } as const;
  };

  it('drops the oldest of all plans until the bytes fit', () => {
    const all = [
      { folder: 'a', entry: entry(1, 400) },
      { folder: 'b', entry: entry(2, 400) },
      { folder: 'a', entry: entry(3, 400) },
    ];
    const drop = (safe: number): number[] =>
      toDrop(all, { perPlan: 10, totalBytes: 800 }, (kept) => kept.entry.id === safe).map((kept) => kept.entry.id);
    expect(drop(3)).toEqual([1]);
    expect(drop(1)).toEqual([2]);
    expect(toDrop(all, { perPlan: 10, totalBytes: 10 }, (kept) => kept.entry.id === 3).map((kept) => kept.entry.id)).toEqual([1, 2]);
  });
});

describe('words of the history', () => {
  const written = { t: plainText, now: new Date('2026-11-21T12:00:00Z'), locale: 'en' };

  it('tells accuracy, joules with band and source, backend and time', async () => {
    const w = world();
    await w.fit('one');
    const entry = await entryNumber(w, 1);
    if (!entry) throw new Error('the fit was not kept');
    expect(parseEntry(JSON.stringify(entry))).toEqual(entry);
    expect(entryDescription(entry, true, written)).toMatch(/ \u2192 .* \u00b7 in use \u00b7 .*J \u00b7 sim \u00b7 /);
    expect(entrySpoken(entry, true, written)).toMatch(/^Fit 1, in use, .* before, .* after, solved on sim, the fit took .*joule, /);
    const energy = entryFacts(entry, written).find(({ name }) => name === 'Energy of the fit');
    expect(energy?.value).toMatch(/J \(.* to .*J, (simulated|modelled|assumed|measured)\)$/);
    expect(energy?.tooltip).toContain('Sources: ');
  });

  it('does not add up joules of which one part is unknown', () => {
    const layers = fitDocument.layers.map((layer) => ({ ...layer, energy: null }));
    expect(factsOf({ ...fitDocument, layers }).energy).toBeNull();
  });

  it('names the record beside a fitted model', () => {
    expect(recordOf('file:///a.b/digits.fitted.onnx')).toBe('file:///a.b/digits.fitted.json');
    expect(recordOf('file:///a.b/digits')).toBe('file:///a.b/digits.json');
  });
});
