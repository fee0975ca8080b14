import type { GateProgram } from './gate-program.ts';
import { inputSlots, operations, stepSize } from './gate-program.ts';

/** Words of 32 vectors that are computed at a time: enough to pay for reading a step, few enough to stay in the nearest cache. */
export const blockWords = 16;
export const blockVectors = blockWords * 32;

/** Words that hold the bits of so many vectors: whole blocks. */
export const planeWords = (vectors: number): number => Math.ceil(vectors / blockVectors) * blockWords;

/**
 * Values of consecutive vectors as bit planes: [bits, planeWords(count)], vector v in bit v mod 32 of word floor(v / 32). The last
 * value fills the last block, so that nothing toggles after it.
 */
export function bitPlanes(values: Uint8Array | Int32Array, bits: number): Int32Array {
  const count = values.length;
  const words = planeWords(count);
  const planes = new Int32Array(bits * words);
  const square = new Int32Array(32);
  for (let word = 0; word < words; word++) {
    for (let lane = 0; lane < 32; lane++) square[lane] = values[Math.min(word * 32 + lane, count - 1)]!;
    transpose(square);
    for (let bit = 0; bit < bits; bit++) planes[bit * words + word] = square[bit]!;
  }
  return planes;
}

/** Transposes 32 words of 32 bits in place: blocks of 16, 8, .. bits change places (after Warren, Hacker's Delight, 7-3). */
function transpose(square: Int32Array): void {
  let mask = 0x0000ffff;
  for (let size = 16; size !== 0; size >>>= 1, mask ^= mask << size) {
    for (let k = 0; k < 32; k = (k + size + 1) & ~size) {
      const low = square[k]!;
      const high = square[k + size]!;
      const swapped = ((low >>> size) ^ high) & mask;
      square[k] = low ^ (swapped << size);
      square[k + size] = high ^ swapped;
    }
  }
}

/** Which transitions of a stream count: all of them, or only those into every second vector (before and after, one pair behind another). */
export type Counting = 'every' | 'second';

/**
 * Runs a program over a stream of vectors and adds to `toggles` [slots] how often each value changed from one vector to the next.
 * `sums` [22, words] is replaced by the result's planes, so that units can be chained along a column of an array.
 * Time: about slots · words steps of some nanoseconds; memory: slots · 64 bytes.
 */
export function runStream(
  program: GateProgram,
  activations: Int32Array,
  sums: Int32Array,
  counting: Counting,
  toggles: Float64Array,
): void {
  const words = activations.length / 8;
  const values = new Int32Array(program.slots * blockWords);
  const masks = new Int32Array(blockWords).fill(counting === 'every' ? -1 : 0xaaaaaaaa | 0);
  masks[0]! &= ~1;
  for (let first = 0; first < words; first += blockWords) {
    for (let slot = 0; slot < inputSlots; slot++) {
      const source = slot < 8 ? activations : sums;
      const from = (slot < 8 ? slot : slot - 8) * words + first;
      toggles[slot]! += input(values, slot * blockWords, source, from, masks);
    }
    runBlock(program.steps, values, masks, toggles);
    // Every other block follows another.
    if (counting === 'every') masks[0] = -1;
    program.outputs.forEach(({ slot, invert }, bit) => {
      const to = bit * words + first;
      for (let j = 0; j < blockWords; j++) sums[to + j] = slot < 0 ? invert : values[slot * blockWords + j]! ^ invert;
    });
  }
}

/** Ones of a word (Warren, Hacker's Delight, 5-1). */
function popcount(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function input(values: Int32Array, at: number, source: Int32Array, from: number, masks: Int32Array): number {
  let before = values[at + blockWords - 1]! >>> 31;
  let count = 0;
  for (let j = 0; j < blockWords; j++) {
    const x = source[from + j]!;
    values[at + j] = x;
    count += popcount((x ^ ((x << 1) | before)) & masks[j]!);
    before = x >>> 31;
  }
  return count;
}

/** All steps on one block. The last word of a value's block before this one is still in its place when the value is computed. */
function runBlock(steps: Int32Array, values: Int32Array, masks: Int32Array, toggles: Float64Array): void {
  const { and, xor } = operations;
  let slot = inputSlots;
  let out = inputSlots * blockWords;
  for (let at = 0; at < steps.length; at += stepSize) {
    const operation = steps[at]!;
    const a = steps[at + 1]! * blockWords;
    const b = steps[at + 2]! * blockWords;
    const invertA = steps[at + 4]!;
    const invertB = steps[at + 5]!;
    let before = values[out + blockWords - 1]! >>> 31;
    let count = 0;
    if (operation === and) {
      for (let j = 0; j < blockWords; j++) {
        const x = (values[a + j]! ^ invertA) & (values[b + j]! ^ invertB);
        values[out + j] = x;
        count += popcount((x ^ ((x << 1) | before)) & masks[j]!);
        before = x >>> 31;
      }
    } else if (operation === xor) {
      for (let j = 0; j < blockWords; j++) {
        const x = values[a + j]! ^ values[b + j]!;
        values[out + j] = x;
        count += popcount((x ^ ((x << 1) | before)) & masks[j]!);
        before = x >>> 31;
      }
    } else {
      const c = steps[at + 3]! * blockWords;
      const invertC = steps[at + 6]!;
      for (let j = 0; j < blockWords; j++) {
        const first = values[a + j]! ^ invertA;
        const x = first ^ ((first ^ values[b + j]! ^ invertB) & (values[c + j]! ^ invertC));
        values[out + j] = x;
        count += popcount((x ^ ((x << 1) | before)) & masks[j]!);
        before = x >>> 31;
      }
    }
    toggles[slot]! += count;
    slot++;
    out += blockWords;
  }
}
