import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeArrayFile, encodeArrayFile } from '../../../solver-core/data/array-file.ts';
import { requireCacheFits, requireFewBatches } from '../../../solver-core/jobs/compound-start.ts';
import { openRows } from '../../../solver-core/jobs/open-rows.ts';
import type { FitRows, LabelledRows } from '../../../solver-core/fit/index.ts';
import { isAbort } from '../../../solver-core/model/abort.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { editPlan, exampleFolder, failure, logOf, run, stopAfter } from './compound-tools.ts';
import { tolerances } from '../../tolerances.ts';
import { writeNpz } from './compound-npz.ts';

const plan = 'digits.tiers';
const stream = 'stream.npz';
const modules = ['large.compound.lower.onnx', 'large.compound.upper.onnx'];

async function rowsOf(folder: string, file = stream): Promise<LabelledRows> {
  const opened = await openRows(join(folder, file), {});
  const rows: FitRows = opened.rows;
  if (!('x' in rows)) throw new Error('rows in memory were expected');
  return rows;
}

/** What the model at a path says to each row: the class of the largest score, by the runtime alone. */
async function predictions(path: string, rows: LabelledRows): Promise<readonly number[]> {
  const bytes = readFileSync(path);
  const output = readModel(bytes).value!.graph.outputs[0]!.name;
  const runner = await ortRuntime().open(bytes);
  const answers: number[] = [];
  for (let r = 0; r < rows.rows; r++) {
    const data = rows.x.slice(r * 64, (r + 1) * 64);
    const scores = (await runner.run(new Map([['x', { dims: [1, 1, 8, 8], data }]]), [output])).get(output)!.data;
    answers.push(scores.indexOf(Math.max(...scores)));
  }
  await runner.dispose();
  return answers;
}

