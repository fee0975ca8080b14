import type { Centring } from '../../fit/ridge/statistics.ts';
import { meansOf, type ShiftedSums } from './gram-sums.ts';

/** The equations of a ridge problem: G·W = C over the live columns. */
export interface CentredSums {
  readonly centring: Centring;
  readonly dead: readonly number[];
  /** [live, live] lower triangle. */
  readonly g: Float64Array;
  /** [live, k] */
  readonly c: Float64Array;
  /** tr(G)/d over all columns of the problem. */
  readonly meanDiagonal: number;
}

/**
 * Centres the sums when there is a bias (live: columns that vary), else takes the shift out of them (live: columns that are not zero
 * everywhere). Uses up the arrays of `sums`.
 */
export function centredSums(sums: ShiftedSums, bias: boolean): CentredSums {
  const { columns: d, outputs: k, varies, first } = sums;
  const live: number[] = [];
  const dead: number[] = [];
  for (let j = 0; j < d; j++) (varies[j] !== 0 || (!bias && first[j] !== 0) ? live : dead).push(j);
  const means = meansOf(sums);
  const centring: Centring = {
    columns: d,
    outputs: k,
    live: Int32Array.from(live),
    centreX: bias ? Float64Array.from(live, (j) => means.x[j]!) : new Float64Array(live.length),
    centreY: bias ? means.y : new Float64Array(k),
  };
  const g = reduceGram(sums, live, bias);
  const c = reduceCross(sums, live, bias);
  let trace = 0;
  for (let a = 0; a < live.length; a++) trace += g[a * live.length + a]!;
  return { centring, dead, g, c, meanDiagonal: d === 0 ? 0 : trace / d };
}

/** Rows and columns of the live inputs, in place: a row only moves up and to the left. */
function reduceGram(sums: ShiftedSums, live: readonly number[], bias: boolean): Float64Array {
  const { rows: n, columns: d, gram, sumX, shiftX } = sums;
  const size = live.length;
  for (let a = 0; a < size; a++) {
    const i = live[a]!;
    const [s, shift] = [sumX[i]!, shiftX[i]!];
    // Σ(x−μ)(x'−μ') = Σ(x−s)(x'−s') − Σ(x−s)·Σ(x'−s')/n; without a bias the shift is taken back.
    const perRow = bias ? -s / n : shift;
    const perShift = bias ? 0 : s + n * shift;
    for (let b = 0; b <= a; b++) {
      const j = live[b]!;
      gram[a * size + b] = gram[i * d + j]! + perRow * sumX[j]! + perShift * shiftX[j]!;
    }
    const diagonal = a * size + a;
    gram[diagonal] = Math.max(0, gram[diagonal]!);
  }
  return gram.subarray(0, size * size);
}

function reduceCross(sums: ShiftedSums, live: readonly number[], bias: boolean): Float64Array {
  const { rows: n, outputs: k, cross, sumX, sumY, shiftX, shiftY } = sums;
  live.forEach((i, a) => {
    const [s, shift] = [sumX[i]!, shiftX[i]!];
    const perRow = bias ? -s / n : shift;
    const perShift = bias ? 0 : s + n * shift;
    for (let o = 0; o < k; o++) cross[a * k + o] = cross[i * k + o]! + perRow * sumY[o]! + perShift * shiftY[o]!;
  });
  return cross.subarray(0, live.length * k);
}
