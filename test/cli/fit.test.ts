import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import ort from 'onnxruntime-node';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitRows } from '../../solver-core/fit/split.ts';
import { createEnvironment } from '../../solver-core/jobs/environment.ts';
import { predictedCost } from '../../solver-core/jobs/fit-work.ts';
import { lastFitJob } from '../../solver-core/jobs/last-fit.ts';
import { openModel } from '../../solver-core/jobs/open-model.ts';
import { ModelProtoSchema } from '../../solver-core/onnx/gen/onnx_pb.ts';
import { hasNumpy, numpy } from '../solver-core/data/numpy.ts';
import { digitsRows } from '../solver-core/fit/digits.ts';
import { tolerances } from '../tolerances.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { energySchema, evalSchema, fitSchema, inspectSchema } from './schemas.ts';

type Fit = v.InferOutput<typeof fitSchema>;

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const inputs = ['digits.npz', 'digits.onnx', 'digits.tiers'];

let product: Product;
/** One folder for each of two fits on the simulated engine and one on the processor. */
let folders: { readonly sim: string; readonly again: string; readonly cpu: string };
let fits: { readonly sim: Fit; readonly again: Fit; readonly cpu: Fit };
let before: readonly string[];

async function fit(folder: string, ...words: string[]): Promise<Fit> {
  const ran = await product.run(['fit', 'digits.tiers', '--json', ...words], { cwd: folder });
  return v.parse(fitSchema, documentOf(ran));
}

beforeAll(async () => {
  product = await buildProduct();
  folders = { sim: product.digits(), again: product.digits(), cpu: product.digits() };
  before = inputs.map((name) => hash(join(folders.sim, name)));
  const [sim, again, cpu] = await Promise.all([fit(folders.sim), fit(folders.again), fit(folders.cpu, '--backend', 'cpu')]);
  fits = { sim, again, cpu };
});
afterAll(() => product.remove());

/** A JSON view of a model file, for comparing content. */
interface ModelJson {
  readonly graph: {
    readonly initializer: readonly { readonly name: string; readonly dims: readonly string[] }[];
    readonly [key: string]: unknown;
  };
  readonly metadataProps?: unknown;
  readonly [key: string]: unknown;
}

function decoded(path: string): ModelJson {
  return toJson(ModelProtoSchema, fromBinary(ModelProtoSchema, readFileSync(path))) as unknown as ModelJson;
}

