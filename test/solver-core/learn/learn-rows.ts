import { Matrix, solve } from 'ml-matrix';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import type { HeadWeights, LearnRows, UpperLearner } from '../../../solver-core/learn/learner.ts';
import type { RidgeLearnerOptions } from '../../../solver-core/learn/ridge/options.ts';

export function ridgeOptions(changes: Partial<RidgeLearnerOptions> = {}): RidgeLearnerOptions {
  return {
    inputs: 6,
    outputs: 0,
    labels: 'class',
    lambda: 0.5,
    forgetting: 1,
    expand: undefined,
    compensation: undefined,
    seed: 1,
    ...changes,
  };
}

/** Clusters about one random centre per class, off the origin, one column constant when asked. */
export function classRows(n: number, d: number, classes: number, seed: number, changes: { constantColumn?: boolean } = {}): LearnRows {
  const random = createRandom(seed, 'class-rows');
  const centres = Float64Array.from({ length: classes * d }, () => 2 * random.normal() + 3);
  const values = Int32Array.from({ length: n }, (_, r) => (r < classes ? r : random.below(classes)));
  const x = new Float32Array(n * d);
  for (let r = 0; r < n; r++) for (let j = 0; j < d; j++) x[r * d + j] = centres[values[r]! * d + j]! + random.normal();
  if (changes.constantColumn === true) for (let r = 0; r < n; r++) x[r * d + d - 1] = 0.3;
  return { rows: n, x, labels: { kind: 'class', values, classes } };
}

export function regressionRows(n: number, d: number, k: number, seed: number): LearnRows {
  const random = createRandom(seed, 'regression-rows');
  const x = Float32Array.from({ length: n * d }, () => random.normal() - 1);
  const w = Float64Array.from({ length: d * k }, () => random.normal());
  const values = new Float32Array(n * k);
  for (let r = 0; r < n; r++)
    for (let o = 0; o < k; o++) {
      let sum = 0.1 * random.normal() + o;
      for (let j = 0; j < d; j++) sum += x[r * d + j]! * w[j * k + o]!;
      values[r * k + o] = sum;
    }
  return { rows: n, x, labels: { kind: 'regression', values, outputs: k } };
}

/** The rows with these numbers, in this order. */
export function pick(rows: LearnRows, chosen: readonly number[]): LearnRows {
  const d = rows.x.length / rows.rows;
  const x = Float32Array.from({ length: chosen.length * d }, (_, i) => rows.x[chosen[Math.floor(i / d)]! * d + (i % d)]!);
  const { labels } = rows;
  if (labels.kind === 'class')
    return { rows: chosen.length, x, labels: { ...labels, values: Int32Array.from(chosen, (r) => labels.values[r]!) } };
  const k = labels.outputs;
  const values = Float32Array.from({ length: chosen.length * k }, (_, i) => labels.values[chosen[Math.floor(i / k)]! * k + (i % k)]!);
  return { rows: chosen.length, x, labels: { ...labels, values } };
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Consecutive batches of at most `size` rows. */
export function batches(rows: LearnRows, size: number): readonly LearnRows[] {
  return Array.from({ length: Math.ceil(rows.rows / size) }, (_, b) => pick(rows, range(b * size, Math.min(rows.rows, (b + 1) * size))));
}

export async function learned<T extends UpperLearner>(learner: T, parts: readonly LearnRows[]): Promise<T> {
  let now: UpperLearner = learner;
  for (const part of parts) now = await now.updated(part);
  return now as T;
}

/** The weights as a model gets them. */
export async function headOf(learner: UpperLearner): Promise<HeadWeights> {
  const weights = await learner.weights();
  if (weights.kind !== 'head') throw new Error('not a head');
  return weights.head;
}

export interface JointRidge {
  readonly w: Float64Array;
  readonly b: Float64Array;
}

/** Ridge on all rows at once with an unpenalised bias, by another library's LU decomposition. x: [n, d], y: [n, k]. */
export function jointRidge(x: Float64Array, y: Float64Array, n: number, d: number, k: number, lambda: number): JointRidge {
  const xs = Matrix.from1DArray(n, d, x);
  const ys = Matrix.from1DArray(n, k, y);
  const meanX = xs.mean('column');
  const meanY = ys.mean('column');
  const xc = xs.clone().subRowVector(meanX);
  const yc = ys.clone().subRowVector(meanY);
  const gram = xc.transpose().mmul(xc).add(Matrix.eye(d, d).mul(lambda));
  const w = solve(gram, xc.transpose().mmul(yc));
  const b = Float64Array.from({ length: k }, (_, o) => meanY[o]! - meanX.reduce((sum, m, j) => sum + m * w.get(j, o), 0));
  return { w: Float64Array.from(w.to1DArray()), b };
}

/** One-hot or numeric targets as a plain array. */
export function targetsOf({ rows, labels }: LearnRows, outputs: number): Float64Array {
  if (labels.kind === 'regression') return Float64Array.from(labels.values);
  return Float64Array.from({ length: rows * outputs }, (_, i) => (labels.values[Math.floor(i / outputs)] === i % outputs ? 1 : 0));
}

/** Largest difference over the largest value of the second. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  let scale = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return scale === 0 ? largest : largest / scale;
}
