import { assert } from '../../model/error.ts';
import type { RowSource, RowValues } from '../../fit/backend.ts';

/** Rows of a problem, always `chunkRows` of them but for the last chunk. Valid until the next one is asked for. */
export interface GramChunk {
  readonly rows: number;
  /** Index of the first row in the problem. */
  readonly firstRow: number;
  /** [rows, d] */
  readonly x: RowValues;
  /** [rows, k] */
  readonly y: Float32Array | Float64Array;
}

/**
 * The rows of a source in chunks of exactly as many rows as `rowsFor` says after a look at the first ones (at best `preferredRows`), whatever the source's own chunks are, so that the cut, and with it every bit of
 * the sums, depends on the problem alone. A source that cuts as asked is not copied.
 */
export async function* gramChunks(source: RowSource, preferredRows: number, rowsFor: (x: RowValues) => number): AsyncGenerator<GramChunk> {
  const { columns: d, outputs: k } = source;
  let staged: { x: RowValues; y: Float32Array | Float64Array } | undefined;
  let filled = 0;
  let firstRow = 0;
  let chunkRows = 0;
  let kind: unknown;
  for await (const chunk of source.chunks(preferredRows)) {
    if (chunkRows === 0) chunkRows = rowsFor(chunk.x);
    kind ??= chunk.x.constructor;
    assert(chunk.x.constructor === kind, 'the rows of a source have one element type');
    let at = 0;
    while (at < chunk.rows) {
      if (filled === 0 && chunk.rows - at >= chunkRows) {
        const end = at + chunkRows;
        yield { rows: chunkRows, firstRow, x: chunk.x.subarray(at * d, end * d), y: chunk.y.subarray(at * k, end * k) };
        firstRow += chunkRows;
        at = end;
        continue;
      }
      staged ??= { x: likeArray(chunk.x, chunkRows * d), y: likeArray(chunk.y, chunkRows * k) };
      const take = Math.min(chunkRows - filled, chunk.rows - at);
      staged.x.set(chunk.x.subarray(at * d, (at + take) * d), filled * d);
      staged.y.set(chunk.y.subarray(at * k, (at + take) * k), filled * k);
      at += take;
      filled += take;
      if (filled < chunkRows) continue;
      yield { rows: filled, firstRow, x: staged.x, y: staged.y };
      firstRow += filled;
      filled = 0;
    }
  }
  if (filled > 0 && staged !== undefined)
    yield { rows: filled, firstRow, x: staged.x.subarray(0, filled * d), y: staged.y.subarray(0, filled * k) };
}

function likeArray(values: Float32Array | Float64Array, length: number): Float32Array | Float64Array;
function likeArray(values: RowValues, length: number): RowValues;
function likeArray(values: RowValues, length: number): RowValues {
  if (values instanceof Float32Array) return new Float32Array(length);
  return values instanceof Uint8Array ? new Uint8Array(length) : new Float64Array(length);
}
