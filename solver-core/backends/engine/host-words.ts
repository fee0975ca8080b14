import type { Limbs } from './device.ts';
import type { EngineLayout } from './layout.ts';

/*
 * Words over the host port for each call of a device, the same at every level. One clock cycle each (reads add a few cycles of
 * latency per row).
 */

/** Words that no transfer carries: lanes of the last block beyond the last column, cleared so that they add nothing. */
function paddingWords(layout: EngineLayout, lanes: number): number {
  return layout.columns % lanes === 0 ? 0 : layout.rowBase - layout.weightBase + layout.chunkRows * layout.blocks;
}

/** Clears the triangle, sets the diagonal, clears the padding lanes of vector and chunk rows. */
export function beginWords(layout: EngineLayout, lanes: number): number {
  return layout.gramWords + layout.features + paddingWords(layout, lanes);
}

/** X | Y of all rows. */
export function rowWords(layout: EngineLayout, rows: number): number {
  return rows * layout.columns;
}

/** One row of zeros. */
export function decayWords(layout: EngineLayout): number {
  return layout.blocks;
}

/** The upper part of G, or of R | Z with that many limbs. */
export function triangleWords(layout: EngineLayout, limbs: Limbs = 1): number {
  return limbs * (layout.features * layout.columns - (layout.features * (layout.features - 1)) / 2);
}

/** W, or the vectors of a solve, one way. */
export function vectorWords(layout: EngineLayout, limbs: Limbs = 1): number {
  return limbs * layout.features * layout.outputs;
}
