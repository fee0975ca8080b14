import type { RowChunk, RowSource, SolveContext } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import { mirrorLower } from '../../fit/ridge/centred-sums.ts';
import { solveSums } from '../../fit/ridge/solve-sums.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import type { AbortFlag } from '../../model/abort.ts';

/** A ridge that pulls towards given weights instead of zero. */
export interface ChangeProblem {
  /** Sums of inputs and targets. */
  readonly sums: RidgeSums;
  /** [inputs, outputs] the weights that are pulled to. */
  readonly weights: Float64Array;
  /** Times the mean diagonal of the centred Gram. */
  readonly ridge: number;
}

/** Weights and bias with the mean squared error they leave. */
export interface ChangedWeights {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

const idle = { nowMs: () => 0, pause: () => Promise.resolve() };

/** What solving and summing ask of their surroundings; the time is not theirs to know here. */
export function solveContext(abort: AbortFlag | undefined): SolveContext {
  return abort === undefined ? { host: idle } : { host: idle, abort };
}

/** Sums of one chunk of rows. */
export function chunkSums(
  numerics: Numerics,
  x: Float32Array,
  y: Float32Array | Float64Array,
  columns: number,
  outputs: number,
  context: SolveContext,
): Promise<RidgeSums> {
  const rows = x.length / columns;
  // Asynchronous because row sources are; there is nothing to wait for.
  async function* chunks(): AsyncGenerator<RowChunk> {
    yield await Promise.resolve({ rows, x, y });
  }
  const source: RowSource = { rows, columns, outputs, chunks };
  return numerics.sums(source, context);
}

/**
 * The same rows with targets Y − X·weights: what a change of the weights has to make good. Everything from the sums; O(d²k).
 */
export async function changeSums(numerics: Numerics, sums: RidgeSums, weights: Float64Array): Promise<RidgeSums> {
  const { columns: d, outputs: k } = sums;
  const full = sums.gram.slice();
  mirrorLower(full, d);
  const product = await numerics.multiply({ a: full, b: weights, m: d, k: d, n: k });
  const cross = sums.cross.slice();
  const squareY = sums.squareY.slice();
  const sumY = sums.sumY.slice();
  for (let j = 0; j < d; j++) {
    for (let o = 0; o < k; o++) {
      const at = j * k + o;
      squareY[o] = squareY[o]! + weights[at]! * (product[at]! - 2 * sums.cross[at]!);
      cross[at] = sums.cross[at]! - product[at]!;
      sumY[o] = sumY[o]! - sums.sumX[j]! * weights[at]!;
    }
  }
  for (let o = 0; o < k; o++) squareY[o] = Math.max(0, squareY[o]!);
  return { ...sums, gram: full, cross, sumY, squareY };
}

/** argmin ‖Y − X·W − b‖² + λ‖W − weights‖², the bias free. Rejects as `solveSums` does. */
export async function solveChange(
  { sums, weights, ridge }: ChangeProblem,
  numerics: Numerics,
  context: SolveContext,
): Promise<ChangedWeights> {
  const left = await changeSums(numerics, sums, weights);
  const { w, b } = await solveSums(
    { sums: left, lambda: Math.max(ridge * meanVariance(sums), Number.MIN_VALUE), bias: true },
    numerics,
    context,
  );
  return { weights: weights.map((v, i) => v + w[i]!), bias: b };
}

/** The bias alone: weights as they are, the mean error taken away. */
export function biasOnly({ rows, columns: d, outputs: k, sumX, sumY }: RidgeSums, weights: Float64Array): ChangedWeights {
  const bias = new Float64Array(k);
  for (let o = 0; o < k; o++) {
    let sum = sumY[o]!;
    for (let j = 0; j < d; j++) sum -= sumX[j]! * weights[j * k + o]!;
    bias[o] = rows > 0 ? sum / rows : 0;
  }
  return { weights, bias };
}

/** Σ over rows of ‖y − x·W − b‖², from the sums. */
export async function squaredError(numerics: Numerics, sums: RidgeSums, { weights, bias }: ChangedWeights): Promise<number> {
  const left = await changeSums(numerics, sums, weights);
  let sum = 0;
  for (let o = 0; o < sums.outputs; o++) sum += left.squareY[o]! - bias[o]! * (2 * left.sumY[o]! - sums.rows * bias[o]!);
  return Math.max(0, sum);
}

/** Mean diagonal of the centred Gram. */
function meanVariance({ rows, columns: d, gram, sumX }: RidgeSums): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += Math.max(0, gram[j * d + j]! - sumX[j]! ** 2 / Math.max(1, rows));
  return d === 0 ? 0 : sum / d;
}
