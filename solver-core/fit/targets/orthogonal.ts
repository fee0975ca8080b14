import { normals } from '../prng.ts';
import type { Random } from '../prng.ts';

/**
 * A random [rows, columns] matrix with orthonormal columns, or orthonormal rows scaled by √(columns/rows) where there are more columns
 * than rows, so that columns have length 1 on average. Gram-Schmidt of normal variates, each vector cleaned twice (Giraud et al. 2005).
 * Time O(rows · columns · min(rows, columns)).
 */
export function randomOrthogonal(random: Random, rows: number, columns: number): Float64Array {
  const isTall = rows >= columns;
  const [count, length] = isTall ? [columns, rows] : [rows, columns];
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const v = normals(random, length);
    const before = norm(v);
    for (let pass = 0; pass < 2; pass++) for (const q of basis) subtract(v, q, dot(v, q));
    const after = norm(v);
    // A vector that lies in the span of the others by chance is drawn again.
    if (after <= 1e-8 * before) continue;
    basis.push(v.map((value) => value / after));
  }
  const scale = isTall ? 1 : Math.sqrt(columns / rows);
  const out = new Float64Array(rows * columns);
  basis.forEach((q, at) => {
    for (let i = 0; i < length; i++) out[isTall ? i * columns + at : at * columns + i] = q[i]! * scale;
  });
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = a[i]! - factor * b[i]!;
}
