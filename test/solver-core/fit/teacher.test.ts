import { expect, test } from 'vitest';
import { cpuBackend, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { fitTiers } from '../../../solver-core/fit/fit-tiers.ts';
import type { FitResult } from '../../../solver-core/fit/fit-tiers.ts';
import type { WeightTensor } from '../../../solver-core/fit/model-editor.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import type { LowerTier } from '../../../solver-core/model/plan.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { lower, openModel, planOf } from './digits.ts';
import type { OpenedModel } from './digits.ts';
import { oracleRidge } from './oracle.ts';
import { quiet, relativeError } from './problems.ts';

const [rows, d, h, classes] = [300, 5, 9, 3];

function data(): LabelledRows {
  const x = Float32Array.from(normals(createRandom(8, 'rows'), rows * d));
  return { rows, inputShape: [d], x, labels: { kind: 'class', values: Int32Array.from({ length: rows }, (_, i) => i % classes), classes } };
}

/** Gemm, ReLU, Gemm, ReLU, Gemm; weights are drawn, so that there is a function to keep. */
function network(): OpenedModel {
  const random = normals(createRandom(3, 'weights'), 1000);
  return openModel(
    modelBytes({
      input: [value('x', ['n', d])],
      output: [value('y', ['n', classes])],
      initializer: [
        floats('w1', [d, h], (i) => random[i]!),
        floats('b1', [h], (i) => random[i + 100]!),
        floats('w2', [h, h], (i) => random[i + 200]!),
        floats('b2', [h], (i) => random[i + 300]!),
        floats('w3', [h, classes], (i) => random[i + 400]!),
        floats('b3', [classes], (i) => random[i + 500]!),
      ],
      node: [
        node('Gemm', ['x', 'w1', 'b1'], ['a1'], {}, 'one'),
        node('Relu', ['a1'], ['r1']),
        node('Gemm', ['r1', 'w2', 'b2'], ['a2'], {}, 'two'),
        node('Relu', ['a2'], ['r2']),
        node('Gemm', ['r2', 'w3', 'b3'], ['y'], {}, 'three'),
      ],
    }),
  );
}

function fit(model: OpenedModel, tiers: readonly LowerTier[], fitted?: ReadonlyMap<string, WeightTensor>): Promise<FitResult> {
  return fitTiers({
    editor: model.editor,
    input: model.input,
    layers: model.layers,
    plan: planOf(tiers),
    data: data(),
    backend: cpuBackend(),
    numerics: plainNumerics(),
    runtime: ortRuntime(),
    context: quiet,
    ...(fitted === undefined ? {} : { fitted }),
  });
}

/** A value of the network for all rows by ONNX Runtime. */
async function run(model: OpenedModel, name: string, weights: ReadonlyMap<string, WeightTensor> = new Map()): Promise<Float64Array> {
  const runner = await ortRuntime().open(model.editor.encode(weights, [name]));
  try {
    const out = await runner.run(new Map([['x', { dims: [rows, d], data: data().x }]]), [name]);
    return Float64Array.from(out.get(name)!.data);
  } finally {
    await runner.dispose();
  }
}

/** The first layer with half of its weights cut. */
function pruned(): Map<string, WeightTensor> {
  const random = normals(createRandom(3, 'weights'), d * h);
  return new Map([['w1', { dims: [d, h], data: Float32Array.from(random, (v) => (Math.abs(v) < 0.67 ? 0 : v)) }]]);
}

test('a layer above a pruned one is solved for its original values, from the inputs as they are now', async () => {
  const model = network();
  const tier = lower(['two'], { targets: 'teacher', lambda: 0.01 });
  const result = await fit(model, [tier], pruned());
  expect(result.layers[0]).toMatchObject({ id: 'two', targets: 'teacher' });
  expect(result.layers[0]!.kept).toBeUndefined();
  const [x, y] = [await run(model, 'r1', pruned()), await run(model, 'a2')];
  const { w } = oracleRidge({ n: rows, d: h, k: h, x, y }, 0.01, true);
  expect(relativeError(result.weights.get('w2')!.data, w)).toBeLessThan(tolerances.outputsFp32.absolute);
  const before = relativeError(await run(model, 'y', pruned()), await run(model, 'y'));
  const after = relativeError(await run(model, 'y', new Map([...pruned(), ...result.weights])), await run(model, 'y'));
  expect(after).toBeLessThan(before);
});

test('a layer below which nothing changed keeps its weights to the bit', async () => {
  const result = await fit(network(), [lower(['one', 'two'], { targets: 'teacher' })]);
  expect(result.layers.map((layer) => [layer.id, layer.kept, layer.solution])).toEqual([
    ['one', 'exact', null],
    ['two', 'exact', null],
  ]);
  expect(result.weights.size).toBe(0);
});

test('a solution that comes no nearer is not taken', async () => {
  const result = await fit(network(), [lower(['two'], { targets: 'teacher', lambda: 1e9 })], pruned());
  expect(result.layers[0]).toMatchObject({ kept: 'no-gain', solution: null });
  expect(result.weights.has('w2')).toBe(false);
});

test('the layer above one that was given new features makes up for them as far as it can', async () => {
  const model = network();
  const result = await fit(model, [
    lower(['one'], { targets: 'random' }),
    { ...lower(['two'], { targets: 'teacher', lambda: 'auto' }), name: 'b' },
  ]);
  const two = result.layers[1]!;
  expect(two.kept).toBeUndefined();
  expect(two.solution!.quality!.lambdaFrom).toBe('gcv');
  expect(two.solution!.quality!.rank).toBe(h);
  expect(two.solution!.quality!.degreesOfFreedom).toBeGreaterThan(0);
  expect(two.solution!.quality!.degreesOfFreedom).toBeLessThanOrEqual(h);
});

test('a group that is exact already keeps computing what it did when only another one has to change', async () => {
  // A depthwise convolution over two channels; below it only the second channel is cut down.
  const random = normals(createRandom(5, 'depthwise'), 400);
  const model = openModel(
    modelBytes({
      input: [value('x', ['n', 2, 6, 6])],
      output: [value('y', ['n', classes])],
      initializer: [
        floats('w1', [2, 1, 1, 1], (i) => [0.8, 1.3][i]!),
        floats('b1', [2], () => 0),
        floats('w2', [2, 1, 3, 3], (i) => random[i]!),
        floats('b2', [2], (i) => random[i + 50]!),
        floats('w3', [72, classes], (i) => random[i + 100]!),
        floats('b3', [classes], (i) => random[i + 330]!),
      ],
      node: [
        node('Conv', ['x', 'w1', 'b1'], ['a1'], { group: 2 }, 'one'),
        node('Conv', ['a1', 'w2', 'b2'], ['a2'], { group: 2, pads: [1, 1, 1, 1] }, 'two'),
        node('Flatten', ['a2'], ['f']),
        node('Gemm', ['f', 'w3', 'b3'], ['y'], {}, 'three'),
      ],
    }),
  );
  const x = Float32Array.from(normals(createRandom(6, 'pictures'), 60 * 72));
  const values = Int32Array.from({ length: 60 }, (_, i) => i % classes);
  const changed: ReadonlyMap<string, WeightTensor> = new Map([['w1', { dims: [2, 1, 1, 1], data: Float32Array.of(0.8, 0.65) }]]);
  const result = await fitTiers({
    editor: model.editor,
    input: model.input,
    layers: model.layers,
    plan: planOf([lower(['two'], { targets: 'teacher', lambda: 1e-6 })]),
    data: { rows: 60, inputShape: [2, 6, 6], x, labels: { kind: 'class', values, classes } },
    backend: cpuBackend(),
    numerics: plainNumerics(),
    runtime: ortRuntime(),
    context: quiet,
    fitted: changed,
  });
  const [fit] = result.layers;
  expect(fit?.kept).toBeUndefined();
  expect(fit?.solution).not.toBeNull();
  const w2 = result.weights.get('w2')!.data;
  const wanted = Float64Array.from({ length: 18 }, (_, i) => (i < 9 ? 1 : 2) * Math.fround(random[i]!));
  expect(relativeError(Float64Array.from(w2), wanted)).toBeLessThan(tolerances.sumsFp32.relative);
});
