import type { LabelledRows, RowLabels } from './rows.ts';

/** Consecutive rows. Valid until the next batch is asked for. */
export interface RowBatch {
  /** Number of the first of these rows among all rows of the source. */
  readonly first: number;
  readonly rows: number;
  /** [rows, ...inputShape] row-major. */
  readonly x: Float32Array;
  /** The same numbers as 8-bit unsigned integers where the file stores them so; absent otherwise. */
  readonly bytes?: Uint8Array;
}

/** Labelled rows that stay where they are, a file for example, and can be gone through again and again. Labels are in memory. */
export interface RowBatches {
  readonly rows: number;
  /** Shape of one row; [] for a single number. */
  readonly inputShape: readonly number[];
  readonly labels: RowLabels;
  /**
   * All rows in order, `size` at a time, fewer at the end. Every call gives the same numbers. Rejects with TierwiseError
   * `data-not-finite` naming row and column, or when the file changed.
   */
  batches(size: number): AsyncIterable<RowBatch>;
}

/** Rows to fit or evaluate on: in memory, or read batch by batch. */
export type FitRows = LabelledRows | RowBatches;

/** True when all rows are in memory. */
export function isInMemory(data: FitRows): data is LabelledRows {
  return 'x' in data;
}

/** Elements of one row: the product of its shape. */
export function rowElements(data: FitRows): number {
  return data.inputShape.reduce((product, dim) => product * dim, 1);
}

/** All rows in order, `size` at a time; views where the rows are in memory. */
export async function* rowBatches(data: FitRows, size: number): AsyncGenerator<RowBatch> {
  if (!isInMemory(data)) return yield* data.batches(size);
  const elements = rowElements(data);
  for (let first = 0; first < data.rows; first += size) {
    const rows = Math.min(size, data.rows - first);
    const end = (first + rows) * elements;
    const stored = data.bytes === undefined ? {} : { bytes: data.bytes.subarray(first * elements, end) };
    yield { first, rows, x: data.x.subarray(first * elements, end), ...stored };
  }
}
