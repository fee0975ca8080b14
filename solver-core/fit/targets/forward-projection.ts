import { createRandom, normals } from '../prng.ts';
import { columnMeans } from './column-means.ts';
import { labelProjection } from './label-projection.ts';
import type { TargetStrategy } from './strategy.ts';

/**
 * Z = sign(A Q) + sign(Y U), Q and U ~ N(0, 1): every hidden unit aims at one random feature of its input and one of the labels
 * (O'Shea and Rajendran, "Closed-form feedback-free learning with forward projection", arXiv 2501.16476; method reference 2.2).
 *
 * A is centred when the layer has a bias, as in its solve: the inputs of a layer behind a ReLU are all positive, and the sign of an
 * uncentred projection would hardly depend on the row. Targets are {-2, 0, 2} before the activation for every activation of ONNX; the
 * half-step shift of the published code belongs to square and modulus activations, which are not single ONNX operators.
 */
export const forwardProjectionStrategy: TargetStrategy = {
  kind: 'forward-projection',
  async prepare(layer) {
    const { outputs, input } = layer;
    const d = input.columns;
    const q = normals(createRandom(layer.seed, `inputs ${layer.id}`), d * outputs);
    const offset = projectMeans(layer.bias ? await columnMeans(input) : new Float64Array(d), q, outputs);
    const project = labelProjection(layer);
    const own = new Float64Array(outputs);
    let scratch = new Float64Array(0);
    return {
      kind: 'solve',
      fill(x, rows, firstRow, into) {
        if (scratch.length < rows * outputs) scratch = new Float64Array(rows * outputs);
        project(firstRow, rows, scratch);
        for (let r = 0; r < rows; r++) {
          own.set(offset);
          for (let j = 0; j < d; j++) {
            const a = x[r * d + j]!;
            if (a === 0) continue;
            const row = j * outputs;
            for (let o = 0; o < outputs; o++) own[o] = own[o]! + a * q[row + o]!;
          }
          for (let o = 0; o < outputs; o++) into[r * outputs + o] = Math.sign(own[o]!) + Math.sign(scratch[r * outputs + o]!);
        }
      },
    };
  },
};

/** −μ Q, [outputs]. */
function projectMeans(means: Float64Array, q: Float64Array, outputs: number): Float64Array {
  const offset = new Float64Array(outputs);
  means.forEach((mean, j) => {
    for (let o = 0; o < outputs; o++) offset[o] = offset[o]! - mean * q[j * outputs + o]!;
  });
  return offset;
}
