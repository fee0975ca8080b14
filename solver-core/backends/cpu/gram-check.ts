import type { GramChunk } from './gram-chunks.ts';

/** First row of the chunk, counted in the whole problem, that holds a value that is infinite or not a number. */
export function findNonFiniteRow(chunk: GramChunk, d: number, k: number): number | undefined {
  for (let r = 0; r < chunk.rows; r++) {
    for (let j = 0; j < d; j++) if (!Number.isFinite(chunk.x[r * d + j]!)) return chunk.firstRow + r;
    for (let o = 0; o < k; o++) if (!Number.isFinite(chunk.y[r * k + o]!)) return chunk.firstRow + r;
  }
  return undefined;
}
