import type { ByteSource } from './bytes.ts';
import { memorySource } from './bytes.ts';
import type { Floats } from './decode.ts';
import { decodeElements, elementReader } from './decode.ts';
import { DataFault } from './fault.ts';
import type { ArrayLayout } from './npy.ts';

/** An array of rows (first dimension) that can be read in any order. */
export interface RowArray {
  readonly layout: ArrayLayout;
  readonly rows: number;
  /** Elements of one row. */
  readonly rowElements: number;
  /** The same rows, held in memory as stored bytes; itself when they are there already. */
  loaded(): Promise<RowArray>;
  /** Rows [start, start + count) into `out[outStart ...]`, row-major. */
  readRange(start: number, count: number, out: Floats, outStart: number): Promise<void>;
  /** The same as stored, where the array holds 8-bit unsigned integers in row-major order; absent otherwise. */
  readonly readBytes?: (start: number, count: number, out: Uint8Array, outStart: number) => Promise<void>;
}

/** Rows decoded per read, so that one call needs little memory beside the caller's buffer. */
const chunkBytes = 4 << 20;

/**
 * Rows of an array whose elements start at position 0 of `source`. A scalar counts as one row.
 * Column-major arrays are gathered from memory and must be within `maxBytes` (`data-too-large`).
 */
export async function rowArray(layout: ArrayLayout, source: ByteSource, name: string, maxBytes: number): Promise<RowArray> {
  const sizeBytes = layout.elements * layout.itemBytes;
  if (sizeBytes > source.sizeBytes) {
    const shape = `[${layout.dims.join(', ')}] of ${layout.kind}`;
    throw new DataFault('data-truncated', `${name} declares ${shape}, ${sizeBytes} bytes, but holds ${source.sizeBytes}.`, {
      tensor: name,
    });
  }
  const shape = { layout, rows: layout.dims[0] ?? 1, rowElements: layout.dims.slice(1).reduce((product, dim) => product * dim, 1) };
  if (layout.elements === 0) return inMemory(shape, () => Promise.resolve());
  if (!layout.fortran || layout.dims.length < 2) {
    const readRange = plainReader(layout, source, shape.rowElements);
    const readBytes = layout.kind === 'u1' ? byteReader(source, shape.rowElements) : undefined;
    const readers = { readRange, ...(readBytes === undefined ? {} : { readBytes }) };
    if (source.inMemory) return { ...inMemory(shape, readRange), ...readers };
    const loaded = async (): Promise<RowArray> =>
      rowArray(layout, memorySource(new Uint8Array(await source.read(0, sizeBytes))), name, maxBytes);
    return { ...shape, ...readers, loaded };
  }
  if (sizeBytes > maxBytes) {
    const advice = 'Save it in C order: np.ascontiguousarray(x).';
    throw new DataFault('data-too-large', tooLarge(name, sizeBytes, maxBytes, advice), { tensor: name });
  }
  const bytes = new Uint8Array(await source.read(0, sizeBytes));
  return inMemory(shape, fortranReader(layout, bytes, shape.rows, shape.rowElements));
}

/** An array whose rows need no file any more. */
export function inMemory(shape: Pick<RowArray, 'layout' | 'rows' | 'rowElements'>, readRange: RowArray['readRange']): RowArray {
  const array: RowArray = { ...shape, readRange, loaded: () => Promise.resolve(array) };
  return array;
}

/** Message of a `data-too-large` fault. */
export function tooLarge(name: string, sizeBytes: number, maxBytes: number, advice: string): string {
  return `${name} needs ${sizeBytes} bytes of memory; the limit is ${maxBytes}. ${advice}`;
}

