import { findNonFiniteRow } from './gram-check.ts';
import type { GramChunk } from './gram-chunks.ts';
import type { GramScratch } from './gram-scratch.ts';
import type { GramPlan } from './gram-plan.ts';
import type { GramShift } from './gram-shift.ts';
import type { GramKernels } from './gram-kernels.ts';
import { maxOutputBytes } from './ort-kernels.ts';

type Values = Float32Array | Float64Array;

/** What a chunk adds to the sums, but for the Gram, which comes block by block. */
export interface ChunkSums {
  /** [d, k + 1] Σ x and Σ x·y of the shifted columns: column 0 belongs to the ones. */
  readonly cross: ArrayLike<number>;
  /** [k] */
  readonly sumY: Float64Array;
  readonly squareY: Float64Array;
  /** [d] 1 where a column differs from its value in the first row of the problem. */
  readonly varies: Uint8Array;
}

/** A block column of the lower triangle: rows and columns from `first` on, `columns` wide. */
export interface GramBlock {
  readonly first: number;
  readonly columns: number;
  /** [d - first, columns]; void when the next block is asked for. */
  readonly values: Float32Array | Float64Array | Int32Array;
}

/** A row, counted from 0 in the whole problem, that cannot be summed. */
export interface BadRow {
  readonly badRow: number;
}

/** Products over one chunk that is already in memory. */
export interface ChunkProducts {
  /** Sums of the chunk; must be asked for first, because it checks the rows. */
  readonly sums: ChunkSums;
  blocks(): AsyncGenerator<GramBlock>;
}

export interface ChunkSetting {
  readonly kernels: GramKernels;
  readonly plan: GramPlan;
  readonly shift: GramShift;
  /** [d] the values of the first row of the problem. */
  readonly first: Float64Array;
  /** Reused from chunk to chunk: the products of a chunk are void when the next one is started. */
  readonly scratch: GramScratch;
  readonly d: number;
  readonly k: number;
}

/** Kernels for one element type. */
interface Arithmetic<V extends Values> {
  array(length: number): V;
  transpose(a: V, rows: number, columns: number, into: V): Promise<V>;
  timesTransposed(a: V, b: V, m: number, n: number, k: number, into?: V): Promise<V>;
}

/** Products of a chunk of fp32 or fp64 rows in the precision of the rows (numerics reference 2.4). */
export function floatChunk(setting: ChunkSetting, chunk: GramChunk): Promise<ChunkProducts | BadRow> {
  const { kernels } = setting;
  if (chunk.x instanceof Float32Array) {
    return multiplyChunk<Float32Array>(setting, chunk, chunk.x, {
      array: (length) => new Float32Array(length),
      transpose: kernels.transpose32,
      timesTransposed: kernels.timesTransposed32,
    });
  }
  return multiplyChunk<Float64Array>(setting, chunk, chunk.x instanceof Float64Array ? chunk.x : new Float64Array(chunk.x), {
    array: (length) => new Float64Array(length),
    transpose: kernels.transpose64,
    timesTransposed: kernels.timesTransposed64,
  });
}

async function multiplyChunk<V extends Values>(
  setting: ChunkSetting,
  chunk: GramChunk,
  x: V,
  arithmetic: Arithmetic<V>,
): Promise<ChunkProducts | BadRow> {
  const { d, k, shift, plan, scratch } = setting;
  const n = chunk.rows;
  const z = await arithmetic.transpose(x, n, d, scratch.take('features', arithmetic.array, d * n));
  const varies = findVarying(z, setting.first, n, d);
  shiftRows(z, shift.x, n, d);
  const targets = targetColumns(chunk, shift.y, k, scratch.take('targets', arithmetic.array, (k + 1) * n));
  const cross = await crossProducts(z, targets.rows, d, k + 1, n, arithmetic);
  if (!(isFiniteSum(cross, d, k + 1) && targets.squareY.every(Number.isFinite))) {
    const badRow = findNonFiniteRow(chunk, d, k);
    if (badRow !== undefined) return { badRow };
  }
  return {
    sums: { cross, sumY: targets.sumY, squareY: targets.squareY, varies },
    async *blocks() {
      for (let first = 0; first < d; first += plan.blockColumns) {
        const columns = Math.min(plan.blockColumns, d - first);
        const tall = z.subarray(first * n) as V;
        const narrow = z.subarray(first * n, (first + columns) * n) as V;
        // A tall left and a narrow right operand is 4 to 20 % faster than the opposite order.
        const into = scratch.take('block', arithmetic.array, (d - first) * columns);
        yield { first, columns, values: await arithmetic.timesTransposed(tall, narrow, d - first, columns, n, into) };
      }
    },
  };
}

/** 1 for each feature-major column that is not the same as in the first row; a scan ends at the first difference. */
export function findVarying(z: ArrayLike<number>, first: Float64Array, n: number, d: number): Uint8Array {
  const varies = new Uint8Array(d);
  for (let j = 0; j < d; j++) {
    const value = first[j]!;
    const end = (j + 1) * n;
    let at = j * n;
    while (at < end && z[at] === value) at++;
    varies[j] = at < end ? 1 : 0;
  }
  return varies;
}

function shiftRows(z: Values, shift: Float64Array, n: number, d: number): void {
  for (let j = 0; j < d; j++) {
    const s = shift[j]!;
    if (s === 0) continue;
    const end = (j + 1) * n;
    for (let at = j * n; at < end; at++) z[at] = z[at]! - s;
  }
}

/** Ones and shifted targets, feature-major, with the targets' own sums in fp64. */
function targetColumns<V extends Values>(
  chunk: GramChunk,
  shift: Float64Array,
  k: number,
  rows: V,
): { rows: V; sumY: Float64Array; squareY: Float64Array } {
  const { rows: n, y } = chunk;
  const sumY = new Float64Array(k);
  const squareY = new Float64Array(k);
  rows.fill(1, 0, n);
  for (let o = 0; o < k; o++) {
    const s = shift[o]!;
    let sum = 0;
    let square = 0;
    for (let r = 0; r < n; r++) {
      const v = y[r * k + o]! - s;
      rows[(o + 1) * n + r] = v;
      sum += v;
      square += v * v;
    }
    sumY[o] = sum;
    squareY[o] = square;
  }
  return { rows, sumY, squareY };
}

/** Z·Eᵀ as [d, width]; wide targets are multiplied in bands, so that no product is too large. */
async function crossProducts<V extends Values>(
  z: V,
  targets: V,
  d: number,
  width: number,
  n: number,
  arithmetic: Arithmetic<V>,
): Promise<ArrayLike<number>> {
  const bandColumns = Math.max(1, Math.floor(maxOutputBytes / (8 * d)));
  if (width <= bandColumns) return arithmetic.timesTransposed(z, targets, d, width, n);
  const whole = arithmetic.array(d * width);
  for (let from = 0; from < width; from += bandColumns) {
    const columns = Math.min(bandColumns, width - from);
    const band = await arithmetic.timesTransposed(z, targets.subarray(from * n, (from + columns) * n) as V, d, columns, n);
    for (let j = 0; j < d; j++) whole.set(band.subarray(j * columns, (j + 1) * columns), j * width + from);
  }
  return whole;
}

/** A value that is infinite or not a number anywhere in a column makes the sum of the column such a value. */
function isFiniteSum(cross: ArrayLike<number>, d: number, width: number): boolean {
  for (let j = 0; j < d; j++) if (!Number.isFinite(cross[j * width]!)) return false;
  return true;
}
