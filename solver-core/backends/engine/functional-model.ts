import { PostProcessor, PostProcessor2, highLimb, pivotScaling, pivotScaling2 } from './post-processor.ts';

/*
 * The arithmetic contract of the engine (hdl/README.md) on plain doubles, bit for bit. Every intermediate is an integer below
 * 2^53: |G| < 2^47, |sum R·R| < 2^47 by the limit on features, |t·rm| < 2^48. Scaling by a power of two is exact, so
 * floor(x · 2^-s) is the arithmetic shift. Sums may be taken in any order. Words of two limbs keep their sums apart as the hardware
 * does: H of the high limbs, C of the mixed products.
 */

/** Version of the contract this model reproduces; part of provenance. */
export const functionalModelVersion = '2';

/** What CHOL or a substitution reported. */
export interface ModelFlags {
  readonly breakdown: boolean;
  readonly saturated: boolean;
}

/**
 * GRAM: gram[i][j] += sum over rows of words[k][i]·words[k][j] for i < d, j >= i, or -= with sign -1. `gram`: [d, columns] row-major;
 * `words`: [rows, columns] starting at `from` rows into the array. O(rows · d · columns / 2).
 */
export function accumulateGram(
  gram: Float64Array,
  d: number,
  columns: number,
  words: Int32Array,
  from: number,
  rows: number,
  sign: 1 | -1 = 1,
): void {
  const a = new Float64Array(columns);
  const b = new Float64Array(columns);
  for (let k = 0; k < rows; k += 2) {
    const at = (from + k) * columns;
    for (let c = 0; c < columns; c++) {
      a[c] = words[at + c]!;
      b[c] = k + 1 < rows ? words[at + columns + c]! : 0;
    }
    for (let i = 0; i < d; i++) {
      const ai = sign * a[i]!;
      const bi = sign * b[i]!;
      if (ai === 0 && bi === 0) continue;
      const row = i * columns;
      for (let j = i; j < columns; j++) gram[row + j]! += ai * a[j]! + bi * b[j]!;
    }
  }
}

/** Forgetting: G := G - floor(G / 2^shift). */
export function decayGram(gram: Float64Array, shift: number): void {
  const down = 2 ** -shift;
  for (let i = 0; i < gram.length; i++) gram[i] = gram[i]! - Math.floor(gram[i]! * down);
}

/** A factor, and the commands that use it. All of it goes row by row, so that a caller can pause between rows. */
export interface Factorisation {
  /** F with one limb, 2F with two. */
  readonly fractionBits: number;
  /** R | Z: [d, columns] words, zeros below the diagonal. */
  readonly factor: Float64Array;
  /** CHOL of row i; rows in order. O(i · columns). */
  row(i: number): void;
  flags(): ModelFlags;
  /** Z, the first right-hand side: [d, m] words. */
  outputs(): Float64Array;
  /** Rᵀz = r (FSUB: rows in order) or R w = z (BACK, BACKV: rows from the last) in place, for [d, m] words. */
  substitution(direction: 'forward' | 'backward', vector: Float64Array): Substitution;
}

/** A substitution that goes row by row. */
export interface Substitution {
  row(i: number): void;
  flags(): ModelFlags;
}

/** CHOL of gram [d, columns] with shift `sh`; F = fractionBits of an operand. */
export function startFactor(gram: Float64Array, d: number, columns: number, sh: number, fractionBits: number, limbs: 1 | 2): Factorisation {
  return limbs === 1 ? oneLimb(gram, d, columns, sh, fractionBits) : twoLimbs(gram, d, columns, sh, fractionBits);
}

function outputsOf(factor: Float64Array, d: number, columns: number): Float64Array {
  const m = columns - d;
  const out = new Float64Array(d * m);
  for (let i = 0; i < d; i++) out.set(factor.subarray(i * columns + d, (i + 1) * columns), i * m);
  return out;
}

