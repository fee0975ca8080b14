import { assert } from '../../model/error.ts';
import type { RowChunk, RowSource, RowValues } from '../backend.ts';

/** Rows per chunk of a source in memory unless the reader asks for another number; small enough to report progress and honour a cancel often. */
const chunkRows = 256;

/**
 * Rows of a ridge problem that are in memory. x: [n, d] and y: [n, k], row-major, not copied.
 * Chunks are views of the arrays.
 */
export function arrayRows(x: RowValues, y: Float32Array | Float64Array, columns: number, outputs: number): RowSource {
  const rows = columns > 0 ? x.length / columns : 0;
  assert(
    Number.isInteger(rows) && rows * outputs === y.length,
    `rows do not fit together: x has ${x.length} elements for ${columns} columns, y ${y.length} for ${outputs}`,
  );
  return {
    rows,
    columns,
    outputs,
    isHeld: true,
    async *chunks(preferredRows = chunkRows): AsyncGenerator<RowChunk> {
      for (let start = 0; start < rows; start += preferredRows) {
        const end = Math.min(rows, start + preferredRows);
        yield { rows: end - start, x: x.subarray(start * columns, end * columns), y: y.subarray(start * outputs, end * outputs) };
      }
    },
  };
}
