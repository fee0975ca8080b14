import type { Numerics } from '../../fit/numerics.ts';

/** x·w + b, [n, k]; x: [n, d], w: [d, k], b: [k]. */
export async function affine(
  x: Float64Array,
  w: Float64Array,
  b: Float64Array,
  n: number,
  d: number,
  numerics: Numerics,
): Promise<Float64Array> {
  const k = b.length;
  const z = await numerics.multiply({ a: x, b: w, m: n, k: d, n: k });
  for (let i = 0; i < z.length; i++) z[i] = z[i]! + b[i % k]!;
  return z;
}
