import type { ActivationSource } from '../activations.ts';
import type { RowSource } from '../backend.ts';
import { centredGram, mirrorLower } from '../ridge/centred-sums.ts';
import { createRandom } from '../prng.ts';
import { randomOrthogonal } from './orthogonal.ts';
import type { TargetLayer, TargetStrategy } from './strategy.ts';

/** What is added to every variance before whitening, as a share of the mean variance: directions of noise are not blown up. */
const whitening = 0.1;
/** Directions with less than this share of the largest variance are rounding, not data. */
const leastVariance = 1e-10;

/**
 * Weights from the rows' own principal directions, in closed form; no labels, and (unless a layer is wider than its input has
 * directions) nothing random. Our own; the idea of filters from patch covariances is that of PCANet (Chan et al. 2015, arXiv 1404.3606).
 *
 * 1. A convolution's patch loses its mean per channel. The directions of what is left have mean 0 per channel themselves, so the filters
 *    ignore that mean on their own and nothing needs to be subtracted when the model runs.
 *    Rows of a dense layer stay as they are. With a bias, columns are centred, too, by the bias: b = −μW.
 * 2. The directions v of largest variance σ of what is left, scaled to responses of order one: v / √(σ + 0.1 · mean σ).
 * 3. Before a ReLU the first half of the outputs carries directions and the second half the same directions with the sign turned: x and
 *    −x rectified keep all of x. Otherwise every output has a direction of its own.
 * 4. Outputs beyond the number of directions get random mixtures of the whitened directions, orthonormal where shapes allow.
 */
export const pcaStrategy: TargetStrategy = {
  kind: 'pca',
  async prepare(layer) {
    const { outputs, input, bias } = layer;
    const d = input.columns;
    const sums = await layer.numerics.sums(inputsAlone(input), layer.context);
    const { gram, meanX } = centredGram(sums, bias);
    for (let i = 0; i < gram.length; i++) gram[i] = gram[i]! / sums.rows;
    mirrorLower(gram, d);
    const taps = layer.taps ?? 1;
    removePatchMeans(gram, d, taps);
    const isRectified = layer.activation === 'Relu' && outputs > 1;
    const wanted = isRectified ? Math.ceil(outputs / 2) : outputs;
    const filters = await whitenedFilters(layer, gram, d, wanted);
    const w = new Float64Array(d * outputs);
    for (let j = 0; j < d; j++) {
      for (let o = 0; o < outputs; o++) {
        w[j * outputs + o] = o < wanted ? filters[j * wanted + o]! : -filters[j * wanted + o - wanted]!;
      }
    }
    const b = new Float64Array(outputs);
    if (bias) {
      for (let j = 0; j < d; j++) for (let o = 0; o < outputs; o++) b[o] = b[o]! - meanX[j]! * w[j * outputs + o]!;
    }
    return { kind: 'weights', w, b };
  },
};

/** [d, wanted]: whitened principal directions, then random mixtures of them. */
async function whitenedFilters(layer: TargetLayer, covariance: Float64Array, d: number, wanted: number): Promise<Float64Array> {
  const count = Math.min(wanted, d);
  const { values, vectors } = await layer.numerics.topEigenpairs(covariance, d, count);
  let trace = 0;
  for (let j = 0; j < d; j++) trace += covariance[j * d + j]!;
  const floor = (whitening * Math.max(0, trace)) / d;
  let rank = 0;
  while (rank < count && values[rank]! > leastVariance * values[0]!) rank++;
  const filters = new Float64Array(d * wanted);
  if (rank === 0) return filters;
  for (let j = 0; j < d; j++) {
    for (let f = 0; f < rank; f++) filters[j * wanted + f] = vectors[j * count + f]! / Math.sqrt(values[f]! + floor);
  }
  const more = wanted - rank;
  if (more === 0) return filters;
  const mix = randomOrthogonal(createRandom(layer.seed, `mixtures ${layer.id}`), rank, more);
  for (let j = 0; j < d; j++) {
    for (let f = 0; f < rank; f++) {
      const v = filters[j * wanted + f]!;
      if (v === 0) continue;
      for (let m = 0; m < more; m++) {
        const at = j * wanted + rank + m;
        filters[at] = filters[at]! + v * mix[f * more + m]!;
      }
    }
  }
  return filters;
}

/** The layer's input as rows of a problem with nothing to predict. */
function inputsAlone(input: ActivationSource): RowSource {
  const { rows, columns } = input;
  return {
    rows,
    columns,
    outputs: 1,
    async *chunks(preferredRows?: number) {
      let y = new Float32Array(0);
      for await (const chunk of input.chunks(preferredRows)) {
        if (y.length < chunk.rows) y = new Float32Array(chunk.rows);
        yield { rows: chunk.rows, x: chunk.bytes ?? chunk.x, y: y.subarray(0, chunk.rows) };
      }
    },
  };
}

/** Takes the mean over each run of `taps` rows out of every column of a [d, k] matrix: (I − 11ᵀ/taps) A. Nothing for taps = 1. */
function removeColumnMeans(a: Float64Array, d: number, k: number, taps: number): void {
  if (taps === 1) return;
  for (let first = 0; first < d; first += taps) {
    for (let o = 0; o < k; o++) {
      let sum = 0;
      for (let t = 0; t < taps; t++) sum += a[(first + t) * k + o]!;
      for (let t = 0; t < taps; t++) a[(first + t) * k + o] = a[(first + t) * k + o]! - sum / taps;
    }
  }
}

/** C G C with C = I − 11ᵀ/taps per channel: the covariance of patches without their means. g: [d, d], both triangles. */
function removePatchMeans(g: Float64Array, d: number, taps: number): void {
  if (taps === 1) return;
  removeColumnMeans(g, d, d, taps);
  for (let i = 0; i < d; i++) removeColumnMeans(g.subarray(i * d, (i + 1) * d), d, 1, taps);
}