describe('a fit on the simulated engine', () => {
  test('gives the same file twice, byte by byte', () => {
    const [first, second] = [folders.sim, folders.again].map((folder) => readFileSync(join(folder, 'digits.fitted.onnx')));
    expect(first!.equals(second!)).toBe(true);
    expect(fits.sim.backend.kind).toBe('sim');
    expect(fits.sim.layers.map((l) => [l.id, l.cycles, l.relativeResidual])).toEqual(
      fits.again.layers.map((l) => [l.id, l.cycles, l.relativeResidual]),
    );
  });

  test('lifts the held-out rows above 96 %, like the processor does', () => {
    const { sim, cpu } = { sim: fits.sim.evaluation!, cpu: fits.cpu.evaluation! };
    expect([sim.rows, sim.metric]).toEqual([360, 'accuracy']);
    expect(sim.before).toBeLessThan(0.2);
    expect(sim.after).toBeGreaterThanOrEqual(0.96);
    expect(sim.after).toBe(sim.correctAfter! / sim.rows);
    // Half a point of 360 rows.
    expect(Math.abs(sim.correctAfter! - cpu.correctAfter!)).toBeLessThanOrEqual(360 * 0.005);
    expect(sim.correctBefore).toBe(cpu.correctBefore);
  });

  test('solves each layer to the residual that refinement works towards', () => {
    for (const layer of [...fits.sim.layers, ...fits.cpu.layers]) {
      expect(layer.relativeResidual).toBeLessThanOrEqual(tolerances.residualGoal.relative);
      expect(layer.rows).toBe(1437);
    }
    expect(fits.sim.layers.map((l) => [l.columns, l.outputs, l.tier])).toEqual([
      [65, 192, 'lower'],
      [193, 128, 'lower'],
      [129, 10, 'upper'],
    ]);
  });

  test('counts the cycles of the cycle formula', async () => {
    const model = await openModel(createEnvironment('', product.cli), join(folders.sim, 'digits.onnx'));
    for (const layer of fits.sim.layers) {
      const known = model.content!.layers.find((l) => l.id === layer.id)!;
      const formulaOf = (passes: number): number => predictedCost(known, layer.rows, layer.deadInputs, passes)!.cycles;
      const onePass = formulaOf(1) - formulaOf(0);
      // The formula takes all rows at once; the fit hands them over in pieces of at most 128, and each begins and ends with 5 clocks more.
      // A solve of refinement whose words do not fit is repeated, seldom more than once or twice per fit.
      const more = layer.cycles! - formulaOf(layer.refinementPasses);
      const repeats = Math.floor(more / onePass);
      expect(repeats).toBeGreaterThanOrEqual(0);
      expect(repeats).toBeLessThanOrEqual(4);
      const pieces = (more - repeats * onePass) / 5;
      expect(Number.isInteger(pieces)).toBe(true);
      expect(pieces).toBeLessThanOrEqual(Math.ceil(layer.rows / 128));
    }
    expect(fits.sim.layers.map((l) => l.deadInputs)).toEqual([3, 0, 0]);
    expect(fits.cpu.layers.map((l) => l.cycles)).toEqual([null, null, null]);
  });

  test('opens in ONNX Runtime and answers with finite numbers', async () => {
    const session = await ort.InferenceSession.create(join(folders.sim, 'digits.fitted.onnx'));
    const { logits } = await session.run({ x: new ort.Tensor('float32', new Float32Array(128).fill(0.5), [2, 64]) });
    expect(logits?.dims).toEqual([2, 10]);
    expect([...(logits?.data as Float32Array)].every(Number.isFinite)).toBe(true);
    await session.release();
  });

  test('changes the fitted tensors and the metadata, and nothing else', () => {
    const [source, fitted] = [decoded(join(folders.sim, 'digits.onnx')), decoded(join(folders.sim, 'digits.fitted.onnx'))];
    const { initializer: old, ...oldGraph } = source.graph;
    const { initializer: now, ...nowGraph } = fitted.graph;
    expect(nowGraph).toEqual(oldGraph);
    expect({ ...fitted, graph: null, metadataProps: null }).toEqual({ ...source, graph: null, metadataProps: null });
    expect(now.map((t) => [t.name, t.dims])).toEqual(old.map((t) => [t.name, t.dims]));
    const changed = now.filter((tensor, i) => JSON.stringify(tensor) !== JSON.stringify(old[i])).map((t) => t.name);
    expect(changed.sort()).toEqual(['fc1.bias', 'fc1.weight', 'fc2.bias', 'fc2.weight', 'fc3.bias', 'fc3.weight']);
  });

  test('leaves tensors of layers that are in no tier as they are', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text.replace(/"\/fc1\/Gemm",\s*/, ''));
    await fit(own, '--backend', 'cpu');
    const [source, fitted] = [decoded(join(own, 'digits.onnx')), decoded(join(own, 'digits.fitted.onnx'))].map((m) => m.graph.initializer);
    const changed = fitted!.filter((tensor, i) => JSON.stringify(tensor) !== JSON.stringify(source![i])).map((t) => t.name);
    expect(changed.sort()).toEqual(['fc2.bias', 'fc2.weight', 'fc3.bias', 'fc3.weight']);
  });

  test('leaves what it read untouched and no other file behind', () => {
    expect(inputs.map((name) => hash(join(folders.sim, name)))).toEqual(before);
    expect(readdirSync(folders.sim).sort()).toEqual(['digits.fitted.json', 'digits.fitted.onnx', ...inputs]);
  });

  test('is shown by inspect', async () => {
    const shown = v.parse(inspectSchema, documentOf(await product.run(['inspect', 'digits.fitted.onnx', '--json'], { cwd: folders.sim })));
    expect(shown.layers.map((l) => l.fitted)).toEqual([
      'lower tier, targets forward-projection, lambda 30, 1437 rows, sim',
      'lower tier, targets forward-projection, lambda 30, 1437 rows, sim',
      expect.stringMatching(/^upper tier, targets one-hot, lambda 0\.\d+, 1437 rows, sim$/),
    ]);
    expect(shown.model.metadata).toMatchObject({ 'tierwise.source': before[1], 'tierwise.data': before[0] });
    const untouched = v.parse(inspectSchema, documentOf(await product.run(['inspect', 'digits.onnx', '--json'], { cwd: folders.sim })));
    expect(untouched.layers.map((l) => l.fitted)).toEqual([null, null, null]);
  });

  test('records the hashes of what it read and wrote, and prints its record', () => {
    const record = v.parse(fitSchema, JSON.parse(readFileSync(join(folders.sim, 'digits.fitted.json'), 'utf8')));
    expect(record).toEqual(fits.sim);
    expect(record.hashes).toMatchObject({
      data: before[0],
      model: before[1],
      output: hash(join(folders.sim, 'digits.fitted.onnx')),
    });
    expect(record.versions['engine']).toBe(record.backend.image);
    // The same plan has the same hash wherever it lies.
    expect(fits.cpu.hashes.plan).toBe(record.hashes.plan);
  });

  test('is priced by energy as by its record', async () => {
    await expectPricedAsRecorded(folders.sim, fits.sim);
  });

  test.skipIf(!hasNumpy)('with inputs that never change is priced without them', async () => {
    const own = product.digits();
    numpy(own, `d = np.load('digits.npz')\nx = d['x'][:300].copy()\nx[:, 12:] = 0.5\nnp.savez('digits.npz', x=x, y=d['y'][:300])`);
    const record = await fit(own);
    expect(record.layers[0]?.deadInputs).toBeGreaterThanOrEqual(52);
    await expectPricedAsRecorded(own, record);
  });

  async function expectPricedAsRecorded(folder: string, record: Fit): Promise<void> {
    const ran = await product.run(['energy', 'digits.tiers', '--json'], { cwd: folder });
    const shown = v.parse(energySchema, documentOf(ran)).layers.map((layer) => layer.retraining.solve!);
    for (const [i, layer] of record.layers.entries()) {
      expect(shown[i]!.ref).toContain('engine cycles of the fit record');
      const difference = Math.abs(shown[i]!.value - layer.energy!.value);
      expect(difference, layer.id).toBeLessThanOrEqual(tolerances.fitByFormula.relative * layer.energy!.value);
    }
  }
});

