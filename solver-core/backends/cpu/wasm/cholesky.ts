// Triangles of one block. The factor is kept as U = Lᵀ: every inner loop then reads rows.
import { reciprocalsOf, solveTile, solveTileTransposed, tile, tileTransposed } from './tiles';

/** Place for the reciprocals of four pivots. */
const reciprocals: usize = memory.data(32, 16);

/**
 * A = Uᵀ U in place in the upper triangle; u: [n, n], n a multiple of 4 (pad with ones on the diagonal), ld in bytes.
 * limits: [n], a pivot must be above its limit. Returns the first pivot that is not, or -1. Below the diagonal: undefined.
 */
export function factorUpper(u: usize, n: i32, ld: usize, limits: usize): i32 {
  for (let i = 0; i < n; i += 4) {
    const column = u + ((<usize>i) << 3);
    const row = u + <usize>i * ld;
    const corner = row + ((<usize>i) << 3);
    tileTransposed(corner, ld, column, ld, column, ld, i);
    const failed = factorCorner(corner, ld, limits + ((<usize>i) << 3));
    if (failed >= 0) return i + failed;
    reciprocalsOf(corner, ld, reciprocals);
    for (let j = i + 4; j < n; j += 4) {
      const offset = (<usize>j) << 3;
      tileTransposed(row + offset, ld, column, ld, u + offset, ld, i);
      solveTileTransposed(row + offset, ld, corner, ld, reciprocals);
    }
  }
  return -1;
}

function factorCorner(c: usize, ld: usize, limits: usize): i32 {
  for (let j = 0; j < 4; j++) {
    const jj = (<usize>j) << 3;
    let pivot = load<f64>(c + <usize>j * ld + jj);
    for (let k = 0; k < j; k++) {
      const v = load<f64>(c + <usize>k * ld + jj);
      pivot -= v * v;
    }
    // Also false for NaN.
    if (!(pivot > load<f64>(limits + jj)) || pivot == Infinity) return j;
    const root = Math.sqrt(pivot);
    const reciprocal = 1.0 / root;
    store<f64>(c + <usize>j * ld + jj, root);
    for (let i = j + 1; i < 4; i++) {
      const ii = (<usize>i) << 3;
      let s = load<f64>(c + <usize>j * ld + ii);
      for (let k = 0; k < j; k++) s -= load<f64>(c + <usize>k * ld + jj) * load<f64>(c + <usize>k * ld + ii);
      store<f64>(c + <usize>j * ld + ii, s * reciprocal);
    }
  }
  return -1;
}

/** x <- U⁻¹, upper triangle, zeros below; u and x: [n, n] of the same ld, n a multiple of 4, not overlapping. */
export function invertUpper(u: usize, x: usize, n: i32, ld: usize): void {
  memory.fill(x, 0, <usize>n * ld);
  for (let i = n - 4; i >= 0; i -= 4) {
    const row = x + <usize>i * ld;
    const corner = u + <usize>i * ld + ((<usize>i) << 3);
    for (let t: usize = 0; t < 4; t++) store<f64>(row + t * ld + ((<usize>i + t) << 3), 1.0);
    reciprocalsOf(corner, ld, reciprocals);
    // The corner of U may hold leftovers below its diagonal: the tile solver does not read them.
    for (let j = i; j < n; j += 4) {
      const offset = (<usize>j) << 3;
      if (j > i) tile(row + offset, ld, corner + 32, ld, x + <usize>(i + 4) * ld + offset, ld, j - i);
      solveTile(row + offset, ld, corner, ld, reciprocals);
    }
  }
}

/** B <- U⁻ᵀ B; b: [n, k], n and k multiples of 4. */
export function solveUpperTransposed(u: usize, n: i32, ld: usize, b: usize, k: i32, ldb: usize): void {
  for (let i = 0; i < n; i += 4) {
    const column = u + ((<usize>i) << 3);
    const row = b + <usize>i * ldb;
    reciprocalsOf(column + <usize>i * ld, ld, reciprocals);
    for (let j = 0; j < k; j += 4) {
      const offset = (<usize>j) << 3;
      tileTransposed(row + offset, ldb, column, ld, b + offset, ldb, i);
      solveTileTransposed(row + offset, ldb, column + <usize>i * ld, ld, reciprocals);
    }
  }
}

/** B <- U⁻¹ B; b: [n, k], n and k multiples of 4. */
export function solveUpper(u: usize, n: i32, ld: usize, b: usize, k: i32, ldb: usize): void {
  for (let i = n - 4; i >= 0; i -= 4) {
    const corner = u + <usize>i * ld + ((<usize>i) << 3);
    const row = b + <usize>i * ldb;
    reciprocalsOf(corner, ld, reciprocals);
    for (let j = 0; j < k; j += 4) {
      const offset = (<usize>j) << 3;
      tile(row + offset, ldb, corner + 32, ld, b + <usize>(i + 4) * ldb + offset, ldb, n - i - 4);
      solveTile(row + offset, ldb, corner, ld, reciprocals);
    }
  }
}

/** out[j, i] <- a[i, j] for the lower triangle of a: [n, n]; the rest of out is left alone. Strides in bytes. */
export function transposeLower(a: usize, lda: usize, out: usize, ldo: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    const rows = min(4, n - i);
    const source = a + <usize>i * lda;
    const target = out + ((<usize>i) << 3);
    let j = 0;
    if (rows == 4) {
      for (; j < i; j += 2) {
        const from = source + ((<usize>j) << 3);
        const to = target + <usize>j * ldo;
        const r0 = v128.load(from),
          r1 = v128.load(from + lda),
          r2 = v128.load(from + 2 * lda),
          r3 = v128.load(from + 3 * lda);
        v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
        v128.store(to, v128.shuffle<f64>(r2, r3, 0, 2), 16);
        v128.store(to + ldo, v128.shuffle<f64>(r0, r1, 1, 3));
        v128.store(to + ldo, v128.shuffle<f64>(r2, r3, 1, 3), 16);
      }
    }
    for (; j < i + rows; j++) {
      for (let r = max(0, j - i); r < rows; r++) {
        store<f64>(target + <usize>j * ldo + ((<usize>r) << 3), load<f64>(source + <usize>r * lda + ((<usize>j) << 3)));
      }
    }
  }
}

/** out[j, i] <- a[i, j] for the upper triangle of a: [n, n]; zeros above the diagonal of out. Strides in bytes. */
export function transposeUpper(a: usize, lda: usize, out: usize, ldo: usize, n: i32): void {
  for (let j = 0; j < n; j++) {
    const target = out + <usize>j * ldo;
    const source = a + ((<usize>j) << 3);
    let i: usize = 0;
    for (; i <= <usize>j; i++) store<f64>(target + (i << 3), load<f64>(source + i * lda));
    for (; i < <usize>n; i++) store<f64>(target + (i << 3), 0.0);
  }
}
