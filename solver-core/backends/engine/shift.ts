/**
 * sh of CHOL: the smallest shift with floor(largest / 2^sh) < 2^(2F), F = wordBits - 1. `largest`: the largest G_ii of the
 * features and, so that |Z| < 1, the largest sum of squares of an output column (all exact integers the host knows).
 */
export function gramShift(largest: number, wordBits: number): number {
  const limit = 2 ** (2 * (wordBits - 1));
  let shift = 0;
  while (Math.floor(largest / 2 ** shift) >= limit) shift++;
  return shift;
}

/**
 * Most rows of full-scale `dataBits`-bit integers for which the exact Gram cannot leave its word: with every operand at
 * -2^(b-1), G_ii = ridge + n·2^(2(b-1)) must stay below 2^(AW-1). 0 when not even one row fits.
 */
export function maxRows(dataBits: number, accumulatorBits: number, ridge = 0): number {
  return Math.max(0, Math.floor((2 ** (accumulatorBits - 1) - 1 - ridge) / 2 ** (2 * (dataBits - 1))));
}
