import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { activationScale, integerWeights, quantiseActivations } from '../../../solver-core/energy/switching/integers.ts';
import { seededOrder } from '../../../solver-core/energy/switching/random.ts';
import type { LabelledRows } from '../../../solver-core/fit/index.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { integerLayers } from '../../../solver-core/jobs/integer-layers.ts';
import type { CalibratedLayer, IntegerLayersRequest } from '../../../solver-core/jobs/integer-layers.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';

const context = { host: { nowMs: () => 0, pause: () => Promise.resolve() } };

function requestOf(bytes: Uint8Array, data: LabelledRows): IntegerLayersRequest {
  const model = readModel(bytes).value!;
  const layers = findLayers(model.graph, inferShapes(model.graph, { named: {} }));
  const input = model.graph.inputs[0]!;
  return { model, layers, input: { name: input.name, shape: input.shape }, data, runtime: ortRuntime(), context };
}

function rowsOf(shape: readonly number[], rows: number, from: (random: number) => number): LabelledRows {
  const elements = shape.reduce((a, b) => a * b, 1);
  const x = Float32Array.from(normals(createRandom(3, 'rows'), rows * elements), from);
  return { rows, inputShape: shape, x, labels: { kind: 'class', values: new Int32Array(rows), classes: 2 } };
}

/** What ONNX Runtime gives for values of the model, all rows at once. */
async function outputsOf(bytes: Uint8Array, data: LabelledRows): Promise<Float32Array> {
  const runner = await ortRuntime().open(bytes);
  const results = await runner.run(new Map([[runner.inputs[0]!, { dims: [data.rows, ...data.inputShape], data: data.x }]]), runner.outputs);
  await runner.dispose();
  return results.get(runner.outputs[0]!)!.data;
}

/**
 * Linear results of integer layers against ONNX Runtime's floats, for every row and output: rounding moves an input by at most half a
 * step and a weight by at most half of its step, so the result by at most Σ |w|·s/2 + |x|·sw/2, with the float32 of the runtime on top.
 */
function expectWithinRounding(layer: CalibratedLayer, want: (row: number, group: number, output: number) => number): void {
  const inGroup = layer.groupInputs ?? layer.d;
  const { scale, zeroPoint } = layer.input;
  for (let row = 0; row < layer.rows; row++) {
    for (let group = 0; group < layer.d / inGroup; group++) {
      for (let n = 0; n < layer.k; n++) {
        const step = layer.scales[group * layer.k + n]!;
        let sum = 0;
        let bound: number = tolerances.outputsFp32.absolute;
        for (let i = group * inGroup; i < (group + 1) * inGroup; i++) {
          const x = scale * (layer.activations[row * layer.d + i]! - zeroPoint);
          const w = step * layer.weights[i * layer.k + n]!;
          sum += w * x;
          // The zero point is rounded, too, which moves the ends of the range by half a step.
          bound += Math.abs(w) * scale + ((Math.abs(x) + scale) * step) / 2;
        }
        expect(Math.abs(sum - want(row, group, n))).toBeLessThanOrEqual(bound);
      }
    }
  }
}

describe('integers', () => {
  test.each([
    ['never negative', (v: number) => Math.abs(v)],
    ['both signs', (v: number) => v - 0.4],
    ['halves of steps', (v: number) => Math.round(v * 4) / 2],
    ['all zero', () => 0],
  ])('activations are those of QuantizeLinear: %s', async (_name, from) => {
    const data = rowsOf([50], 40, from);
    const { scale, zeroPoint } = activationScale(Math.min(...data.x), Math.max(...data.x));
    const model = modelBytes({
      input: [value('x', ['n', 50])],
      output: [value('y', ['n', 50])],
      initializer: [floats('scale', [], () => scale), floats('zero', [], () => zeroPoint)],
      node: [
        node('Cast', ['zero'], ['z'], { to: 2 }),
        node('QuantizeLinear', ['x', 'scale', 'z'], ['q']),
        node('Cast', ['q'], ['y'], { to: 1 }),
      ],
    });
    const bytes = new Uint8Array(data.x.length);
    quantiseActivations(data.x, { scale, zeroPoint }, bytes);
    expect(Float32Array.from(bytes)).toEqual(await outputsOf(model, data));
    expect(bytes.some((v) => v === 255) || scale === 1).toBe(true);
  });

  test('ranges that are empty, infinite or one-sided give a scale', () => {
    expect(activationScale(Infinity, -Infinity)).toEqual({ scale: 1, zeroPoint: 0 });
    expect(activationScale(0, Infinity)).toEqual({ scale: 1, zeroPoint: 0 });
    expect(activationScale(3, 5)).toEqual({ scale: Math.fround(5 / 255), zeroPoint: 0 });
    expect(activationScale(-5, -3)).toEqual({ scale: Math.fround(5 / 255), zeroPoint: 255 });
  });

  test('weights use 255 steps per output and stay within half a step', () => {
    const weights = normals(createRandom(1, 'weights'), 300);
    for (let i = 0; i < 30; i++) weights[i * 10 + 3] = 0;
    const { integers, scales } = integerWeights(weights, 30, 10);
    for (let n = 0; n < 10; n++) {
      const column = Array.from({ length: 30 }, (_, i) => integers[i * 10 + n]!);
      expect(Math.max(...column.map(Math.abs))).toBe(n === 3 ? 0 : 127);
      column.forEach((v, i) =>
        expect(Math.abs(scales[n]! * v - weights[i * 10 + n]!)).toBeLessThanOrEqual((scales[n]! / 2) * (1 + tolerances.headFp32.relative)),
      );
    }
    expect(Math.max(...integerWeights(weights, 30, 10, 7).integers)).toBe(7);
  });
});