function oneLimb(gram: Float64Array, d: number, columns: number, sh: number, fractionBits: number): Factorisation {
  const factor = new Float64Array(d * columns);
  const e = new Float64Array(d);
  const rm = new Float64Array(d);
  const sums = new Float64Array(columns);
  const post = new PostProcessor(fractionBits);
  const scaleDown = 2 ** -sh;
  const m = columns - d;
  let breakdown = false;
  let high = false;
  return {
    fractionBits,
    factor,
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
    outputs: () => outputsOf(factor, d, columns),
    substitution(direction, vector) {
      const substitute = new PostProcessor(fractionBits);
      const products = new Float64Array(m);
      const one = 2 ** fractionBits;
      return {
        row(i) {
          products.fill(0);
          const [from, to] = direction === 'forward' ? [0, i] : [i + 1, d];
          for (let k = from; k < to; k++) {
            const scalar = direction === 'forward' ? factor[k * columns + i]! : factor[i * columns + k]!;
            if (scalar === 0) continue;
            for (let o = 0; o < m; o++) products[o]! += scalar * vector[k * m + o]!;
          }
          for (let o = 0; o < m; o++) vector[i * m + o] = substitute.scale(vector[i * m + o]! * one - products[o]!, e[i]!, rm[i]!);
        },
        flags: () => ({ breakdown: false, saturated: substitute.clipped }),
      };
    },
  };
}

function twoLimbs(gram: Float64Array, d: number, columns: number, sh: number, f: number): Factorisation {
  const factor = new Float64Array(d * columns);
  const hi = new Float64Array(d * columns);
  const lo = new Float64Array(d * columns);
  const e = new Float64Array(d);
  const rm = new Float64Array(d);
  const sumsH = new Float64Array(columns);
  const sumsC = new Float64Array(columns);
  const post = new PostProcessor2(f);
  const one = 2 ** f;
  const m = columns - d;
  let breakdown = false;
  let isHigh = false;
  // floor(G·2^F / 2^sh) = whole·2^F + rest: both parts are doubles scaled by a power of two, hence exact.
  const whole = (g: number): number => Math.floor(g * 2 ** -sh);
  const rest = (g: number): number => Math.floor((g - whole(g) * 2 ** sh) * 2 ** (f - sh));
  return {
    fractionBits: 2 * f,
    factor,
    row(i) {
      sumsH.fill(0);
      sumsC.fill(0);
      for (let k = 0; k < i; k++) {
        const at = k * columns;
        const [scalarHi, scalarLo] = [hi[at + i]!, lo[at + i]!];
        if (scalarHi === 0 && scalarLo === 0) continue;
        for (let j = i; j < columns; j++) {
          sumsH[j]! += scalarHi * hi[at + j]!;
          sumsC[j]! += scalarHi * lo[at + j]! + scalarLo * hi[at + j]!;
        }
      }
      const at = i * columns;
      // T = (whole - H)·2^F + (rest - C); what the second part carries goes to the first.
      const carried = (j: number): number => Math.floor((rest(gram[at + j]!) - sumsC[j]!) / one);
      const high = (j: number): number => whole(gram[at + j]!) - sumsH[j]! + carried(j);
      const low = (j: number): number => rest(gram[at + j]!) - sumsC[j]! - carried(j) * one;
      const pivot = pivotScaling2(high(i), low(i), f);
      breakdown ||= pivot.low;
      isHigh ||= pivot.high;
      e[i] = pivot.e;
      rm[i] = pivot.rm;
      for (let j = i; j < columns; j++) {
        const word = post.scale(high(j), low(j), pivot.e, pivot.rm);
        factor[at + j] = word;
        hi[at + j] = highLimb(word, f);
        lo[at + j] = word - hi[at + j]! * one;
      }
    },
    flags: () => ({ breakdown, saturated: isHigh || post.clipped }),
    outputs: () => outputsOf(factor, d, columns),
    substitution(direction, vector) {
      const substitute = new PostProcessor2(f);
      return {
        row(i) {
          const [from, to] = direction === 'forward' ? [0, i] : [i + 1, d];
          for (let o = 0; o < m; o++) {
            let [h, c] = [0, 0];
            for (let k = from; k < to; k++) {
              const at = direction === 'forward' ? k * columns + i : i * columns + k;
              const word = vector[k * m + o]!;
              const wordHi = highLimb(word, f);
              h += hi[at]! * wordHi;
              c += hi[at]! * (word - wordHi * one) + lo[at]! * wordHi;
            }
            // T = (word - H)·2^F - C.
            const carried = Math.floor(-c / one);
            vector[i * m + o] = substitute.scale(vector[i * m + o]! - h + carried, -c - carried * one, e[i]!, rm[i]!);
          }
        },
        flags: () => ({ breakdown: false, saturated: substitute.clipped }),
      };
    },
  };
}
