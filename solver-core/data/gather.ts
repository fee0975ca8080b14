import type { AbortFlag } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import type { RowArray } from './array.ts';
import { DataFault, quoted } from './fault.ts';

/** Consecutive rows of a selection. Valid until the next batch is asked for. */
export interface GatheredBatch {
  /** Position of the first of these rows in the selection. */
  readonly first: number;
  readonly rows: number;
  /** [rows, row elements] row-major. */
  readonly x: Float32Array;
  /** The same numbers where the file stores 8-bit unsigned integers. */
  readonly bytes?: Uint8Array;
}

/** Which rows of an array are gone through, and how. */
export interface Gather {
  /** Name of the array, for messages. */
  readonly name: string;
  /** Row numbers, increasing; undefined: every row. */
  readonly rows: Uint32Array | undefined;
  /** Rows per batch. */
  readonly size: number;
  /** Look for values that are infinite or not a number. */
  readonly checkFinite: boolean;
  readonly abort?: AbortFlag | undefined;
}

/** Rows between two wanted ones that are read and dropped rather than skipped: a system call costs about as much as this many bytes. */
const maxGapBytes = 1 << 16;
/** Most bytes of rows decoded at once, wanted and dropped ones together. */
const maxSpanBytes = 1 << 20;

/**
 * The chosen rows of an array in batches, through buffers that are reused: memory O(batch), whatever the number of rows. Faults of the
 * array's reader, and `data-not-finite` with the row's number in the file and its column.
 */
export async function* gatherRows(array: RowArray, gather: Gather): AsyncGenerator<GatheredBatch> {
  const { rows, size } = gather;
  const count = rows === undefined ? array.rows : rows.length;
  const width = array.rowElements;
  const x = new Float32Array(Math.min(size, count) * width);
  const bytes = array.readBytes === undefined ? undefined : new Uint8Array(x.length);
  const scratch = rows === undefined ? undefined : new Scratch(array);
  const numberOf = (position: number): number => (rows === undefined ? position : (rows[position] as number));
  for (let first = 0; first < count; first += size) {
    checkAbort(gather.abort);
    const n = Math.min(size, count - first);
    for (let done = 0; done < n;) {
      const span = spanFrom(array, rows, first + done, first + n);
      if (span.selected === span.rows) await readDirect(array, span, x, bytes, done * width);
      else await scratch?.pick(span, rows as Uint32Array, first + done, x, bytes, done * width);
      done += span.selected;
    }
    const filled = x.subarray(0, n * width);
    if (gather.checkFinite) requireFinite(filled, width, gather.name, (row) => numberOf(first + row));
    yield { first, rows: n, x: filled, ...(bytes === undefined ? {} : { bytes: bytes.subarray(0, n * width) }) };
  }
}

/** Rows [start, start + rows) of the file hold the next `selected` rows of the selection. */
interface Span {
  readonly start: number;
  readonly rows: number;
  readonly selected: number;
}

function spanFrom(array: RowArray, rows: Uint32Array | undefined, from: number, to: number): Span {
  if (rows === undefined) return { start: from, rows: to - from, selected: to - from };
  const rowBytes = Math.max(1, array.rowElements * 4);
  const maxRows = Math.max(1, Math.floor(maxSpanBytes / rowBytes));
  const maxGap = Math.floor(maxGapBytes / rowBytes);
  const start = rows[from] as number;
  let at = from + 1;
  while (at < to) {
    const row = rows[at] as number;
    if (row - start >= maxRows || row - (rows[at - 1] as number) - 1 > maxGap) break;
    at += 1;
  }
  return { start, rows: (rows[at - 1] as number) - start + 1, selected: at - from };
}

async function readDirect(array: RowArray, span: Span, x: Float32Array, bytes: Uint8Array | undefined, at: number): Promise<void> {
  if (bytes === undefined || array.readBytes === undefined) return array.readRange(span.start, span.rows, x, at);
  await array.readBytes(span.start, span.rows, bytes, at);
  x.set(bytes.subarray(at, at + span.rows * array.rowElements), at);
}

/** Room for spans with rows that nobody wants. */
class Scratch {
  readonly #array: RowArray;
  #x = new Float32Array(0);
  #bytes = new Uint8Array(0);

  constructor(array: RowArray) {
    this.#array = array;
  }

  /** Reads a span and copies its wanted rows, `rows[from ...]`, to `x[at ...]`. */
  async pick(span: Span, rows: Uint32Array, from: number, x: Float32Array, bytes: Uint8Array | undefined, at: number): Promise<void> {
    const width = this.#array.rowElements;
    const elements = span.rows * width;
    if (this.#x.length < elements) this.#x = new Float32Array(elements);
    if (bytes !== undefined && this.#bytes.length < elements) this.#bytes = new Uint8Array(elements);
    await readDirect(this.#array, span, this.#x, bytes === undefined ? undefined : this.#bytes, 0);
    for (let i = 0; i < span.selected; i += 1) {
      const row = ((rows[from + i] as number) - span.start) * width;
      x.set(this.#x.subarray(row, row + width), at + i * width);
      bytes?.set(this.#bytes.subarray(row, row + width), at + i * width);
    }
  }
}

/** Faults with `data-not-finite` unless every value is a finite number; `rowOf` gives a row's number in the file. */
export function requireFinite(values: Float32Array, width: number, name: string, rowOf: (row: number) => number): void {
  // Differences of finite numbers with themselves are 0; four sums at a time find out fast whether there is anything to look for.
  const whole = values.length - (values.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) - (values[i] as number);
    b += (values[i + 1] as number) - (values[i + 1] as number);
    c += (values[i + 2] as number) - (values[i + 2] as number);
    d += (values[i + 3] as number) - (values[i + 3] as number);
  }
  for (let i = a + b + c + d === 0 ? whole : 0; i < values.length; i += 1) {
    const v = values[i] as number;
    if (v - v === 0) continue;
    const column = i % width;
    const what = Number.isNaN(v) ? 'NaN' : `${v} (infinite, or beyond float32)`;
    throw new DataFault(
      'data-not-finite',
      `Row ${rowOf(Math.floor(i / width))}, column ${column} of ${quoted(name)} holds ${what}; rows and columns count from 0. Remove or replace such values.`,
      { tensor: name },
    );
  }
}
