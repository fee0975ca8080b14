import { checkAbort } from '../../model/abort.ts';
import type { RowSource, SolveContext } from '../backend.ts';
import type { Centring } from './statistics.ts';

/** A block of centred rows, live columns only, padded with zero rows to a multiple of 4. Valid until the next block. */
export interface CentredBlock {
  /** Rows with data. */
  readonly rows: number;
  /** Rows in the arrays: `rows` rounded up to a multiple of 4. */
  readonly paddedRows: number;
  /** [paddedRows, live columns]. */
  readonly x: Float64Array;
  /** [paddedRows, outputs]. */
  readonly y: Float64Array;
}

/** Most rows of a block: the scratch stays below a few megabytes, and a cancel is seen often. */
export const blockRows = 128;

/**
 * Reads the rows once, as fp64, minus the centres of the statistics. Block borders depend on the source's chunks alone, so a
 * source that repeats itself gives the same bits every time.
 */
export async function* centredBlocks(source: RowSource, statistics: Centring, context: SolveContext): AsyncGenerator<CentredBlock> {
  const { live, centreX, centreY, columns, outputs } = statistics;
  const d = live.length;
  const scratchX = new Float64Array(blockRows * d);
  const scratchY = new Float64Array(blockRows * outputs);
  for await (const chunk of source.chunks()) {
    for (let start = 0; start < chunk.rows; start += blockRows) {
      checkAbort(context.abort);
      const rows = Math.min(blockRows, chunk.rows - start);
      const paddedRows = (rows + 3) & ~3;
      for (let r = 0; r < rows; r++) {
        const from = (start + r) * columns;
        for (let j = 0; j < d; j++) scratchX[r * d + j] = chunk.x[from + live[j]!]! - centreX[j]!;
        const fromY = (start + r) * outputs;
        for (let o = 0; o < outputs; o++) scratchY[r * outputs + o] = chunk.y[fromY + o]! - centreY[o]!;
      }
      scratchX.fill(0, rows * d, paddedRows * d);
      scratchY.fill(0, rows * outputs, paddedRows * outputs);
      yield { rows, paddedRows, x: scratchX, y: scratchY };
    }
    await context.host.pause();
  }
}
