import type { RidgeSums } from './sums.ts';

/** Sums of a ridge problem minus the means when it has a bias, as they are when it has none. */
export interface CentredSums {
  /** [d, d] lower triangle; the upper one is undefined. A copy. */
  readonly gram: Float64Array;
  /** [d, k] */
  readonly cross: Float64Array;
  /** [k] */
  readonly squareY: Float64Array;
  /** [d] what was subtracted; zeros without a bias. */
  readonly meanX: Float64Array;
  /** [k] */
  readonly meanY: Float64Array;
  /** tr(G)/d of the centred Gram. */
  readonly meanDiagonal: number;
}

/** G − n μμᵀ, C − n μȳᵀ and Σy² − n ȳ² (method 2.1). Diagonals that rounding made negative are 0. */
export function centredGram(sums: RidgeSums, bias: boolean): CentredSums {
  const { rows: n, columns: d, outputs: k } = sums;
  const gram = Float64Array.from(sums.gram);
  const cross = Float64Array.from(sums.cross);
  const squareY = Float64Array.from(sums.squareY);
  const meanX = new Float64Array(d);
  const meanY = new Float64Array(k);
  if (bias && n > 0) {
    for (let j = 0; j < d; j++) meanX[j] = sums.sumX[j]! / n;
    for (let o = 0; o < k; o++) meanY[o] = sums.sumY[o]! / n;
    for (let i = 0; i < d; i++) {
      const row = sums.sumX[i]!;
      for (let j = 0; j <= i; j++) gram[i * d + j] = gram[i * d + j]! - row * meanX[j]!;
      for (let o = 0; o < k; o++) cross[i * k + o] = cross[i * k + o]! - row * meanY[o]!;
    }
    for (let o = 0; o < k; o++) squareY[o] = Math.max(0, squareY[o]! - sums.sumY[o]! * meanY[o]!);
  }
  let trace = 0;
  for (let j = 0; j < d; j++) {
    const at = j * d + j;
    gram[at] = Math.max(0, gram[at]!);
    trace += gram[at]!;
  }
  return { gram, cross, squareY, meanX, meanY, meanDiagonal: d === 0 ? 0 : trace / d };
}

/** Fills the upper triangle of a symmetric [d, d] from the lower one. */
export function mirrorLower(a: Float64Array, d: number): void {
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) a[j * d + i] = a[i * d + j]!;
}