describe('eval', () => {
  test.skipIf(!hasNumpy)('of the fitted model on the held-out rows gives the numbers of the record', async () => {
    const rows = await digitsRows();
    const heldOut = [...splitRows(rows.rows, 0.8, 1).heldOut];
    const folder = folders.sim;
    numpy(folder, `d = np.load('digits.npz')\ni = np.array(${JSON.stringify(heldOut)})\nnp.savez('held.npz', x=d['x'][i], y=d['y'][i])`);
    const of = async (model: string): Promise<v.InferOutput<typeof evalSchema>> =>
      v.parse(evalSchema, documentOf(await product.run(['eval', model, '--data', 'held.npz', '--json'], { cwd: folder })));
    const { evaluation } = fits.sim;
    expect(await of('digits.fitted.onnx')).toMatchObject({
      rows: evaluation!.rows,
      metric: evaluation!.metric,
      value: evaluation!.after,
      correct: evaluation!.correctAfter,
    });
    expect(await of('digits.onnx')).toMatchObject({ value: evaluation!.before, correct: evaluation!.correctBefore });
  });

  test('the same rows as .csv give the same count', async () => {
    const { x, labels } = await digitsRows();
    const header = [...Array.from({ length: 64 }, (_, i) => `p${i}`), 'label'].join(',');
    const lines = Array.from({ length: 200 }, (_, r) => [...x.subarray(r * 64, r * 64 + 64), labels.values[r]].join(','));
    writeFileSync(join(folders.cpu, 'some.csv'), [header, ...lines, ''].join('\n'));
    const ran = await product.run(['eval', 'digits.fitted.onnx', '--data', 'some.csv', '--labels', 'label', '--json'], {
      cwd: folders.cpu,
    });
    const found = v.parse(evalSchema, documentOf(ran));
    expect(found.rows).toBe(200);
    const session = await ort.InferenceSession.create(join(folders.cpu, 'digits.fitted.onnx'));
    const { logits } = await session.run({ x: new ort.Tensor('float32', x.slice(0, 200 * 64), [200, 64]) });
    const scores = logits!.data as Float32Array;
    const right = Array.from({ length: 200 }, (_, r) => [...scores.subarray(r * 10, r * 10 + 10)]).filter(
      (row, r) => row.indexOf(Math.max(...row)) === labels.values[r],
    );
    expect(found.correct).toBe(right.length);
    await session.release();
  });
});

