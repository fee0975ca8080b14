import type { CholeskyFactor, Numerics } from '../../fit/numerics.ts';
import { factorRidge } from '../../fit/ridge/factor-ridge.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';

/** A solved ridge head and what solving it told. */
export interface SolvedSums {
  /** [d, k] */
  readonly w: Float64Array;
  /** [k] */
  readonly b: Float64Array;
  /** The λ really used. */
  readonly lambda: number;
  /** [d] means of the features. */
  readonly mean: Float64Array;
  /** Columns that vary, increasing; the weights of the others are 0. */
  readonly live: Int32Array;
  /** Factor of the centred Gram + λI over the live columns; null when there are none. */
  readonly factor: CholeskyFactor | null;
}

/**
 * Weights from sums: the bias is not penalised (centring, method 2.1), columns without variation are left out, a failed pivot raises
 * λ as method 2.4 says. λ undefined: 1e-3 of the mean diagonal of the centred Gram. The sums must hold a row.
 * O(d³/6 + d²k) multiply-adds, 2·d² doubles. Rejects with `singular-gram`.
 */
export async function solveSums(sums: RidgeSums, lambda: number | undefined, numerics: Numerics): Promise<SolvedSums> {
  const { rows, columns: d, outputs: k, sumX, sumY } = sums;
  const mean = sumX.map((v) => v / rows);
  const { live, trace } = varyingColumns(sums, mean);
  const meanDiagonal = trace / d;
  const asked = lambda ?? 1e-3 * meanDiagonal;
  const w = new Float64Array(d * k);
  const b = sumY.map((v) => v / rows);
  if (live.length === 0) return { w, b, lambda: asked, mean, live, factor: null };
  const centred = centredGram(sums, mean, live);
  const { factor, lambda: used } = await factorRidge(numerics, centred, live.length, asked, meanDiagonal, undefined);
  const right = new Float64Array(live.length * k);
  for (let i = 0; i < live.length; i++) {
    const j = live[i]!;
    for (let o = 0; o < k; o++) right[i * k + o] = sums.cross[j * k + o]! - mean[j]! * sumY[o]!;
  }
  const solved = await factor.solve(right, k);
  for (let i = 0; i < live.length; i++) {
    const j = live[i]!;
    for (let o = 0; o < k; o++) {
      const v = solved[i * k + o]!;
      w[j * k + o] = v;
      b[o] = b[o]! - mean[j]! * v;
    }
  }
  return { w, b, lambda: used, mean, live, factor };
}

/** Centred Gram of chosen columns, [live, live], lower triangle. */
export function centredGram({ rows, columns: d, gram }: RidgeSums, mean: Float64Array, live: Int32Array): Float64Array {
  const n = live.length;
  const centred = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const from = live[i]! * d;
    const scaled = rows * mean[live[i]!]!;
    for (let j = 0; j <= i; j++) centred[i * n + j] = gram[from + live[j]!]! - scaled * mean[live[j]!]!;
  }
  return centred;
}

/** Columns whose centred sum of squares is more than what rounding leaves of a constant, and the sum of all of them. */
export function varyingColumns(
  { rows, columns: d, gram }: RidgeSums,
  mean: Float64Array,
): { readonly live: Int32Array; readonly trace: number } {
  const rounding = 64 * 2 ** -52 * Math.sqrt(Math.max(1, rows));
  const live: number[] = [];
  let trace = 0;
  for (let j = 0; j < d; j++) {
    const square = gram[j * d + j]!;
    const centred = square - rows * mean[j]! * mean[j]!;
    if (!(centred > rounding * square)) continue;
    live.push(j);
    trace += centred;
  }
  return { live: Int32Array.from(live), trace };
}
