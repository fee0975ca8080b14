import type { RowChunk, RowSource, SolveContext } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import { centredGram, mirrorLower } from '../../fit/ridge/centred-sums.ts';
import { factorRidge } from '../../fit/ridge/factor-ridge.ts';
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

/** Solves for targets of the same rows again and again: the Gram is factored once. */
export interface ChangeSolver {
  /** argmin ‖Y − X·W − b‖² + λ‖W − weights‖², the bias free; `sums` differ from those of the factor in their targets only. */
  solve(sums: RidgeSums): Promise<ChangedWeights>;
}

/** Centres and factors the Gram with the solver's own ridge (λ is raised when a pivot fails). Rejects with `singular-gram`. */
export async function openChangeSolver(
  { sums, weights, ridge }: ChangeProblem,
  numerics: Numerics,
  abort: AbortFlag | undefined,
): Promise<ChangeSolver> {
  const { columns: d, outputs: k, rows } = sums;
  const { gram, meanX, meanDiagonal } = centredGram(sums, true);
  // A value that never changes, or is always zero, keeps its weights: its column is 0 but for λ.
  const lambda = Math.max(ridge * meanDiagonal, Number.MIN_VALUE ** 0.5);
  const { factor } = await factorRidge(numerics, gram.slice(), d, lambda, meanDiagonal, abort);
  mirrorLower(gram, d);
  const product = await numerics.multiply({ a: gram, b: weights, m: d, k: d, n: k });
  return {
    async solve({ cross, sumX, sumY }) {
      const right = new Float64Array(d * k);
      for (let j = 0; j < d; j++)
        for (let o = 0, at = j * k; o < k; o++, at++) right[at] = cross[at]! - (sumX[j]! * sumY[o]!) / rows - product[at]!;
      const change = await factor.solve(right, k);
      const changed = weights.map((v, i) => v + change[i]!);
      const bias = sumY.map((sum) => sum / rows);
      for (let j = 0; j < d; j++) for (let o = 0; o < k; o++) bias[o] = bias[o]! - meanX[j]! * changed[j * k + o]!;
      return { weights: changed, bias };
    },
  };
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