describe('a record', () => {
  const state = async (folder: string, text?: string): Promise<string> => {
    const params = { path: join(folder, 'digits.tiers'), ...(text === undefined ? {} : { text }) };
    const { fit: found, stale } = await lastFitJob(createEnvironment('', product.cli), params);
    return found === null ? 'absent' : stale ? 'stale' : 'current';
  };
  /** A folder with the files of the fit on the processor. */
  const copy = (): string => {
    const folder = product.digits();
    for (const name of ['digits.fitted.onnx', 'digits.fitted.json']) copyFileSync(join(folders.cpu, name), join(folder, name));
    return folder;
  };

  test('is absent before a fit and current after it', async () => {
    expect(await state(product.digits())).toBe('absent');
    expect(await state(copy())).toBe('current');
  });

  test.each([
    ['lambda', /lambda 30/, 'lambda 31', 'stale'],
    ['the seed of the targets', /seed 7/, 'seed 8', 'stale'],
    ['the split', /split 0.8/, 'split 0.7', 'stale'],
    ['the layers', /"\/fc1\/Gemm",\s*/, '', 'stale'],
    ['the backend', /backend sim/, 'backend cpu', 'stale'],
    ['a comment', /An untrained network/, 'A network', 'current'],
    ['a line before all', /^/, '\n// moved\n\n', 'current'],
    ['spaces', / {2}solve ridge/, '      solve    ridge', 'current'],
    ['a budget', /200 uJ/, '100 uJ', 'current'],
    ['the target', /"ecp5-85f"/, '"up5k"', 'current'],
    ['the name of a tier', /features/, 'hidden', 'current'],
  ])('after a change of %s', async (_name, from, to, expected) => {
    const folder = copy();
    const text = readFileSync(join(folder, 'digits.tiers'), 'utf8');
    expect(text).toMatch(from);
    expect(await state(folder, text.replace(from, to))).toBe(expected);
  });

  test.each(['digits.npz', 'digits.onnx', 'digits.fitted.onnx'])(
    'is stale when %s changed, current when only its time did',
    async (name) => {
      const folder = copy();
      const path = join(folder, name);
      utimesSync(path, 1, 1);
      expect(await state(folder)).toBe('current');
      // A byte after the end is content for a hash and nothing for these readers.
      const bytes = readFileSync(path);
      if (name !== 'digits.onnx') bytes[bytes.length - 1]! ^= 1;
      else bytes[bytes.indexOf('tierwise-example')]! ^= 1;
      writeFileSync(path, bytes);
      expect(await state(folder)).toBe('stale');
    },
  );

  test('stale figures are not used for energy', async () => {
    const folder = copy();
    const solve = async (): Promise<number | undefined> => {
      const ran = await product.run(['energy', 'digits.tiers', '--json'], { cwd: folder });
      return v.parse(energySchema, documentOf(ran)).totals.retraining.solve?.value;
    };
    const current = await solve();
    edit(join(folder, 'digits.tiers'), (text) => text.replace('lambda 30', 'lambda 31'));
    expect(await solve()).not.toBe(current);
  });

  test.each<[string, (record: Record<string, unknown>) => unknown]>([
    ['no JSON', () => undefined],
    ['null', () => null],
    ['a list', () => []],
    ['another schema', (r) => ({ ...r, schema: 'tierwise.fit/2' })],
    ['no backend', (r) => ({ ...r, backend: {} })],
    ['no evaluation', (r) => ({ ...r, evaluation: undefined })],
    ['text for numbers', (r) => ({ ...r, evaluation: { ...(r['evaluation'] as object), after: '<b>99</b>' } })],
    ['no layers', (r) => ({ ...r, layers: 'none' })],
    ['a layer without cycles', (r) => ({ ...r, layers: [{ ...(r['layers'] as object[])[0], cycles: 'many' }] })],
    ['an energy without a band', (r) => ({ ...r, layers: [{ ...(r['layers'] as object[])[0], energy: { value: 1, unit: 'J' } }] })],
    ['negative rows', (r) => ({ ...r, layers: [{ ...(r['layers'] as object[])[0], rows: -5 }] })],
    ['versions that are no text', (r) => ({ ...r, versions: { engine: {} } })],
    ['hashes that are no text', (r) => ({ ...r, hashes: { plan: 1, model: 2, data: 3, output: 4 } })],
    ['a broken diagnostic', (r) => ({ ...r, diagnostics: [{ code: 'x' }] })],
  ])('with %s counts as absent, in reports, too', async (_name, change) => {
    const folder = copy();
    const path = join(folder, 'digits.fitted.json');
    const changed = change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);
    writeFileSync(path, changed === undefined ? '{"schema": "tierwise.fit/1", ' : JSON.stringify(changed));
    expect(await state(folder)).toBe('absent');
    const report = await product.run(['energy', 'digits.tiers', '--format', 'html'], { cwd: folder });
    expect([report.code, report.stderr]).toEqual([0, '']);
    expect(report.stdout).not.toContain('Last fit');
  });

  test('that is a folder or too large counts as absent', async () => {
    const folder = product.digits();
    mkdirSync(join(folder, 'digits.fitted.json'));
    expect(await state(folder)).toBe('absent');
    const large = copy();
    const path = join(large, 'digits.fitted.json');
    writeFileSync(path, readFileSync(path, 'utf8') + ' '.repeat(1 << 24));
    expect(await state(large)).toBe('absent');
  });
});

