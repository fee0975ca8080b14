import { oneLimbFactor } from './factor-one-limb.ts';
import { twoLimbFactor } from './factor-two-limbs.ts';
import type { Factorisation } from './factorisation.ts';

/*
 * The arithmetic contract of the engine (hdl/README.md) on plain doubles, bit for bit. Every intermediate is an integer below
 * 2^53: |G| < 2^47, |sum R·R| < 2^47 by the limit on features, |t·rm| < 2^48. Scaling by a power of two is exact, so
 * floor(x · 2^-s) is the arithmetic shift. Sums may be taken in any order.
 */

/** Version of the contract this model reproduces; part of provenance. */
export const functionalModelVersion = '2';

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

/** Forgetting: G := G - floor(G / 2^shift) in every entry. */
export function decayGram(gram: Float64Array, shift: number): void {
  const down = 2 ** -shift;
  for (let i = 0; i < gram.length; i++) gram[i] = gram[i]! - Math.floor(gram[i]! * down);
}

/** CHOL of gram [d, columns] with shift `sh`, row by row; F = fractionBits of an operand. */
export function startFactor(gram: Float64Array, d: number, columns: number, sh: number, fractionBits: number, limbs: 1 | 2): Factorisation {
  return (limbs === 1 ? oneLimbFactor : twoLimbFactor)(gram, d, columns, sh, fractionBits);
}

/** Z, the right-hand side that CHOL made: [d, m] words. */
export function outputsOf(factor: Float64Array, d: number, columns: number): Float64Array {
  const m = columns - d;
  const out = new Float64Array(d * m);
  for (let i = 0; i < d; i++) out.set(factor.subarray(i * columns + d, (i + 1) * columns), i * m);
  return out;
}
