import type { Tridiagonal } from '../../fit/numerics.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** A tridiagonal reduction with what it takes to turn vectors of T into vectors of A. */
export interface Reduction extends Tridiagonal {
  /** [d, d]: row i holds the reflector of step i in its first i entries, H = I − factor·v·vᵀ. */
  readonly reflectors: Float64Array;
  /** [d] 0 where the step had nothing to do. */
  readonly factors: Float64Array;
}

/**
 * Householder reduction A = Q·T·Qᵀ (Golub & Van Loan 8.3.1), from the last row up, so that every row is contiguous: O(2d³/3)
 * multiply-adds in one pass over the lower triangle per column. a: [d, d] lower triangle read; c: [d, k], both unchanged.
 * `turn` is called between columns now and then: the place to let the event loop run.
 */
export async function tridiagonalReduction(
  wasm: WasmKernels,
  a: Float64Array,
  d: number,
  c: Float64Array,
  k: number,
  turn: () => Promise<void>,
): Promise<Reduction> {
  wasm.layout(8 * (d * d + 3 * d + d * k + k), 6);
  const r = wasm.take(8 * d * d);
  const [w, x, y] = [wasm.take(8 * d), wasm.take(8 * d), wasm.take(8 * d)];
  const right = wasm.take(8 * d * k);
  const scratch = wasm.take(8 * k);
  const matrix = wasm.doubles(r, d * d);
  matrix.set(a);
  wasm.doubles(right, d * k).set(c.subarray(0, d * k));
  const [wView, xView, yView] = [wasm.doubles(w, d), wasm.doubles(x, d), wasm.doubles(y, d)];
  const diagonal = new Float64Array(d);
  const offDiagonal = new Float64Array(Math.max(0, d - 1));
  const factors = new Float64Array(d);
  // The update of the step before is still owed to all rows: row i takes it just before it is read, the rest in the pass of step i.
  let owed: { readonly v: number; readonly vView: Float64Array } | null = null;
  for (let i = d - 1; i >= 1; i--) {
    const row = matrix.subarray(i * d, i * d + i);
    if (owed !== null) {
      const { vView } = owed;
      const [vi, wi] = [vView[i]!, wView[i]!];
      for (let j = 0; j <= i; j++) matrix[i * d + j] = matrix[i * d + j]! - (vi * wView[j]! + wi * vView[j]!);
    }
    diagonal[i] = matrix[i * d + i]!;
    const { factor, beta } = reflector(row, i);
    offDiagonal[i - 1] = beta;
    factors[i] = factor;
    xView.set(row);
    if (owed === null) wasm.run.symmetricTimes(r, i, 8 * d, x, y);
    else wasm.run.updateAndTimes(r, i, 8 * d, owed.v, w, x, y);
    if (factor === 0) {
      owed = null;
    } else {
      let dot = 0;
      for (let j = 0; j < i; j++) dot += yView[j]! * row[j]!;
      const half = (factor * factor * dot) / 2;
      for (let j = 0; j < i; j++) wView[j] = factor * yView[j]! - half * row[j]!;
      if (k > 0) wasm.run.reflect(right, i, k, r + 8 * i * d, factor, scratch);
      owed = { v: r + 8 * i * d, vView: row };
    }
    if (i % 64 === 0) await turn();
  }
  // Rows 0 and 1 have taken every update but the last one, which step 1 leaves only for row 0.
  diagonal[0] = d === 0 ? 0 : matrix[0]! - (owed === null ? 0 : 2 * owed.vView[0]! * wView[0]!);
  return { diagonal, offDiagonal, rotated: wasm.doubles(right, d * k).slice(), reflectors: matrix, factors };
}

/**
 * Replaces row [i] by the vector v of the reflector that turns it into (0, .., 0, beta), last entry of v is 1.
 * LAPACK's dlarfg from the other end; scaled, so that tiny and huge rows neither vanish nor overflow.
 */
function reflector(row: Float64Array, i: number): { readonly factor: number; readonly beta: number } {
  const alpha = row[i - 1]!;
  let scale = 0;
  for (let j = 0; j < i - 1; j++) scale = Math.max(scale, Math.abs(row[j]!));
  if (scale === 0) return { factor: 0, beta: alpha };
  let square = 0;
  for (let j = 0; j < i - 1; j++) square += (row[j]! / scale) ** 2;
  const norm = Math.hypot(alpha, scale * Math.sqrt(square));
  const beta = alpha > 0 ? -norm : norm;
  const divisor = alpha - beta;
  for (let j = 0; j < i - 1; j++) row[j] = row[j]! / divisor;
  row[i - 1] = 1;
  return { factor: (beta - alpha) / beta, beta };
}