describe('a fit is refused before any work', () => {
  const refused = async (folder: string, ...words: string[]): Promise<string> => {
    const files = readdirSync(folder).sort();
    const ran = await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--json', ...words], { cwd: folder });
    expect(ran.code).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(files);
    return `${errorCode(ran)}: ${(documentOf(ran) as { error: { message: string } }).error.message}`;
  };
  const withData = (script: string): string => {
    const folder = product.digits();
    numpy(folder, `d = np.load('digits.npz')\nx = d['x'].copy(); y = d['y'].copy()\n${script}`);
    return folder;
  };

  test('with an output that is a file it reads, under any name', async () => {
    const folder = product.digits();
    symlinkSync('digits.onnx', join(folder, 'link.onnx'));
    linkSync(join(folder, 'digits.onnx'), join(folder, 'hard.onnx'));
    for (const out of ['digits.onnx', './x/../digits.onnx', 'link.onnx', 'hard.onnx', 'digits.npz', 'digits.tiers'])
      expect(await refused(folder, '--out', out)).toMatch(/^output-would-overwrite/);
  });

  test('with an output or a record that cannot be written', async () => {
    const folder = product.digits();
    mkdirSync(join(folder, 'digits.fitted.json'));
    expect(await refused(folder)).toMatch(/^file-not-writable.*there is a folder of that name/);
    expect(await refused(folder, '--out', 'none/x.onnx')).toMatch(/^file-not-writable.*there is no folder/);
  });

  test.skipIf(!hasNumpy).each([
    ['no labels', `np.savez('digits.npz', x=x)`, /^array-missing: .*"y"/],
    ['a value that is no number', `x[7, 3] = np.nan\nnp.savez('digits.npz', x=x, y=y)`, /data-not-finite: .*NaN/],
    ['an infinite value', `x[7, 3] = np.inf\nnp.savez('digits.npz', x=x, y=y)`, /data-not-finite: .*Infinity/],
    ['another input width', `np.savez('digits.npz', x=x[:, :63], y=y)`, /data-shape-mismatch: .*\[63\]/],
    ['too many classes', `y[5] = 12\nnp.savez('digits.npz', x=x, y=y)`, /label-out-of-range|label-shape-mismatch/],
    ['fewer labels than rows', `np.savez('digits.npz', x=x, y=y[:100])`, /shape-mismatch/],
    ['no rows', `np.savez('digits.npz', x=x[:0], y=y[:0])`, /shape-mismatch: .*no rows/],
    ['no zip file', `open('digits.npz', 'wb').write(b'hello')`, /data-unreadable|data-truncated/],
    [
      'half of a zip file',
      `b = open('digits.npz', 'rb').read()\nopen('digits.npz', 'wb').write(b[:len(b)//2])`,
      /data-unreadable|data-truncated/,
    ],
    ['labels of text', `np.savez('digits.npz', x=x, y=np.array(['a'] * len(y)))`, /dtype-unsupported/],
  ])('with %s in the data', async (_name, script, expected) => {
    expect(await refused(withData(script))).toMatch(expected);
  });

  test.each([
    ['a lambda below zero', /lambda 30/, 'lambda -1', /plan-has-errors: .*value-out-of-range/],
    ['a lambda that is no number', /lambda 30/, 'lambda much', /plan-has-errors/],
    ['a lambda that overflows', /lambda 30/, 'lambda 1e999', /plan-has-errors: .*value-out-of-range/],
    ['a split of 1', /split 0.8/, 'split 1', /plan-has-errors: .*value-out-of-range/],
    ['targets that do not exist', /forward-projection seed 7/, 'teachers', /plan-has-errors: .*unknown-word/],
    ['no data', /^data.*$/m, '', /plan-has-errors|plan-without-data/],
    ['no tier', /lower tier[\s\S]*$/, '', /plan-has-errors|nothing-to-fit/],
    ['data that is not there', /digits.npz/, 'digit.npz', /plan-has-errors: .*missing-file/],
    ['a model outside', /digits.onnx/, '../digits.onnx', /plan-has-errors: .*path-outside-folder/],
    ['a board', /backend sim /, 'backend serial "/dev/no-such-port" ', /serial-/],
  ])('with %s', async (name, from, to, expected) => {
    const folder = product.digits();
    edit(join(folder, 'digits.tiers'), (text) => text.replace(from, to));
    const words = ['fit', 'digits.tiers', '--json', ...(name === 'a board' ? [] : ['--backend', 'cpu'])];
    const ran: Ran = await product.run(words, { cwd: folder });
    expect(`${errorCode(ran)}: ${ran.stdout}`).toMatch(expected);
    expect(readdirSync(folder).sort()).toEqual(inputs);
  });

  test('lambda 0 is either solved or refused, but never gives numbers that are none', async () => {
    const folder = product.digits();
    edit(join(folder, 'digits.tiers'), (text) => text.replace('lambda 30', 'lambda 0'));
    const ran = await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--json'], { cwd: folder });
    if (ran.code === 0) expect(v.safeParse(fitSchema, documentOf(ran)).issues).toBeUndefined();
    else expect(errorCode(ran)).toMatch(/./);
    expect(ran.code).toBeLessThan(3);
  });
});

test.skipIf(!hasNumpy)('two rows are enough to end well', async () => {
  const folder = product.digits();
  numpy(folder, `d = np.load('digits.npz')\nnp.savez('digits.npz', x=d['x'][:2], y=d['y'][:2])`);
  const ran = await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--json'], { cwd: folder });
  const record = v.parse(fitSchema, documentOf(ran));
  expect(record.layers[0]?.rows).toBe(1);
  expect(record.diagnostics.map((d) => d.code)).toContain('few-rows');
});

test('an output whose name ends in .json does not collide with its record', async () => {
  const folder = product.digits();
  await fit(folder, '--backend', 'cpu', '--out', 'odd.json');
  expect(readdirSync(folder).sort()).toEqual([...inputs, 'odd.json', 'odd.json.json'].sort());
  expect(hash(join(folder, 'odd.json'))).toBe(
    v.parse(fitSchema, JSON.parse(readFileSync(join(folder, 'odd.json.json'), 'utf8'))).hashes.output,
  );
  expect(statSync(join(folder, 'odd.json')).mode & 0o777).toBe(0o644);
});
