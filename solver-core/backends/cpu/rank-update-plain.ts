import { smallestDowndatePivot } from '../../fit/numerics.ts';
import type { RankUpdate, RankUpdated, RefusedUpdate } from '../../fit/numerics.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';

/**
 * R ∓ R Uᵀ (I ± U R Uᵀ)⁻¹ U R in fp64 loops: O(q·d²) multiply-adds, the reference of the fast version.
 * The products are subtracted in order of increasing row of U, first the lower triangle, which is then copied to the upper one.
 */
export function plainRankUpdate({ r, d, rows, q, sign, overwrite = false }: RankUpdate): RankUpdated | RefusedUpdate {
  const v = plainProducts(r, d, rows, q);
  const l = smallGram(v, rows, d, q, sign);
  const smallestPivot = factorPivots(l, q);
  if (smallestPivot !== null) return { smallestPivot };
  // Z = L⁻¹ V, so that V' S⁻¹ V = Z' Z; gain = (S⁻¹ V)'.
  forwardSubstitute(l, q, v, d);
  const next = overwrite ? r : Float64Array.from(r);
  for (let i = 0; i < d; i++) {
    for (let p = 0; p < q; p++) {
      const s = sign * v[p * d + i]!;
      if (s === 0) continue;
      for (let j = 0; j <= i; j++) next[i * d + j] = next[i * d + j]! - s * v[p * d + j]!;
    }
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) next[j * d + i] = next[i * d + j]!;
  backSubstitute(l, q, v, d);
  return { r: next, gain: transposed(v, q, d) };
}

/** V = U R, [q, d]; of R the lower triangle. */
function plainProducts(r: Float64Array, d: number, rows: Float64Array, q: number): Float64Array {
  const v = new Float64Array(q * d);
  for (let p = 0; p < q; p++) {
    for (let i = 0; i < d; i++) {
      const u = rows[p * d + i]!;
      if (u === 0) continue;
      for (let j = 0; j <= i; j++) v[p * d + j] = v[p * d + j]! + u * r[i * d + j]!;
      for (let j = i + 1; j < d; j++) v[p * d + j] = v[p * d + j]! + u * r[j * d + i]!;
    }
  }
  return v;
}

/** Lower triangle of S = I + sign·V·Uᵀ, [q, q]. */
export function smallGram(v: Float64Array, rows: Float64Array, d: number, q: number, sign: 1 | -1): Float64Array {
  const s = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += v[i * d + c]! * rows[j * d + c]!;
      s[i * q + j] = (i === j ? 1 : 0) + sign * sum;
    }
  }
  return s;
}

/**
 * Factors S = L·Lᵀ in place, [q, q] lower triangle; null when done, else the first pivot that is not above `smallestDowndatePivot`.
 * The limit is absolute: S is I plus or minus a product, so what is far below 1 is the rounding of that difference.
 */
export function factorPivots(s: Float64Array, q: number): number | null {
  for (let j = 0; j < q; j++) {
    let pivot = s[j * q + j]!;
    for (let k = 0; k < j; k++) pivot -= s[j * q + k]! * s[j * q + k]!;
    if (!(pivot > smallestDowndatePivot) || pivot === Infinity) return pivot;
    const root = Math.sqrt(pivot);
    s[j * q + j] = root;
    for (let i = j + 1; i < q; i++) {
      let v = s[i * q + j]!;
      for (let k = 0; k < j; k++) v -= s[i * q + k]! * s[j * q + k]!;
      s[i * q + j] = v / root;
    }
  }
  return null;
}

/** [n, m] from [m, n]. */
export function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const t = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) t[j * m + i] = a[i * n + j]!;
  return t;
}
