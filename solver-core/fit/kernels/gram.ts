/**
 * Adds a block of rows to the sums of a ridge problem: G += XᵀX (lower triangle only) and C += XᵀY.
 *
 * x: [rows, d], y: [rows, k], row-major fp64, `rows` a multiple of 4 (pad with zero rows, which add nothing).
 * g: [d, d], c: [d, k]. No aliasing. Time O(rows·d·(d/2 + k)) multiply-adds.
 * Summation order: four rows are added to each other first, then to the sum, in row order.
 */
export function addToGram(x: Float64Array, y: Float64Array, rows: number, d: number, k: number, g: Float64Array, c: Float64Array): void {
  for (let r = 0; r < rows; r += 4) {
    const x0 = r * d,
      x1 = x0 + d,
      x2 = x1 + d,
      x3 = x2 + d;
    const y0 = r * k,
      y1 = y0 + k,
      y2 = y1 + k,
      y3 = y2 + k;
    for (let i = 0; i < d; i++) {
      const a0 = x[x0 + i]!,
        a1 = x[x1 + i]!,
        a2 = x[x2 + i]!,
        a3 = x[x3 + i]!;
      if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;
      const gi = i * d;
      for (let j = 0; j <= i; j++) {
        g[gi + j] = g[gi + j]! + (a0 * x[x0 + j]! + a1 * x[x1 + j]! + a2 * x[x2 + j]! + a3 * x[x3 + j]!);
      }
      const ci = i * k;
      for (let o = 0; o < k; o++) {
        c[ci + o] = c[ci + o]! + (a0 * y[y0 + o]! + a1 * y[y1 + o]! + a2 * y[y2 + o]! + a3 * y[y3 + o]!);
      }
    }
  }
}

/**
 * e = Y − X W for a block of rows; e may be y itself.
 * x: [rows, d], w: [d, k], y and e: [rows, k]; `rows` a multiple of 4. Products are subtracted in order of increasing column.
 */
export function subtractPrediction(
  x: Float64Array,
  w: Float64Array,
  rows: number,
  d: number,
  k: number,
  y: Float64Array,
  e: Float64Array,
): void {
  if (e !== y) e.set(y.subarray(0, rows * k));
  for (let r = 0; r < rows; r += 4) {
    const x0 = r * d,
      x1 = x0 + d,
      x2 = x1 + d,
      x3 = x2 + d;
    const e0 = r * k,
      e1 = e0 + k,
      e2 = e1 + k,
      e3 = e2 + k;
    for (let j = 0; j < d; j++) {
      const a0 = x[x0 + j]!,
        a1 = x[x1 + j]!,
        a2 = x[x2 + j]!,
        a3 = x[x3 + j]!;
      const wj = j * k;
      for (let o = 0; o < k; o++) {
        const v = w[wj + o]!;
        e[e0 + o] = e[e0 + o]! - a0 * v;
        e[e1 + o] = e[e1 + o]! - a1 * v;
        e[e2 + o] = e[e2 + o]! - a2 * v;
        e[e3 + o] = e[e3 + o]! - a3 * v;
      }
    }
  }
}

/** C += Xᵀ E for a block of rows. x: [rows, d], e: [rows, k], c: [d, k]; `rows` a multiple of 4; order as in addToGram. */
export function addCrossProduct(x: Float64Array, e: Float64Array, rows: number, d: number, k: number, c: Float64Array): void {
  for (let r = 0; r < rows; r += 4) {
    const x0 = r * d,
      x1 = x0 + d,
      x2 = x1 + d,
      x3 = x2 + d;
    const e0 = r * k,
      e1 = e0 + k,
      e2 = e1 + k,
      e3 = e2 + k;
    for (let i = 0; i < d; i++) {
      const a0 = x[x0 + i]!,
        a1 = x[x1 + i]!,
        a2 = x[x2 + i]!,
        a3 = x[x3 + i]!;
      const ci = i * k;
      for (let o = 0; o < k; o++) {
        c[ci + o] = c[ci + o]! + (a0 * e[e0 + o]! + a1 * e[e1 + o]! + a2 * e[e2 + o]! + a3 * e[e3 + o]!);
      }
    }
  }
}
