/** What CHOL or a substitution reported. */
export interface ModelFlags {
  readonly breakdown: boolean;
  readonly saturated: boolean;
}

/** A factor of the functional model, and the commands that use it. All of it goes row by row, so that a caller can pause between rows. */
export interface Factorisation {
  /** F with one limb, 2F with two. */
  readonly fractionBits: number;
  /** R | Z: [d, columns] words, zeros below the diagonal. */
  readonly factor: Float64Array;
  /** CHOL of row i; rows in order. O(i · columns). */
  row(i: number): void;
  flags(): ModelFlags;
  /** Rᵀz = r (FSUB: rows in order) or R w = z (BACK, BACKV: rows from the last) in place, for [d, m] words. */
  substitution(direction: Direction, vector: Float64Array): Substitution;
}

/** 'forward': FSUB; 'backward': BACK and BACKV. */
export type Direction = 'forward' | 'backward';

/** A substitution that goes row by row. */
export interface Substitution {
  /** O(d · m). */
  row(i: number): void;
  readonly saturated: boolean;
}

/** The rows whose words row i needs, [from, to). */
export function neededRows(direction: Direction, i: number, d: number): readonly [number, number] {
  return direction === 'forward' ? [0, i] : [i + 1, d];
}
