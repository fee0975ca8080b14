import { assert } from '../../model/error.ts';
import { findVarying, type BadRow, type ChunkProducts, type ChunkSetting } from './gram-chunk.ts';
import { findNonFiniteRow } from './gram-check.ts';
import type { GramChunk } from './gram-chunks.ts';

/** From this width on the signed kernel is faster where it is exact (numerics reference 4). */
export const signedFromColumns = 1024;

/** 255·255·rows stays below 2³¹. */
const maxRows = 33_025;

/**
 * Products of a chunk of bytes: Σ x and the Gram are exact integers, and so are the products with targets that are bytes, too (one-hot
 * classes); other targets are multiplied in fp64. `signed`: the right operand is x − 128 as signed bytes, and 128·Σx is added back.
 */
export async function integerChunk(
  setting: ChunkSetting,
  chunk: GramChunk,
  bytes: Uint8Array,
  signed: boolean,
): Promise<ChunkProducts | BadRow> {
  const { d, k, kernels, plan, scratch } = setting;
  const n = chunk.rows;
  assert(n <= maxRows, `${n} rows of bytes overflow a product of 32 bits`);
  const z = await kernels.transpose8(
    bytes,
    n,
    d,
    scratch.take('features', (length) => new Uint8Array(length), d * n),
  );
  const varies = findVarying(z, setting.first, n, d);
  const targets = targetRows(chunk, setting.shift.y, k);
  if (!targets.squareY.every(Number.isFinite)) {
    const badRow = findNonFiniteRow(chunk, 0, k);
    if (badRow !== undefined) return { badRow };
  }
  const cross = await crossProducts(setting, z, targets.values, n);
  const right = signed ? centredBytes(bytes) : bytes;
  return {
    sums: { cross, sumY: targets.sumY, squareY: targets.squareY, varies },
    async *blocks() {
      for (let first = 0; first < d; first += plan.blockColumns) {
        const columns = Math.min(plan.blockColumns, d - first);
        const make = (length: number): Uint8Array | Int8Array => (signed ? new Int8Array(length) : new Uint8Array(length));
        const narrow = copyColumns(right, n, d, first, scratch.take('columns', make, n * columns));
        const into = scratch.take('block', (length) => new Int32Array(length), (d - first) * columns);
        const values = await kernels.integerProduct(z.subarray(first * n), narrow, d - first, columns, n, into);
        if (signed) addBack(values, cross, first, columns, d, k + 1);
        yield { first, columns, values };
      }
    },
  };
}

/** A fixed number of rows of [1 | y − shift], row-major. */
function targetRows(chunk: GramChunk, shift: Float64Array, k: number): { values: Float64Array; sumY: Float64Array; squareY: Float64Array } {
  const { rows: n, y } = chunk;
  const values = new Float64Array(n * (k + 1));
  const sumY = new Float64Array(k);
  const squareY = new Float64Array(k);
  for (let r = 0; r < n; r++) {
    const at = r * (k + 1);
    values[at] = 1;
    for (let o = 0; o < k; o++) {
      const v = y[r * k + o]! - shift[o]!;
      values[at + 1 + o] = v;
      sumY[o] = sumY[o]! + v;
      squareY[o] = squareY[o]! + v * v;
    }
  }
  return { values, sumY, squareY };
}

/** Zᵀ·targets, [d, k + 1]: in integers when the targets are bytes, too, else in fp64. */
function crossProducts(setting: ChunkSetting, z: Uint8Array, targets: Float64Array, n: number): Promise<ArrayLike<number>> {
  const { d, k, kernels } = setting;
  const areBytes = targets.every((v) => v >= 0 && v <= 255 && Number.isInteger(v));
  if (areBytes) return kernels.integerProduct(z, Uint8Array.from(targets), d, k + 1, n);
  return wideCrossProducts(setting, z, targets, n);
}

/** Doubles that bytes are widened to at a time: 8 MiB, whatever the width of the problem. */
const wideElements = 2 ** 20;

async function wideCrossProducts(
  { d, k, kernels, scratch }: ChunkSetting,
  z: Uint8Array,
  targets: Float64Array,
  n: number,
): Promise<ArrayLike<number>> {
  const cross = new Float64Array(d * (k + 1));
  const band = Math.max(1, Math.floor(wideElements / n));
  for (let from = 0; from < d; from += band) {
    const m = Math.min(band, d - from);
    const wide = scratch.take('wide', (length) => new Float64Array(length), m * n);
    wide.set(z.subarray(from * n, (from + m) * n));
    const shape = { m, k: n, n: k + 1, transposeA: false, transposeB: false };
    cross.set(await kernels.multiply64(wide, targets, shape), from * (k + 1));
  }
  return cross;
}

/** x − 128 in two's complement: the top bit flipped. */
function centredBytes(bytes: Uint8Array): Int8Array {
  const flipped = new Int8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) flipped[i] = bytes[i]! ^ 0x80;
  return flipped;
}

/** Columns from `first` on, as many as fill `copy`. */
function copyColumns<T extends Uint8Array | Int8Array>(x: T, rows: number, d: number, first: number, copy: T): T {
  const columns = copy.length / rows;
  for (let r = 0; r < rows; r++) copy.set(x.subarray(r * d + first, r * d + first + columns), r * columns);
  return copy;
}

/** Σ a·b = Σ a·(b − 128) + 128·Σ a; column 0 of `cross` holds Σ a. int32 wraps around, and the true value fits. */
function addBack(values: Int32Array, cross: ArrayLike<number>, first: number, columns: number, d: number, width: number): void {
  for (let i = first; i < d; i++) {
    const add = 128 * cross[i * width]!;
    const row = (i - first) * columns;
    for (let j = 0; j < columns; j++) values[row + j] = values[row + j]! + add;
  }
}
