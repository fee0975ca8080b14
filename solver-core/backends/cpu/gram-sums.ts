import type { RidgeSums } from '../../fit/ridge/sums.ts';

/** Sums of rows minus a shift that is near their means: what is lost to rounding is then relative to the spread of a column, not to its offset. */
export interface ShiftedSums {
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  /** [d], [k] what was subtracted from every row. */
  readonly shiftX: Float64Array;
  readonly shiftY: Float64Array;
  /** [d] Σ (x − shiftX). */
  readonly sumX: Float64Array;
  /** [k] */
  readonly sumY: Float64Array;
  /** [d, d] Σ of products of shifted columns, lower triangle; the upper one is undefined. */
  readonly gram: Float64Array;
  /** [d, k] */
  readonly cross: Float64Array;
  /** [k] */
  readonly squareY: Float64Array;
  /** [d] 1 where the column has not the same value in all rows. */
  readonly varies: Uint8Array;
  /** [d] the value of the first row. */
  readonly first: Float64Array;
  /** For people: which products were summed. */
  readonly arithmetic: string;
  /** Of a product: 'exact' where the rows are bytes. */
  readonly precision: 'fp32' | 'fp64' | 'exact';
}

/** The same sums with no shift: Σ xᵢxⱼ = Σ (xᵢ−sᵢ)(xⱼ−sⱼ) + sᵢ Σ(xⱼ−sⱼ) + sⱼ Σ(xᵢ−sᵢ) + n·sᵢsⱼ, in fp64. Writes into the arrays of `sums`. */
export function plainSumsOf(sums: ShiftedSums): RidgeSums {
  const { rows: n, columns: d, outputs: k, shiftX, shiftY, sumX, sumY, gram, cross, squareY } = sums;
  const isShifted = shiftX.some((s) => s !== 0) || shiftY.some((s) => s !== 0);
  if (isShifted) {
    for (let i = 0; i < d; i++) {
      const s = shiftX[i]!;
      const weight = sumX[i]! + n * s;
      for (let j = 0; j <= i; j++) gram[i * d + j] = gram[i * d + j]! + s * sumX[j]! + shiftX[j]! * weight;
      for (let o = 0; o < k; o++) cross[i * k + o] = cross[i * k + o]! + s * sumY[o]! + shiftY[o]! * weight;
    }
    for (let o = 0; o < k; o++) squareY[o] = squareY[o]! + shiftY[o]! * (2 * sumY[o]! + n * shiftY[o]!);
  }
  return {
    rows: n,
    columns: d,
    outputs: k,
    sumX: sumX.map((v, j) => v + n * shiftX[j]!),
    sumY: sumY.map((v, o) => v + n * shiftY[o]!),
    gram,
    cross,
    squareY,
  };
}

/** Means of the rows. */
export function meansOf(sums: ShiftedSums): { readonly x: Float64Array; readonly y: Float64Array } {
  const { rows: n, shiftX, shiftY, sumX, sumY } = sums;
  return { x: sumX.map((v, j) => shiftX[j]! + v / n), y: sumY.map((v, o) => shiftY[o]! + v / n) };
}
