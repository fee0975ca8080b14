import type { RowSource } from '../backend.ts';
import { createRandom } from '../prng.ts';
import { columnMeans } from './column-means.ts';
import { randomOrthogonal } from './orthogonal.ts';
import type { TargetLayer, TargetStrategy } from './strategy.ts';

/**
 * The extreme-learning-machine autoencoder (Kasun et al. 2013, IEEE Intelligent Systems 28(6); method reference 2.2): random features
 * H = φ((A − μ)P + p₀) of the input, P with orthonormal columns (or rows, where the layer is wider than its input) and p₀ a random
 * vector of length 1; β = ridge(H, A) reconstructs the input, and the layer's weights are W = βᵀ. Needs no labels.
 *
 * φ is the layer's own activation where that is ReLU, Sigmoid or Tanh, else Tanh. With a bias every unit is centred on the fit rows,
 * b = −μW, as the random features are. The problem has outputs and inputs of the layer exchanged; with `lambda auto` it takes the default λ. A layer whose weights come out all 0 keeps no information: that needs constant inputs.
 */
export const autoencodeStrategy: TargetStrategy = {
  kind: 'autoencode',
  async prepare(layer) {
    const { outputs, bias } = layer;
    const d = layer.input.columns;
    const means = bias ? await columnMeans(layer.input) : new Float64Array(d);
    const { w: beta, b: _offset, ...solution } = await layer.solve({ source: reconstruction(layer, means), lambda: layer.lambda, bias });
    const w = new Float64Array(d * outputs);
    for (let j = 0; j < d; j++) for (let o = 0; o < outputs; o++) w[j * outputs + o] = beta[o * d + j]!;
    const b = new Float64Array(outputs);
    for (let j = 0; j < d; j++) for (let o = 0; o < outputs; o++) b[o] = b[o]! - means[j]! * w[j * outputs + o]!;
    // Features of the problem are not inputs of the layer: their dead ones would mislead.
    const method = `inputs reconstructed from random features: ${solution.method}`;
    return { kind: 'weights', w, b, solution: { ...solution, method, deadInputs: [] } };
  },
};

/** Rows of the problem that predicts the layer's input from random features of it. */
function reconstruction(layer: TargetLayer, means: Float64Array): RowSource {
  const { input, outputs: h, seed, id } = layer;
  const d = input.columns;
  const p = randomOrthogonal(createRandom(seed, `autoencode ${id}`), d, h);
  const offset = randomOrthogonal(createRandom(seed, `autoencode offset ${id}`), h, 1);
  for (let j = 0; j < d; j++) for (let o = 0; o < h; o++) offset[o] = offset[o]! - means[j]! * p[j * h + o]!;
  const activate = activationOf(layer.activation);
  return {
    rows: input.rows,
    columns: h,
    outputs: d,
    async *chunks(preferredRows?: number) {
      const unit = new Float64Array(h);
      let features = new Float32Array(0);
      for await (const { x, rows } of input.chunks(preferredRows)) {
        if (features.length < rows * h) features = new Float32Array(rows * h);
        for (let r = 0; r < rows; r++) {
          unit.set(offset);
          for (let j = 0; j < d; j++) {
            const a = x[r * d + j]!;
            if (a === 0) continue;
            for (let o = 0; o < h; o++) unit[o] = unit[o]! + a * p[j * h + o]!;
          }
          for (let o = 0; o < h; o++) features[r * h + o] = activate(unit[o]!);
        }
        yield { rows, x: features.subarray(0, rows * h), y: x };
      }
    },
  };
}

function activationOf(op: string | null): (v: number) => number {
  switch (op) {
    case 'Relu':
      return (v) => Math.max(0, v);
    case 'Sigmoid':
      return (v) => 1 / (1 + Math.exp(-v));
    default:
      return Math.tanh;
  }
}