function plainReader(layout: ArrayLayout, source: ByteSource, rowElements: number): RowArray['readRange'] {
  const rowBytes = rowElements * layout.itemBytes;
  const chunkRows = Math.max(1, Math.floor(chunkBytes / Math.max(1, rowBytes)));
  const isStored = (out: Floats): boolean =>
    layout.littleEndian &&
    ((layout.kind === 'f4' && out instanceof Float32Array) ||
      (layout.kind === 'f8' && out instanceof Float64Array) ||
      (layout.kind === 'i4' && out instanceof Int32Array));
  return async (start, count, out, outStart) => {
    // The machines we run on are little-endian: what is stored as the output holds it needs no decoding.
    if (isStored(out)) {
      const into = new Uint8Array(out.buffer, out.byteOffset + outStart * out.BYTES_PER_ELEMENT, count * rowBytes);
      return source.readInto(start * rowBytes, into);
    }
    for (let done = 0; done < count; done += chunkRows) {
      const n = Math.min(chunkRows, count - done);
      const bytes = await source.read((start + done) * rowBytes, n * rowBytes);
      decodeElements(bytes, layout.kind, layout.littleEndian, out, outStart + done * rowElements, n * rowElements);
    }
  };
}

function byteReader(source: ByteSource, rowElements: number): NonNullable<RowArray['readBytes']> {
  const chunkRows = Math.max(1, Math.floor(chunkBytes / Math.max(1, rowElements)));
  return async (start, count, out, outStart) => {
    for (let done = 0; done < count; done += chunkRows) {
      const n = Math.min(chunkRows, count - done);
      out.set(await source.read((start + done) * rowElements, n * rowElements), outStart + done * rowElements);
    }
  };
}

function fortranReader(layout: ArrayLayout, bytes: Uint8Array, rows: number, rowElements: number): RowArray['readRange'] {
  const offsets = innerOffsets(layout.dims, rowElements);
  const read = elementReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), layout.kind, layout.littleEndian);
  return (start, count, out, outStart) => {
    for (let row = 0; row < count; row += 1) {
      for (let i = 0; i < rowElements; i += 1)
        out[outStart + row * rowElements + i] = read((start + row + rows * (offsets[i] as number)) * layout.itemBytes);
    }
    return Promise.resolve();
  };
}

/** For each row-major position within a row, its column-major position over the inner dimensions. */
function innerOffsets(dims: readonly number[], rowElements: number): Float64Array {
  const inner = dims.slice(1);
  const offsets = new Float64Array(rowElements);
  for (let i = 0; i < rowElements; i += 1) {
    let rest = i;
    let offset = 0;
    let stride = rowElements;
    for (let axis = inner.length - 1; axis >= 0; axis -= 1) {
      const dim = inner[axis] ?? 1;
      stride /= dim;
      offset += (rest % dim) * stride;
      rest = Math.floor(rest / dim);
    }
    offsets[i] = offset;
  }
  return offsets;
}

/** Integer kinds whose every value an Int32Array holds. */
const int32Kinds: readonly string[] = ['i1', 'u1', 'b1', 'i2', 'u2', 'i4'];
/** Elements decoded at once: what a reader keeps beside the result stays small. */
const pieceElements = 1 << 16;

/**
 * All elements of a small array, e.g. labels: as int32 where the file stores integers that fit, which takes half the memory, else as
 * doubles. Faults with `data-too-large` above `maxBytes`.
 */
export async function readAll(array: RowArray, name: string, maxBytes: number): Promise<Float64Array | Int32Array> {
  const isInt32 = int32Kinds.includes(array.layout.kind);
  const sizeBytes = array.rows * array.rowElements * (isInt32 ? 4 : 8);
  if (sizeBytes > maxBytes) throw new DataFault('data-too-large', tooLarge(name, sizeBytes, maxBytes, 'Use fewer rows.'), { tensor: name });
  const elements = array.rows * array.rowElements;
  const out = isInt32 ? new Int32Array(elements) : new Float64Array(elements);
  const pieceRows = Math.max(1, Math.floor(pieceElements / Math.max(1, array.rowElements)));
  for (let row = 0; row < array.rows; row += pieceRows)
    await array.readRange(row, Math.min(pieceRows, array.rows - row), out, row * array.rowElements);
  return out;
}

/** An array in memory whose bytes are already decoded from a stream. */
export function arrayFromBytes(layout: ArrayLayout, bytes: Uint8Array, name: string, maxBytes: number): Promise<RowArray> {
  return rowArray(layout, memorySource(bytes), name, maxBytes);
}
