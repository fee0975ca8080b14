import { describe, expect, test } from 'vitest';
import { cpuBackend, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { FunctionalDevice } from '../../../solver-core/backends/engine/functional-device.ts';
import { solveOnDevice } from '../../../solver-core/backends/engine/solve-on-device.ts';
import type { Backend } from '../../../solver-core/fit/backend.ts';
import { evaluate } from '../../../solver-core/fit/evaluate.ts';
import { fitTiers } from '../../../solver-core/fit/fit-tiers.ts';
import type { FitRequest, FitResult } from '../../../solver-core/fit/fit-tiers.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import { splitRows } from '../../../solver-core/fit/split.ts';
import { AbortError } from '../../../solver-core/model/abort.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { digitsModel, digitsRows, lower, openModel, planOf, takeRows, upper } from './digits.ts';
import type { OpenedModel } from './digits.ts';
import { oracleRidge } from './oracle.ts';
import { quiet, relativeError } from './problems.ts';
import { tinyModel } from './tiny-model.ts';

const runtime = ortRuntime();
const engine: Backend = {
  info: { kind: 'sim', device: 'functional model', image: 'test', note: null },
  solve: (problem, context) => solveOnDevice(problem, new FunctionalDevice(context.host), context),
  dispose: () => Promise.resolve(),
};

function fit(model: OpenedModel, data: LabelledRows, plan: FitRequest['plan'], changes: Partial<FitRequest> = {}): Promise<FitResult> {
  return fitTiers({
    editor: model.editor,
    input: model.input,
    layers: model.layers,
    plan,
    data,
    backend: cpuBackend(),
    numerics: plainNumerics(),
    runtime,
    context: quiet,
    ...changes,
  });
}

async function quality(model: OpenedModel, weights: FitResult['weights'], data: LabelledRows) {
  const runner = await runtime.open(model.editor.encode(weights, []));
  try {
    return await evaluate(runner, model.output, data, model.input, quiet);
  } finally {
    await runner.dispose();
  }
}

describe('the digits, an untrained network', () => {
  const plan = planOf([lower(['/fc1/Gemm', '/fc2/Gemm'], { lambda: 30 })], [upper(['/fc3/Gemm'])]);

  test.each([
    ['host', cpuBackend()],
    ['engine', engine],
  ])('forward projection and a ridge head on the %s reach 96 % on held-out rows', async (_name, backend) => {
    const model = digitsModel();
    const data = await digitsRows();
    const split = splitRows(data.rows, 0.8, 1);
    const [rows, heldOut] = [takeRows(data, split.fit), takeRows(data, split.heldOut)];
    const before = await quality(model, new Map(), heldOut);
    const result = await fit(model, rows, plan, { backend });
    const after = await quality(model, result.weights, heldOut);
    expect(before.value).toBeLessThan(0.3);
    expect(after).toMatchObject({ rows: 360, metric: 'accuracy' });
    expect(after.value).toBeGreaterThanOrEqual(0.96);
    expect(result.layers.map((l) => [l.id, l.tier, l.targets, l.rows, l.columns, l.outputs])).toEqual([
      ['/fc1/Gemm', 'lower', 'forward-projection', 1437, 65, 192],
      ['/fc2/Gemm', 'lower', 'forward-projection', 1437, 193, 128],
      ['/fc3/Gemm', 'upper', 'one-hot', 1437, 129, 10],
    ]);
    expect(result.layers[0]!.solution!.deadInputs).toEqual([0, 32, 39]);
    expect([...result.weights.keys()]).toEqual(['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias', 'fc3.weight', 'fc3.bias']);
  });

  test('the same bits come out again, also when activations do not fit the memory budget', async () => {
    const model = digitsModel();
    const data = takeRows(await digitsRows(), splitRows(1797, 0.3, 3).fit);
    const kept = await fit(model, data, plan, { backend: engine });
    const again = await fit(model, data, plan, { backend: engine, budgetBytes: 1000 });
    for (const [name, tensor] of kept.weights) expect(again.weights.get(name)).toEqual(tensor);
  });

  test('random hidden layers are written, not solved, and the head is', async () => {
    const model = digitsModel();
    const data = await digitsRows();
    const result = await fit(model, data, planOf([lower(['/fc1/Gemm', '/fc2/Gemm', '/fc3/Gemm'], { targets: 'random' })]));
    expect(result.layers.map((l) => [l.targets, l.solution === null])).toEqual([
      ['random', true],
      ['random', true],
      ['one-hot', false],
    ]);
    expect((await quality(model, result.weights, data)).value).toBeGreaterThan(0.9);
  });

  test('a cancel while rows are collected ends with AbortError and closes the model', async () => {
    const model = digitsModel();
    const data = await digitsRows();
    const abort = { aborted: false };
    let [opened, closed] = [0, 0];
    const counting = {
      version: '',
      open: async (bytes: Uint8Array) => {
        const runner = await runtime.open(bytes);
        opened++;
        return {
          ...runner,
          run: (...args: Parameters<typeof runner.run>) => ((abort.aborted = true), runner.run(...args)),
          dispose: () => (closed++, runner.dispose()),
        };
      },
    };
    await expect(fit(model, data, plan, { runtime: counting, context: { ...quiet, abort } })).rejects.toBeInstanceOf(AbortError);
    expect([opened, closed]).toEqual([1, 1]);
  });

  test('progress rises from 0 to 1 and names the layers', async () => {
    const model = digitsModel();
    const data = takeRows(await digitsRows(), splitRows(1797, 0.2, 3).fit);
    const seen: [number, string][] = [];
    await fit(model, data, plan, { context: { ...quiet, onProgress: (fraction, message) => seen.push([fraction, message]) } });
    expect(seen.every(([fraction], i) => i === 0 || fraction >= seen[i - 1]![0])).toBe(true);
    expect(seen[0]![0]).toBe(0);
    expect(Math.abs(seen.at(-1)![0] - 1)).toBeLessThan(tolerances.sumFp64.relative);
    expect(seen.some(([, message]) => message.startsWith('/fc2/Gemm: '))).toBe(true);
  });
});

describe('how a dense layer is stored does not matter', () => {
  const [n, d, k] = [60, 5, 3];
  const random = createRandom(4, 'regression');
  const x = Float32Array.from(normals(random, n * d));
  const y = Float32Array.from(normals(random, n * k));
  const data: LabelledRows = { rows: n, inputShape: [d], x, labels: { kind: 'regression', values: y, outputs: k } };
  const lambda = 0.4;

  test.each([
    { name: 'Gemm', bias: true, nodes: [{ op: 'Gemm', stored: { w: [d, k], b: [k] } }] },
    { name: 'Gemm transposed', bias: true, nodes: [{ op: 'Gemm', attributes: { transB: 1 }, stored: { w: [k, d], b: [k] } }] },
    {
      name: 'Gemm with alpha and beta',
      bias: true,
      nodes: [{ op: 'Gemm', attributes: { alpha: 0.25, beta: -3 }, stored: { w: [d, k], b: [1, k] } }],
    },
    { name: 'Gemm without bias', bias: false, nodes: [{ op: 'Gemm', attributes: { alpha: 2 }, stored: { w: [d, k] } }] },
    { name: 'MatMul', bias: false, nodes: [{ op: 'MatMul', stored: { w: [d, k] } }] },
    {
      name: 'MatMul and Add',
      bias: true,
      nodes: [
        { op: 'MatMul', stored: { w: [d, k] } },
        { op: 'Add', stored: { b: [k] } },
      ],
    },
  ])('$name gives the predictions of the singular value solution', async ({ nodes, bias }) => {
    const model = openModel(tinyModel(['n', d], nodes, ['n', k]));
    const result = await fit(model, data, planOf([lower([model.layers[0]!.id], { lambda })]));
    expect(result.layers[0]).toMatchObject({ targets: 'values', columns: bias ? d + 1 : d });
    const runner = await runtime.open(model.editor.encode(result.weights, []));
    const out = (await runner.run(new Map([['x', { dims: [n, d], data: x }]]), ['y'])).get('y')!;
    await runner.dispose();
    const oracle = oracleRidge({ n, d, k, x: Float64Array.from(x), y: Float64Array.from(y) }, lambda, bias);
    const expected = Array.from({ length: n * k }, (_, i) => {
      const [r, o] = [Math.floor(i / k), i % k];
      let s = oracle.b[o]!;
      for (let j = 0; j < d; j++) s += x[r * d + j]! * oracle.w[j * k + o]!;
      return s;
    });
    expect(relativeError(out.data, expected)).toBeLessThan(tolerances.outputsFp32.absolute);
  });

  test('a model that fixes its batch is run in batches of that size', async () => {
    const model = openModel(
      tinyModel(
        [7, d],
        [{ op: 'Gemm', stored: { w1: [d, 4], b1: [4] } }, { op: 'Relu' }, { op: 'Gemm', stored: { w2: [4, k], b2: [k] } }],
        [7, k],
      ),
    );
    const free = openModel(
      tinyModel(
        ['n', d],
        [{ op: 'Gemm', stored: { w1: [d, 4], b1: [4] } }, { op: 'Relu' }, { op: 'Gemm', stored: { w2: [4, k], b2: [k] } }],
        ['n', k],
      ),
    );
    const plan = (m: OpenedModel) =>
      planOf([
        lower(
          m.layers.map((l) => l.id),
          { lambda },
        ),
      ]);
    const [a, b] = [await fit(model, data, plan(model)), await fit(free, data, plan(free))];
    for (const [name, tensor] of b.weights)
      expect(relativeError(a.weights.get(name)!.data, tensor.data)).toBeLessThan(tolerances.outputsFp32.absolute);
    const q = await quality(model, a.weights, data);
    expect(q).toMatchObject({ rows: n, metric: 'mse', correct: null });
    expect(q.value).toBeLessThan((await quality(model, new Map(), data)).value);
  });

  test('a failure names its layer', async () => {
    const model = openModel(
      tinyModel(
        ['n', d],
        [
          { op: 'Gemm', name: 'front', stored: { w1: [d, 4], b1: [4] } },
          { op: 'Exp' },
          { op: 'Gemm', name: 'back', stored: { w2: [4, k], b2: [k] } },
        ],
        ['n', k],
      ),
    );
    const huge = { ...data, x: x.map((v) => v * 1e6) };
    await expect(fit(model, huge, planOf([lower(['back'], { lambda })]))).rejects.toMatchObject({
      code: 'non-finite-rows',
      message: expect.stringContaining('layer "back"') as string,
    });
  });

  test('a layer applied at every position of a sequence is solved over all positions', async () => {
    const sequence: LabelledRows = {
      rows: 20,
      inputShape: [3, d],
      x,
      labels: { kind: 'regression', values: y.subarray(0, 20 * k), outputs: k },
    };
    const model = openModel(tinyModel(['n', 3, d], [{ op: 'MatMul', stored: { w: [d, k] } }], ['n', 3, k]));
    const result = await fit(model, sequence, planOf([lower([model.layers[0]!.id], { lambda })]));
    expect(result.layers[0]!.rows).toBe(60);
    const repeated = Float64Array.from({ length: 60 * k }, (_, i) => y[Math.floor(i / k / 3) * k + (i % k)]!);
    const oracle = oracleRidge({ n: 60, d, k, x: Float64Array.from(x), y: repeated }, lambda, false);
    expect(relativeError(result.weights.get('w')!.data, oracle.w)).toBeLessThan(tolerances.outputsFp32.absolute);
  });
});
