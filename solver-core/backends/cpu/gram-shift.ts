import type { GramChunk } from './gram-chunks.ts';

/** What is subtracted from every row before it is multiplied. */
export interface GramShift {
  /** [d] */
  readonly x: Float64Array;
  /** [k] */
  readonly y: Float64Array;
}

/** Rows that an fp32 shift is estimated from: a shift need not be the mean, only near it. */
const sampleRows = 256;

/**
 * Columns with mean² up to this many variances are left as they are. What rounding does to the products of means has one sign in all
 * pairs of columns, so it adds up with their number: at 2048 columns and half a variance it made the weights ten times less accurate.
 */
const unshiftedUpTo = (d: number): number => Math.min(4, 512 / d);

/**
 * The shift of a problem from its first chunk. fp64: every column by its mean over the chunk. fp32: only columns whose mean is not small
 * beside their spread, because a shift costs a pass over the chunk; all targets. Bytes are exact as they are, and so are one-hot targets beside them. Columns that
 * are constant in the chunk are shifted to 0 exactly.
 */
export function gramShift(chunk: GramChunk, d: number, k: number): GramShift {
  if (chunk.x instanceof Float64Array) return { x: columnShift(chunk.x, chunk.rows, d, 0), y: columnShift(chunk.y, chunk.rows, k, 0) };
  const sample = Math.min(sampleRows, chunk.rows);
  if (chunk.x instanceof Uint8Array) return { x: new Float64Array(d), y: columnShift(chunk.y, sample, k, 4) };
  return { x: columnShift(chunk.x, sample, d, unshiftedUpTo(d)).map(Math.fround), y: columnShift(chunk.y, sample, k, 0) };
}

/** Means of the columns where mean² > ratio · variance, else 0. Sums start from the first row, so an offset costs no digits. */
function columnShift(values: Float32Array | Float64Array, rows: number, width: number, ratio: number): Float64Array {
  const sum = new Float64Array(width);
  const square = new Float64Array(width);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < width; j++) {
      const v = values[r * width + j]! - values[j]!;
      sum[j] = sum[j]! + v;
      square[j] = square[j]! + v * v;
    }
  }
  return sum.map((s, j) => {
    const mean = values[j]! + s / rows;
    const variance = square[j]! / rows - (s / rows) ** 2;
    return Number.isFinite(mean) && mean * mean > ratio * variance ? mean : 0;
  });
}