describe('layers as integers', () => {
  test('dense layers in a seeded order of the samples, with an asymmetric input', async () => {
    const w = normals(createRandom(2, 'w'), 24);
    const parts = {
      input: [value('x', ['n', 6])],
      initializer: [floats('w', [4, 6], (i) => w[i]!)],
      node: [node('Gemm', ['x', 'w'], ['y'], { transB: 1, alpha: { float: -0.5 } }, 'fc')],
    };
    const bytes = modelBytes({ ...parts, output: [value('y', ['n', 4])] });
    const data = rowsOf([6], 80, (v) => v);
    const { layers, skipped } = await integerLayers(requestOf(bytes, data));
    expect(skipped).toEqual([]);
    const layer = layers[0]!;
    expect(layer).toMatchObject({ id: 'fc', d: 6, k: 4, rows: 80, runRows: 80, positions: 1 });
    expect(layer.input.zeroPoint).toBeGreaterThan(0);
    const outputs = await outputsOf(bytes, data);
    const place = seededOrder(80, 2);
    const sampleAt = Array.from(place.keys()).sort((a, b) => place[a]! - place[b]!);
    expect(sampleAt).not.toEqual(sampleAt.toSorted((a, b) => a - b));
    expectWithinRounding(layer, (row, _group, n) => outputs[sampleAt[row]! * 4 + n]!);
  });

  test('grouped, strided, padded convolutions as patches of successive positions, group under group', async () => {
    const w = normals(createRandom(4, 'w'), 6 * 2 * 9);
    const bytes = modelBytes({
      input: [value('x', ['n', 4, 9, 7])],
      output: [value('y', ['n', 6, 5, 4])],
      initializer: [floats('w', [6, 2, 3, 3], (i) => w[i]!)],
      node: [node('Relu', ['x'], ['r']), node('Conv', ['r', 'w'], ['y'], { group: 2, pads: [1, 1, 1, 1], strides: [2, 2] }, 'conv')],
    });
    const data = rowsOf([4, 9, 7], 70, (v) => v);
    const { layers } = await integerLayers(requestOf(bytes, data));
    const layer = layers[0]!;
    expect(layer).toMatchObject({ id: 'conv', d: 36, k: 3, groupInputs: 18, rows: 1400, runRows: 10, positions: 20 });
    expect(layer.input.zeroPoint).toBe(0);
    const outputs = await outputsOf(bytes, data);
    const place = seededOrder(70, 2);
    const sampleAt = Array.from(place.keys()).sort((a, b) => place[a]! - place[b]!);
    expectWithinRounding(layer, (row, group, n) => {
      const sample = sampleAt[Math.floor(row / 20)]!;
      return outputs[(sample * 6 + group * 3 + n) * 20 + (row % 20)]!;
    });
  });

  test('weights that are integers already keep their integers, and inputs their scale', async () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 4, 5, 5])],
      output: [value('y', ['n', 4, 3, 3])],
      // Integers of at most 40: the nearest of 255 steps would be others.
      initializer: [floats('w', [4, 2, 3, 3], (i) => ((((i * 37) % 81) - 40) * (1 + Math.floor(i / 18))) / 64)],
      node: [node('Conv', ['x', 'w'], ['y'], { group: 2 }, 'conv')],
    });
    const steps = new Map([['conv', Float32Array.of(1 / 64, 2 / 64, 3 / 64, 4 / 64)]]);
    const scales = new Map([['conv', { scale: 0.25, zeroPoint: 100 }]]);
    const data = rowsOf([4, 5, 5], 20, (v) => v);
    const layer = (await integerLayers({ ...requestOf(bytes, data), steps, scales })).layers[0]!;
    expect(layer.input).toEqual({ scale: 0.25, zeroPoint: 100 });
    expect(layer.scales).toEqual(steps.get('conv'));
    for (let o = 0; o < 4; o++)
      for (let i = 0; i < 18; i++) {
        const stored = (((o * 18 + i) * 37) % 81) - 40;
        expect(layer.weights[(Math.floor(o / 2) * 18 + i) * 2 + (o % 2)]).toBe(stored);
      }
    expect(Math.max(...(await integerLayers(requestOf(bytes, data))).layers[0]!.weights)).toBe(127);
  });

  test('rows are capped, whole runs of them, and memory with them', async () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 1, 20, 20])],
      output: [value('y', ['n', 2, 20, 20])],
      initializer: [floats('w', [2, 1, 3, 3], (i) => i - 9)],
      node: [node('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1] }, 'conv')],
    });
    const data = rowsOf([1, 20, 20], 12, Math.abs);
    const few = (await integerLayers({ ...requestOf(bytes, data), rows: 200 })).layers[0]!;
    // The longest divisor of 400 positions up to 16 is 16; 12 such runs fit.
    expect(few).toMatchObject({ rows: 192, runRows: 16, positions: 400 });
    const fewSamples = (await integerLayers({ ...requestOf(bytes, data), samples: 2 })).layers[0]!;
    expect(fewSamples).toMatchObject({ rows: 800, runRows: 16 });
    const again = (await integerLayers({ ...requestOf(bytes, data), rows: 200 })).layers[0]!;
    expect(again).toEqual(few);
  });

  test('models of a fixed batch, and files of other element types than the model reads', async () => {
    const bytes = modelBytes({
      input: [value('x', [8, 3])],
      output: [value('y', [8, 2])],
      initializer: [floats('w', [3, 2], (i) => i - 2)],
      node: [node('MatMul', ['x', 'w'], ['y'], {}, 'mm')],
    });
    const data = rowsOf([3], 21, Math.abs);
    const layer = (await integerLayers(requestOf(bytes, data))).layers[0]!;
    expect(layer.rows).toBe(21);
    expect(layer.activations.filter((v) => v === 255)).toHaveLength(1);
  });

  test('layers without stored weights are named with the reason, the others are there', async () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 3])],
      output: [value('y', ['n', 2])],
      initializer: [floats('w', [3, 3], (i) => i), floats('v', [3, 2], (i) => (i === 1 ? NaN : i))],
      node: [node('MatMul', ['x', 'w'], ['h'], {}, 'first'), node('MatMul', ['h', 'v'], ['y'], {}, 'second')],
    });
    const { layers, skipped } = await integerLayers(
      requestOf(
        bytes,
        rowsOf([3], 5, (v) => v),
      ),
    );
    expect(layers.map((l) => l.id)).toEqual(['first']);
    expect(skipped).toEqual([{ id: 'second', reason: 'it has weights that are not finite' }]);
  });

  test('a layer that mixes samples is named, the others are there', async () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 3])],
      output: [value('y', [3, 2]), value('z', ['n', 2])],
      initializer: [floats('w', [3, 2], (i) => i + 1), floats('v', [5, 2], (i) => i)],
      node: [
        node('MatMul', ['x', 'w'], ['z'], {}, 'sound'),
        node('Transpose', ['x'], ['t'], { perm: [1, 0] }),
        node('MatMul', ['t', 'v'], ['y'], {}, 'mixing'),
      ],
    });
    const request = requestOf(
      bytes,
      rowsOf([3], 5, (v) => v),
    );
    const { layers, skipped } = await integerLayers(request);
    expect(layers.map(({ id }) => id)).toEqual(['sound']);
    expect(skipped).toEqual([{ id: 'mixing', reason: expect.stringMatching(/batch of 5 samples gave "t" the shape \[3, 5\]/) as string }]);
  });

  test('cancelling stops between batches', async () => {
    const bytes = new Uint8Array(readFileSync(join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx')));
    const request = requestOf(bytes, rowsOf([64], 200, Math.abs));
    await expect(integerLayers({ ...request, context: { ...context, abort: { aborted: true } } })).rejects.toThrow('cancelled');
  });
});
