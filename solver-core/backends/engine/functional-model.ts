/*
 * The arithmetic contract of the engine (hdl/README.md) on plain doubles, bit for bit. Every intermediate is an integer below
 * 2^53: |G| < 2^47, |sum R·R| < 2^47 by the limit on features, |t·rm| < 2^48. Scaling by a power of two is exact, so
 * floor(x · 2^-s) is the arithmetic shift. Sums may be taken in any order.
 */

/** Version of the contract this model reproduces; part of provenance. */
export const functionalModelVersion = '1';

/** What CHOL or BACK reported. */
export interface ModelFlags {
  readonly breakdown: boolean;
  readonly saturated: boolean;
}

/** Scaling of one row: multiply by 2^e, then by rm / 2^F. */
export interface PivotScaling {
  readonly e: number;
  readonly rm: number;
  readonly low: boolean;
  readonly high: boolean;
}

/** (e, rm) of a pivot S, an integer; `fractionBits` F. low: S <= 0, high: S >= 2^(2F). */
export function pivotScaling(s: number, fractionBits: number): PivotScaling {
  const limit = 2 ** (2 * fractionBits);
  let x = Math.min(Math.max(s, 1), limit - 1);
  let e = 0;
  while (x < limit / 4) {
    x *= 4;
    e++;
  }
  let r = Math.floor(Math.sqrt(x));
  while (r * r > x) r--;
  while ((r + 1) * (r + 1) <= x) r++;
  const rm = Math.min(Math.floor(2 ** (2 * fractionBits - 1) / r), 2 ** fractionBits - 1);
  return { e, rm, low: s <= 0, high: s >= limit };
}

/** Result word of the post-processor for S under the scaling of its row; `clipped` is sticky. */
class PostProcessor {
  clipped = false;
  private readonly top: number;
  private readonly fractionBits: number;

  constructor(fractionBits: number) {
    this.fractionBits = fractionBits;
    this.top = 2 ** fractionBits - 1;
  }

  scale(s: number, e: number, rm: number): number {
    const f = this.fractionBits;
    const t = this.clip(Math.floor(s * 2 ** (e - f)));
    return this.clip(Math.floor((t * rm + 2 ** (f - 2)) * 2 ** (1 - f)));
  }

  private clip(value: number): number {
    if (value > this.top) {
      this.clipped = true;
      return this.top;
    }
    if (value < -this.top - 1) {
      this.clipped = true;
      return -this.top - 1;
    }
    return value;
  }
}

/**
 * GRAM: gram[i][j] += sum over rows of words[k][i]·words[k][j] for i < d, j >= i. `gram`: [d, columns] row-major;
 * `words`: [rows, columns] starting at `from` rows into the array. O(rows · d · columns / 2).
 */
export function accumulateGram(gram: Float64Array, d: number, columns: number, words: Int32Array, from: number, rows: number): void {
  const a = new Float64Array(columns);
  const b = new Float64Array(columns);
  for (let k = 0; k < rows; k += 2) {
    const at = (from + k) * columns;
    for (let c = 0; c < columns; c++) {
      a[c] = words[at + c]!;
      b[c] = k + 1 < rows ? words[at + columns + c]! : 0;
    }
    for (let i = 0; i < d; i++) {
      const ai = a[i]!;
      const bi = b[i]!;
      if (ai === 0 && bi === 0) continue;
      const row = i * columns;
      for (let j = i; j < columns; j++) gram[row + j]! += ai * a[j]! + bi * b[j]!;
    }
  }
}

/** State of a factorisation that goes row by row, so that its caller can pause between rows. */
export interface Factorisation {
  /** R | Z: [d, columns] words, zeros below the diagonal. */
  readonly factor: Float64Array;
  /** [d] scaling of each row, for BACK. */
  readonly e: Float64Array;
  readonly rm: Float64Array;
  /** Factors row i; rows in order. O(i · columns). */
  row(i: number): void;
  flags(): ModelFlags;
}

/** CHOL of gram [d, columns] with shift `sh`; F = fractionBits. */
export function startFactor(gram: Float64Array, d: number, columns: number, sh: number, fractionBits: number): Factorisation {
  const factor = new Float64Array(d * columns);
  const e = new Float64Array(d);
  const rm = new Float64Array(d);
  const sums = new Float64Array(columns);
  const post = new PostProcessor(fractionBits);
  const scaleDown = 2 ** -sh;
  let breakdown = false;
  let high = false;
  return {
    factor,
    e,
    rm,
    row(i) {
      sums.fill(0);
      for (let k = 0; k < i; k++) {
        const at = k * columns;
        const scalar = factor[at + i]!;
        if (scalar === 0) continue;
        for (let j = i; j < columns; j++) sums[j]! += scalar * factor[at + j]!;
      }
      const at = i * columns;
      const pivot = pivotScaling(Math.floor(gram[at + i]! * scaleDown) - sums[i]!, fractionBits);
      breakdown ||= pivot.low;
      high ||= pivot.high;
      e[i] = pivot.e;
      rm[i] = pivot.rm;
      for (let j = i; j < columns; j++) {
        factor[at + j] = post.scale(Math.floor(gram[at + j]! * scaleDown) - sums[j]!, pivot.e, pivot.rm);
      }
    },
    flags: () => ({ breakdown, saturated: high || post.clipped }),
  };
}

/** State of a back substitution, row by row from the last. */
export interface BackSubstitution {
  /** W: [d, m] words. */
  readonly weights: Float64Array;
  /** Solves row i; rows from d - 1 down to 0. O((d - i) · m). */
  row(i: number): void;
  flags(): ModelFlags;
}

/** BACK from a complete factorisation of d features in `columns` columns; F = fractionBits. */
export function startBack(from: Factorisation, d: number, columns: number, fractionBits: number): BackSubstitution {
  const m = columns - d;
  const { factor, e, rm } = from;
  const weights = new Float64Array(d * m);
  const sums = new Float64Array(m);
  const post = new PostProcessor(fractionBits);
  const one = 2 ** fractionBits;
  return {
    weights,
    row(i) {
      const at = i * columns;
      sums.fill(0);
      for (let k = i + 1; k < d; k++) {
        const scalar = factor[at + k]!;
        if (scalar === 0) continue;
        for (let o = 0; o < m; o++) sums[o]! += scalar * weights[k * m + o]!;
      }
      for (let o = 0; o < m; o++) weights[i * m + o] = post.scale(factor[at + d + o]! * one - sums[o]!, e[i]!, rm[i]!);
    },
    flags: () => ({ breakdown: false, saturated: post.clipped }),
  };
}