describe('a stream of rows with two models', () => {
  test('the written modules give the logged predictions, at both exits', async () => {
    const folder = exampleFolder('compound');
    const document = await run(folder, { plan, stream, policy: 'never' });
    const rows = await rowsOf(folder);
    const [lower, upper] = [await predictions(document.outputs.lower, rows), await predictions(document.outputs.upper, rows)];
    const log = logOf(document);
    expect(log.length).toBe(rows.rows);
    expect(log.map(({ prediction }) => Number(prediction))).toEqual(log.map(({ exit }, r) => (exit === 'lower' ? lower : upper)[r]));
    expect(log.some(({ exit }) => exit === 'upper') && log.some(({ exit }) => exit === 'lower')).toBe(true);
    expect(log.map(({ label }) => Number(label))).toEqual([...rows.labels.values]);
  });

  test('classes that come later are learned, and every sum agrees with the log', async () => {
    const folder = exampleFolder('compound');
    const document = await run(folder, { plan, stream });
    const log = logOf(document);
    const { totals, steps } = document;
    expect(steps.flatMap(({ update }) => update?.newClasses ?? []).sort()).toEqual(['2', '3', '4', '5', '6', '7', '8', '9']);
    expect(totals.accuracy).toBe(log.filter(({ correct }) => correct).length / log.length);
    expect(totals.escalated).toBe(log.filter(({ exit }) => exit === 'upper').length);
    const deciding = log.reduce((sum, { energy }) => sum + energy.total.value, 0);
    expect(Math.abs(totals.energy.deciding.value / deciding - 1)).toBeLessThan(tolerances.sumFp64.relative);
    for (const { energy } of log) {
      const parts = energy.lower.value + energy.cache.value + energy.head.value + energy.upper.value;
      expect(Math.abs(parts / energy.total.value - 1)).toBeLessThan(tolerances.sumFp64.relative);
    }
    // Two models of their own: always asking the larger one needs no smaller one.
    const alone = 900 * document.upper.energy!.value;
    expect(totals.sums.alwaysUpper.value).toBeGreaterThan(alone);
    expect(totals.sums.alwaysUpper.value).toBeLessThan(alone + 900 * document.lower.energy!.value);
    // Ten classes where the heads began with two.
    const late = log.slice(-120);
    expect(late.filter(({ correct }) => correct).length / late.length).toBeGreaterThan(0.7);
    const never = await run(exampleFolder('compound'), { plan, stream, policy: 'never' });
    expect(totals.accuracy!).toBeGreaterThan(never.totals.accuracy! + 0.3);
    expect(never.totals.updates).toBe(0);
  });

  test('two runs over the halves of a stream leave what one run over all of it leaves', async () => {
    const [whole, halves] = [exampleFolder('compound'), exampleFolder('compound')];
    const rows = await rowsOf(whole);
    const cut = 7 * 64;
    writeNpz(join(halves, 'first.npz'), rows, 0, cut);
    writeNpz(join(halves, 'second.npz'), rows, cut, rows.rows);
    const one = await run(whole, { plan, stream });
    const half = await run(halves, { plan, stream: 'first.npz' });
    // As when the machine stopped before the state got its name: lines that the state knows nothing of.
    appendFileSync(half.outputs.log, readFileSync(half.outputs.log, 'utf8').split('\n')[0]! + '\n');
    const two = await run(halves, { plan, stream: 'second.npz' });
    expect(two.resumed).toBe(true);
    expect(two.totals).toEqual(one.totals);
    expect(logOf(two)).toEqual(logOf(one).map((decision, i) => ({ ...decision, input: i < cut ? decision.input : `row ${i - cut}` })));
    for (const file of modules) expect(readFileSync(join(halves, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
    // The states differ in the stream that they were in, and in nothing else.
    const content = (folder: string): unknown => {
      const { value } = decodeArrayFile('tierwise-compound', 1, readFileSync(join(folder, 'large.compound.state')));
      return { ...value, header: { ...value!.header, place: null } };
    };
    expect(content(halves)).toEqual(content(whole));
    expect(two.from).toEqual({ how: 'another', before: 0, after: rows.rows - cut, of: rows.rows - cut });
  });

  test('a run that is stopped and resumed leaves what an uninterrupted one leaves, byte for byte', async () => {
    const [whole, parts] = [exampleFolder('compound'), exampleFolder('compound')];
    const one = await run(whole, { plan, stream });
    const first = await run(parts, { plan, stream, keepOnCancel: true }, stopAfter(4));
    expect(first.from).toEqual({ how: 'start', before: 0, after: 256, of: 900 });
    const second = await run(parts, { plan, stream, keepOnCancel: true }, stopAfter(2));
    expect(second.from).toEqual({ how: 'continued', before: 256, after: 384, of: 900 });
    const last = await run(parts, { plan, stream });
    expect(last.from).toEqual({ how: 'continued', before: 384, after: 900, of: 900 });
    for (const file of [...modules, 'large.compound.state', 'large.compound.log.jsonl'])
      expect(readFileSync(join(parts, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
    expect(last.totals).toEqual(one.totals);
    expect(last.cache).toEqual(one.cache);
    expect(last.calibration).toEqual(one.calibration);
    expect([...first.steps, ...second.steps, ...last.steps]).toEqual(one.steps);
    // Read to its end: another run reads it once more.
    const again = await run(parts, { plan, stream, policy: 'never' });
    expect(again.from).toEqual({ how: 'again', before: 0, after: 900, of: 900 });
    expect(again.totals.decisions).toBe(1800);
    const fresh = await run(parts, { plan, stream, fresh: true });
    expect(fresh.from.how).toBe('start');
    expect(fresh.totals).toEqual(one.totals);
  });

  test('a stream that has grown goes on behind what was read; one that begins otherwise does not', async () => {
    const folder = exampleFolder('compound');
    const rows = await rowsOf(folder);
    writeNpz(join(folder, 'log.npz'), rows, 0, 128);
    await run(folder, { plan, stream: 'log.npz', policy: 'never' });
    writeNpz(join(folder, 'log.npz'), rows, 0, 200);
    const grown = await run(folder, { plan, stream: 'log.npz', policy: 'never' });
    expect(grown.from).toEqual({ how: 'grown', before: 128, after: 200, of: 200 });
    expect(logOf(grown).map(({ input }) => input)).toEqual(Array.from({ length: 200 }, (_, r) => `row ${r}`));
    writeNpz(join(folder, 'log.npz'), rows, 1, 300);
    expect((await run(folder, { plan, stream: 'log.npz', policy: 'never' })).from).toMatchObject({ how: 'another', before: 0 });
  });

  test('a cancelled run leaves nothing, or with keepOnCancel its whole batches', async () => {
    const folder = exampleFolder('compound');
    const before = readdirSync(folder).sort();
    await expect(run(folder, { plan, stream }, stopAfter(3))).rejects.toSatisfy(isAbort);
    expect(readdirSync(folder).sort()).toEqual(before);
    const kept = await run(folder, { plan, stream, keepOnCancel: true }, stopAfter(3));
    expect(kept.totals.decisions).toBe(3 * 64);
    expect(kept.diagnostics.map(({ code }) => code)).toContain('stopped-early');
    expect(logOf(kept).length).toBe(3 * 64);
    expect(existsSync(kept.outputs.state)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('what a killed run left is removed at the next start, and nothing else is', async () => {
    const folder = exampleFolder('compound');
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const put = (name: string): string => {
      writeFileSync(join(folder, name), 'half');
      return name;
    };
    const left = [put(`.large.compound.log.jsonl.${dead}.0123456789ab.tmp`), put(`.large.compound.state.${dead}.0123456789ab.tmp`)];
    const others = [
      put(`.large.compound.state.${process.pid}.0123456789ab.tmp`),
      put(`.small.compound.state.${dead}.0123456789ab.tmp`),
      put(`.large.compound.state.${dead}.notes.tmp`),
    ];
    writeNpz(join(folder, 'part.npz'), await rowsOf(folder), 0, 10);
    await run(folder, { plan, stream: 'part.npz', policy: 'never' });
    expect(left.filter((name) => existsSync(join(folder, name)))).toEqual([]);
    expect(others.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  });

  test('equal rows come from the cache with the same answers, and say so', async () => {
    const folder = exampleFolder('compound');
    const rows = await rowsOf(folder);
    writeNpz(join(folder, 'part.npz'), rows, 0, 64);
    const first = await run(folder, { plan, stream: 'part.npz', policy: 'never' });
    const second = await run(folder, { plan, stream: 'part.npz', policy: 'never' });
    const [cold, warm] = [logOf(first).slice(0, 64), logOf(second).slice(64)];
    expect(new Set(cold.map(({ cache }) => cache))).toEqual(new Set(['miss']));
    expect(new Set(warm.map(({ cache }) => cache))).toEqual(new Set(['hit']));
    expect(warm.map(({ prediction, confidence }) => [prediction, confidence])).toEqual(
      cold.map(({ prediction, confidence }) => [prediction, confidence]),
    );
    expect(warm.every(({ energy }) => energy.lower.value === 0 && energy.cache.value > 0)).toBe(true);
    expect(second.cache).toMatchObject({ lookups: 128, hits: 64 });
  });

  test('a damaged state, and one with a right checksum and wrong content, are refused and left as they are', async () => {
    const folder = exampleFolder('compound');
    const { outputs } = await run(folder, { plan, stream, policy: 'never' });
    const good = readFileSync(outputs.state);
    const refusedCode = async (bytes: Uint8Array): Promise<string> => {
      writeFileSync(outputs.state, bytes);
      const { code } = await failure(run(folder, { plan, stream, policy: 'never' }));
      expect(readFileSync(outputs.state).equals(bytes)).toBe(true);
      return code;
    };
    expect(await refusedCode(good.subarray(0, good.length - 100))).toBe('state-damaged');
    expect(await refusedCode(Buffer.from('not a state'))).toBe('state-not-ours');
    const { value } = decodeArrayFile('tierwise-compound', 1, good);
    const changed = (header: Record<string, unknown>): Uint8Array =>
      encodeArrayFile('tierwise-compound', 1, { header: { ...value!.header, ...header }, arrays: value!.arrays });
    for (const header of [
      { facts: {} },
      { facts: { calibration: { curve: 5 }, heads: [] } },
      { labels: 3 },
      { stream: null },
      { cache: 7 },
      { place: { extent: -1 } },
    ])
      expect(await refusedCode(changed(header)), JSON.stringify(header)).toBe('state-damaged');
    expect(await refusedCode(changed({ task: 'next-token' }))).toBe('state-wrong-kind');
  });

  test('refuses what cannot be, with its figures', async () => {
    const folder = exampleFolder('compound');
    expect(await failure(run(folder, { plan, stream: 'stream.wav' }))).toMatchObject({ code: 'stream-unknown' });
    expect(await failure(run(folder, { plan, stream: 'gone.npz' }))).toMatchObject({ code: 'file-not-found' });
    expect(await failure(run(folder, { plan, stream, batchRows: 0 }))).toMatchObject({ code: 'usage' });
    const tooLarge = await failure(Promise.resolve().then(() => requireCacheFits(8 * 2 ** 30, 4 * 2 ** 30)));
    expect(tooLarge.code).toBe('cache-too-large');
    expect(tooLarge.message).toContain('8,192 MiB');
    expect(tooLarge.message).toContain('4,096 MiB');
    expect(await failure(Promise.resolve().then(() => requireFewBatches(5_000_000, 64)))).toMatchObject({ code: 'too-many-batches' });
    expect(() => requireFewBatches(65_536 * 64, 64)).not.toThrow();
    await run(folder, { plan, stream, policy: 'never' });
    editPlan(folder, plan, 'small.onnx', 'other.onnx');
    const { copyFileSync } = await import('node:fs');
    copyFileSync(join(folder, 'small.onnx'), join(folder, 'other.onnx'));
    editPlan(folder, plan, 'model "large.onnx"', 'model "small.onnx"');
    expect(await failure(run(folder, { plan, stream }))).toMatchObject({ code: 'modules-do-not-fit' });
    editPlan(folder, plan, /compound classifier \{[^]*\}/, '');
    expect(await failure(run(folder, { plan, stream }))).toMatchObject({ code: 'no-compound' });
  });
});
