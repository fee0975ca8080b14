import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import type { SelectLayer, SelectProblem, StoredLayer } from '../../../../solver-core/compress/select/types.ts';
import type { LearnRows } from '../../../../solver-core/learn/learner.ts';
import { findLayers, inferShapes } from '../../../../solver-core/model/index.ts';
import { buildModel, readModel } from '../../../../solver-core/onnx/index.ts';

/** A classifier of one dense layer, transposed and scaled, with everything a selection asks about it, computed by plain loops. */
const d = 12;
const k = 4;
const alpha = 0.5;
const beta = 2;

const centres = normals(createRandom(1, 'centres'), k * d);

export function clusters(count: number, seed: number): LearnRows & { readonly classes: Int32Array } {
  const noise = normals(createRandom(seed, 'noise'), count * d);
  const classes = Int32Array.from({ length: count }, (_, i) => i % k);
  const x = Float32Array.from(noise, (v, at) => 0.7 * centres[classes[Math.floor(at / d)]! * d + (at % d)]! + 0.8 * v);
  return { rows: count, x, labels: { kind: 'class', values: classes, classes: k }, classes };
}

/** A discriminant that is right most of the time: the centres themselves, with some noise. */
const stored = Float32Array.from(normals(createRandom(5, 'weights'), k * d), (v, at) => (centres[at]! + 0.3 * v) / alpha);
export const biasBefore = Float32Array.from({ length: k }, (_, n) => {
  let size = 0;
  for (let i = 0; i < d; i++) size += centres[n * d + i]! ** 2;
  return (-0.35 * size) / beta;
});

export const bytes = buildModel({
  name: 'one layer',
  inputs: [{ name: 'x', type: 'float32', dims: ['n', d] }],
  outputs: [{ name: 'y', type: 'float32', dims: ['n', k] }],
  nodes: [
    {
      op: 'Gemm',
      inputs: ['x', 'w', 'b'],
      outputs: ['y'],
      attributes: { transB: 1, alpha: { float: alpha }, beta: { float: beta } },
    },
  ],
  tensors: [
    { name: 'w', dims: [k, d], data: stored },
    { name: 'b', dims: [k], data: biasBefore },
  ],
  opset: 17,
});

const model = readModel(bytes).value!;
export const layers = findLayers(model.graph, inferShapes(model.graph));
export const linear = layers[0]!.linear!;

export const layer: SelectLayer = {
  id: layers[0]!.id,
  op: 'Gemm',
  inputs: d,
  outputs: k,
  groups: 1,
  weights: Float64Array.from({ length: d * k }, (_, at) => alpha * stored[(at % k) * d + Math.floor(at / k)]!),
  bias: true,
  positions: 1,
};

/** What a value costs: the bits set in its magnitude, and a little for being there. */
export const price = (v: number): number => 0.2 + Math.abs(v).toString(2).replaceAll('0', '').length;

const prices = Float64Array.from({ length: 255 }, (_, i) => price(i - 127));
const original: Omit<StoredLayer, 'id' | 'bits' | 'integers'> & { readonly weights: Float64Array } = {
  weights: layer.weights,
  scales: new Float64Array(k).fill(1),
  biasChange: new Float64Array(k),
};

export function accuracyOf(of: StoredLayer | undefined, rows: LearnRows & { readonly classes: Int32Array }): number {
  const weights = of === undefined ? original.weights : Float64Array.from(of.integers);
  const { scales, biasChange } = of ?? original;
  let right = 0;
  for (let r = 0; r < rows.rows; r++) {
    const scores = Array.from({ length: k }, (_, n) => {
      let sum = beta * biasBefore[n]! + biasChange[n]!;
      for (let i = 0; i < d; i++) sum += rows.x[r * d + i]! * weights[i * k + n]! * scales[n]!;
      return sum;
    });
    if (scores.indexOf(Math.max(...scores)) === rows.classes[r]) right++;
  }
  return right / rows.rows;
}

/** The problem of this layer, judged on these rows. */
export function problemOn(validation: LearnRows & { readonly classes: Int32Array }): SelectProblem {
  return {
    layers: [layer],
    view: () =>
      Promise.resolve({
        input: { scale: 1, zeroPoint: 0 },
        groups: [],
        prices: () => Promise.resolve({ inputClass: new Uint8Array(d), classes: 1, energy: prices }),
        energy: (integers: Int8Array) => Promise.resolve(integers.reduce((sum, v) => sum + price(v), 0)),
      }),
    assess: (model) =>
      Promise.resolve({
        metric: 'accuracy' as const,
        quality: accuracyOf(model.get(layer.id), validation),
        divergence: 0,
        rows: validation.rows,
      }),
  };
}
