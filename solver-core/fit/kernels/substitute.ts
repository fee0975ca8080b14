/**
 * Solves L Z = B in place. l: [d, d] row-major lower triangle; b: [d, k] row-major, overwritten by Z.
 * Time O(d²k/2) multiply-adds. Products are subtracted in order of increasing column of L.
 */
export function forwardSubstitute(l: Float64Array, d: number, b: Float64Array, k: number): void {
  for (let i = 0; i < d; i++) {
    const bi = i * k;
    for (let j = 0; j < i; j++) {
      const v = l[i * d + j]!;
      if (v === 0) continue;
      const bj = j * k;
      for (let o = 0; o < k; o++) b[bi + o] = b[bi + o]! - v * b[bj + o]!;
    }
    const pivot = l[i * d + i]!;
    for (let o = 0; o < k; o++) b[bi + o] = b[bi + o]! / pivot;
  }
}

/** Solves Lᵀ W = B in place; shapes as in forwardSubstitute. Rows are finished from the last to the first. */
export function backSubstitute(l: Float64Array, d: number, b: Float64Array, k: number): void {
  for (let i = d - 1; i >= 0; i--) {
    const bi = i * k;
    const pivot = l[i * d + i]!;
    for (let o = 0; o < k; o++) b[bi + o] = b[bi + o]! / pivot;
    for (let j = 0; j < i; j++) {
      const v = l[i * d + j]!;
      if (v === 0) continue;
      const bj = j * k;
      for (let o = 0; o < k; o++) b[bj + o] = b[bj + o]! - v * b[bi + o]!;
    }
  }
}
