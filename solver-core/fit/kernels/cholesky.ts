/** Outcome of a factorisation: the first pivot that was not safely positive, or none. */
export interface CholeskyOutcome {
  /** Row of the failed pivot; -1 when the factorisation is complete. */
  readonly failedPivot: number;
}

/** Rows and columns of a diagonal block; a 64 x 64 block of doubles stays in the first-level cache. */
const blockSize = 64;

/**
 * Factors A = L Lᵀ in place, fp64, left-looking by column blocks (Golub & Van Loan, 4.2).
 *
 * a: [d, d] row-major, only the lower triangle is read; L overwrites it, the part above the diagonal is left alone.
 * A pivot counts as failed when it is not above `d · 2^-50` of its own diagonal entry: what is left of it is then rounding.
 * After a failure the content of `a` is unspecified. Time O(d³/6) multiply-adds, no memory of its own.
 * Summation order: for every entry the products are subtracted in order of increasing k.
 */
export function cholesky(a: Float64Array, d: number): CholeskyOutcome {
  const smallest = d * 2 ** -50;
  const diagonal = Float64Array.from({ length: d }, (_, i) => a[i * d + i]!);
  for (let start = 0; start < d; start += blockSize) {
    const end = Math.min(d, start + blockSize);
    subtractEarlier(a, d, start, end);
    const failedPivot = factorPanel(a, d, start, end, diagonal, smallest);
    if (failedPivot >= 0) return { failedPivot };
  }
  return { failedPivot: -1 };
}

/** Panel [start.., start..end) minus the products of all columns left of it; four columns at a time share the row's loads. */
function subtractEarlier(a: Float64Array, d: number, start: number, end: number): void {
  for (let i = start; i < d; i++) {
    const row = i * d;
    const last = Math.min(end - 1, i);
    let j = start;
    for (; j + 3 <= last; j += 4) {
      const r0 = j * d,
        r1 = r0 + d,
        r2 = r1 + d,
        r3 = r2 + d;
      let s0 = a[row + j]!,
        s1 = a[row + j + 1]!,
        s2 = a[row + j + 2]!,
        s3 = a[row + j + 3]!;
      for (let k = 0; k < start; k++) {
        const v = a[row + k]!;
        s0 -= v * a[r0 + k]!;
        s1 -= v * a[r1 + k]!;
        s2 -= v * a[r2 + k]!;
        s3 -= v * a[r3 + k]!;
      }
      a[row + j] = s0;
      a[row + j + 1] = s1;
      a[row + j + 2] = s2;
      a[row + j + 3] = s3;
    }
    for (; j <= last; j++) {
      const r = j * d;
      let s = a[row + j]!;
      for (let k = 0; k < start; k++) s -= a[row + k]! * a[r + k]!;
      a[row + j] = s;
    }
  }
}

/** Factors the columns start..end of all rows from `start` on; returns the failed pivot or -1. */
function factorPanel(a: Float64Array, d: number, start: number, end: number, diagonal: Float64Array, smallest: number): number {
  for (let j = start; j < end; j++) {
    const rj = j * d;
    let pivot = a[rj + j]!;
    for (let k = start; k < j; k++) pivot -= a[rj + k]! * a[rj + k]!;
    if (!(pivot > smallest * diagonal[j]!) || pivot === Infinity) return j;
    const root = Math.sqrt(pivot);
    a[rj + j] = root;
    for (let i = j + 1; i < d; i++) {
      const ri = i * d;
      let s = a[ri + j]!;
      for (let k = start; k < j; k++) s -= a[ri + k]! * a[rj + k]!;
      a[ri + j] = s / root;
    }
  }
  return -1;
}
