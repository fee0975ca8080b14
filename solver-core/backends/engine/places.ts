import type { EngineInfo, Limbs } from './device.ts';
import type { EngineLayout } from './layout.ts';
import type { MoverDescriptor } from './link.ts';

/* Where the parts of a problem lie (layout.ts), as descriptors of the mover, and their words from and to the matrices of a device. */

/** Bits in which operand and Gram words are read. */
const operandBits = 32;
const gramBits = 48;
const leastBits = 8;

/** Fewest bits in which every word fits: what a link with few bytes per second moves. */
export function bitsFor(words: Int32Array | Float64Array): number {
  let largest = 0;
  for (const word of words) largest = Math.max(largest, word < 0 ? -word - 1 : word);
  let bits = leastBits;
  while (2 ** (bits - 1) <= largest) bits++;
  return bits;
}

function place(space: MoverDescriptor['space'], bits: number, rest: Partial<MoverDescriptor>): MoverDescriptor {
  return {
    space,
    bits,
    triangle: false,
    packed: false,
    diagonal: false,
    first: 0,
    columns: 0,
    blocks: 0,
    rows: 0,
    row0: 0,
    base: 0,
    ...rest,
  };
}

/** Bits of a read: whole bytes, 24 where the words fit them. */
function readBits(info: Pick<EngineInfo, 'wordBits'>): number {
  return info.wordBits <= 24 ? 24 : operandBits;
}

/** The diagonal of G, [d]. */
export function gramDiagonal(layout: EngineLayout, info: Pick<EngineInfo, 'accumulatorBits'>): MoverDescriptor {
  const { columns, blocks, features: rows } = layout;
  return place('gram', info.accumulatorBits, { triangle: true, packed: true, diagonal: true, columns, blocks, rows });
}

/** G from its diagonal on, row by row. `words`: what goes there, to choose the bits; absent for reading. */
export function gramTriangle(layout: EngineLayout, words?: Float64Array): MoverDescriptor {
  const { columns, blocks, features: rows } = layout;
  const bits = words === undefined ? gramBits : bitsFor(words);
  return place('gram', bits, { triangle: true, packed: true, columns, blocks, rows });
}

/** The first rows of the chunk area that hold `words`, [rows, d + m]. */
export function chunkRows(layout: EngineLayout, words: Int32Array): MoverDescriptor {
  const { columns, blocks, rowBase: base } = layout;
  return place('operand', bitsFor(words), { columns, blocks, rows: words.length / columns, base });
}

/** One limb (0 high, 1 low) of R | Z from its diagonal on, of a factor with `limbs` limbs. */
export function factor(layout: EngineLayout, info: EngineInfo, limbs: Limbs, limb: number): MoverDescriptor {
  const { columns, blocks, features: rows } = layout;
  return place('operand', readBits(info), { triangle: true, columns, blocks: blocks * limbs, rows, base: limb * blocks });
}

/** One limb of the vector rows, [d, m]. */
export function vector(layout: EngineLayout, info: EngineInfo, limbs: Limbs, limb: number): MoverDescriptor {
  const { features: rows, outputs, outputBlock, weightBlocks, weightBase } = layout;
  const first = rows - outputBlock * info.lanes;
  const base = weightBase + limb * weightBlocks;
  return place('operand', readBits(info), { first, columns: first + outputs, blocks: weightBlocks * limbs, rows, base });
}

/** The upper triangle of a [d, d + m] matrix, row after row. */
export function upperTriangle(layout: EngineLayout, matrix: Float64Array): Float64Array {
  const { features, columns } = layout;
  const words = new Float64Array(features * columns - (features * (features - 1)) / 2);
  for (let i = 0, at = 0; i < features; at += columns - i, i++) words.set(matrix.subarray(i * columns + i, (i + 1) * columns), at);
  return words;
}

/** The [d, d + m] matrix with this upper triangle, zeros below. */
export function fromUpperTriangle(layout: EngineLayout, words: Float64Array): Float64Array {
  const { features, columns } = layout;
  const matrix = new Float64Array(features * columns);
  for (let i = 0, at = 0; i < features; at += columns - i, i++) matrix.set(words.subarray(at, at + columns - i), i * columns + i);
  return matrix;
}

/** High and low words of two-limb words v = high · 2^F + low with low in [-2^(F-1), 2^(F-1) - 1]; v within the range that `largestWord` tells. */
export function splitLimbs(values: Float64Array, fractionBits: number): readonly [Float64Array, Float64Array] {
  const unit = 2 ** fractionBits;
  const high = values.map((v) => Math.floor((v + unit / 2) / unit));
  return [high, values.map((v, i) => v - high[i]! * unit)];
}

/** Two-limb words from their limbs. */
export function joinLimbs(high: Float64Array, low: Float64Array, fractionBits: number): Float64Array {
  return high.map((h, i) => h * 2 ** fractionBits + low[i]!);
}
