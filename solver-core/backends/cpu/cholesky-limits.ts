/**
 * limits[i] <- d · 2^-50 · a[i, i]: a pivot that is not above its limit is rounding (the criterion of fit/kernels/cholesky.ts).
 * a: [d, d]; the first `count` rows; the rest of `limits` becomes 0. A diagonal entry that is not a number fails its pivot.
 */
export function pivotLimits(a: Float64Array, d: number, count: number, limits: Float64Array): void {
  const smallest = d * 2 ** -50;
  for (let i = 0; i < count; i++) limits[i] = smallest * a[i * d + i]!;
  limits.fill(0, count);
}
