import type { EngineFlags, Limbs, SolvePart } from '../../solver-core/backends/engine/device.ts';
import { gramShift, maxRows } from '../../solver-core/backends/engine/shift.ts';

/** One call on an engine. */
export type Step =
  | { readonly kind: 'rows'; readonly words: Int32Array; readonly rows: number; readonly subtract?: boolean }
  | { readonly kind: 'decay'; readonly shift: number }
  | { readonly kind: 'load'; readonly gram: Float64Array }
  | { readonly kind: 'factor'; readonly shift: number; readonly limbs?: Limbs }
  | { readonly kind: 'back' }
  /** r: [d, m] words of the last factor's fraction bits. */
  | { readonly kind: 'solve'; readonly r: Float64Array; readonly part?: SolvePart };

/** A problem and the calls made for it; G, R and W are read at the end. */
export interface EngineCase {
  readonly name: string;
  readonly features: number;
  readonly outputs: number;
  readonly diagonal: Float64Array;
  readonly steps: readonly Step[];
}

/**
 * Everything an engine answered: flags of each step, then the results. R and W are empty when the case does not compute them, W also
 * when something else took its place.
 */
export interface Outcome {
  readonly flags: readonly EngineFlags[];
  readonly gram: readonly number[];
  readonly factor: readonly number[];
  readonly weights: readonly number[];
  /** The words of each solve; absent without one. */
  readonly solved?: readonly (readonly number[])[];
}

/** xorshift32, the generator of all test data here. */
export function xorshift32(seed: number): () => number {
  let s = seed | 0;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return s >>> 0;
  };
}

/** [rows, columns] words uniform in the signed range of `bits` bits. */
export function randomWords(seed: number, rows: number, columns: number, bits: number): Int32Array {
  const next = xorshift32(seed);
  const words = new Int32Array(rows * columns);
  for (let i = 0; i < words.length; i++) words[i] = (next() >>> (32 - bits)) - 2 ** (bits - 1);
  return words;
}

/** The shift the host would choose after these rows: features with their ridge term, outputs without. */
export function autoShift(diagonal: Float64Array, columns: number, rows: readonly Int32Array[], wordBits: number): number {
  const sums = Array.from({ length: columns }, (_, c) => Math.max(0, diagonal[c] ?? 0));
  for (const words of rows) words.forEach((w, i) => (sums[i % columns]! += w * w));
  return gramShift(Math.max(...sums), wordBits);
}

const rowsOf = (words: Int32Array, columns: number): Step => ({ kind: 'rows', words, rows: words.length / columns });

/** A plain solve of random data. */
export function randomCase(
  name: string,
  d: number,
  m: number,
  rows: number,
  wordBits: number,
  dataBits: number,
  ridge: number,
): EngineCase {
  const columns = d + m;
  const words = randomWords(d * 1000 + m * 100 + rows, rows, columns, dataBits);
  const diagonal = new Float64Array(d).fill(ridge);
  const shift = autoShift(diagonal, columns, [words], wordBits);
  return { name, features: d, outputs: m, diagonal, steps: [rowsOf(words, columns), { kind: 'factor', shift }, { kind: 'back' }] };
}

/**
 * The corner cases for an engine of N lanes, DW and AW: small enough for the slowest simulator. Data stay below the overflow
 * bound of a 40-bit accumulator.
 */
export function cornerCases(lanes: number, wordBits: number, accumulatorBits: number): readonly EngineCase[] {
  const lowest = -(2 ** (wordBits - 1));
  const ridge = 2 ** (2 * wordBits - 8);
  const oneCase = (name: string, d: number, m: number, diagonal: number | Float64Array, steps: readonly Step[]): EngineCase => ({
    name,
    features: d,
    outputs: m,
    diagonal: typeof diagonal === 'number' ? new Float64Array(d).fill(diagonal) : diagonal,
    steps,
  });
  const bound = Math.min(40, maxRows(wordBits, accumulatorBits));
  const few = randomWords(7, 15, 7, wordBits - 2);
  const more = randomWords(8, 4, 5, wordBits - 2);
  const tiny = randomWords(9, 6, 4, 8).map((w, i) => (i % 4 === 3 ? w * 2 ** (wordBits - 10) : w));
  return [
    oneCase('smallest', 1, 1, ridge, [rowsOf(Int32Array.of(3, -5), 2), { kind: 'factor', shift: 0 }, { kind: 'back' }]),
    oneCase('one to five rows, back to back', 5, 2, ridge, [
      ...[1, 2, 3, 4, 5].map((n) => rowsOf(few.subarray((n * (n - 1) * 7) / 2, (n * (n + 1) * 7) / 2), 7)),
      { kind: 'factor', shift: autoShift(new Float64Array(5).fill(ridge), 7, [few], wordBits) },
      { kind: 'back' },
    ]),
    randomCase('outputs share a block with features', lanes + 3, 1, 6, wordBits, wordBits - 3, ridge),
    randomCase('blocks are full', lanes, lanes, 3, wordBits, wordBits - 3, ridge),
    randomCase('three blocks, fewer rows than features', Math.min(2 * lanes + 1, 19), 2, 2, wordBits, wordBits - 3, ridge),
    oneCase('most negative operands', 3, 2, ridge, [
      rowsOf(new Int32Array(15).fill(lowest), 5),
      { kind: 'factor', shift: autoShift(new Float64Array(3).fill(ridge), 5, [new Int32Array(15).fill(lowest)], wordBits) },
      { kind: 'back' },
    ]),
    oneCase('rows at the overflow bound', 1, 1, 0, [
      rowsOf(new Int32Array(2 * bound).fill(lowest), 2),
      { kind: 'factor', shift: gramShift(bound * lowest * lowest, wordBits) },
      { kind: 'back' },
    ]),
    oneCase('rank deficient without ridge: pivot breakdown', 3, 1, 0, [
      rowsOf(Int32Array.of(5, 10, 15, 1, 7, 14, 21, 2), 4),
      { kind: 'factor', shift: 0 },
      { kind: 'back' },
    ]),
    oneCase('negative diagonal', 4, 2, Float64Array.of(ridge, -ridge, ridge, 0), [
      rowsOf(randomWords(3, 3, 6, wordBits - 4), 6),
      { kind: 'factor', shift: 2 },
      { kind: 'back' },
    ]),
    oneCase('shift too small: CHOL saturates', 4, 2, 2 ** (2 * wordBits), [
      rowsOf(randomWords(4, 6, 6, wordBits), 6),
      { kind: 'factor', shift: 0 },
      { kind: 'back' },
    ]),
    oneCase('large targets on small inputs: BACK saturates', 3, 1, 16, [
      rowsOf(tiny, 4),
      { kind: 'factor', shift: autoShift(new Float64Array(3).fill(16), 4, [tiny], wordBits) },
      { kind: 'back' },
    ]),
    oneCase('shift shortens the Gram to nothing', 2, 1, ridge, [
      rowsOf(randomWords(5, 3, 3, wordBits - 2), 3),
      { kind: 'factor', shift: accumulatorBits - 1 },
      { kind: 'back' },
    ]),
    oneCase('more rows after a factor', 4, 1, ridge, [
      rowsOf(more.subarray(0, 10), 5),
      { kind: 'factor', shift: 2 },
      rowsOf(more.subarray(10), 5),
      { kind: 'factor', shift: 3 },
      { kind: 'back' },
    ]),
  ];
}

/** Rows negated, so that the squares stay and every entry of G with an output changes its sign where only these are. */
const opposite = (words: Int32Array): Int32Array => words.map((w) => Math.max(-w, w - 1));

/** [d, m] words of `bits` bits for a solve. */
export function randomVector(seed: number, d: number, m: number, bits: number): Float64Array {
  if (bits <= 32) return Float64Array.from(randomWords(seed, d, m, bits));
  const [high, low] = [randomWords(seed, d, m, bits - 24), randomWords(seed + 1, d, m, 24)];
  return Float64Array.from(high, (v, i) => v * 2 ** 24 + low[i]! + 2 ** 23);
}

/**
 * The cases of downdate, forgetting, a loaded Gram, solves on the factor and, with `limbs` 2, words of two limbs; small enough for the
 * slowest simulator.
 */
export function operationCases(lanes: number, wordBits: number, accumulatorBits: number, limbs: Limbs): readonly EngineCase[] {
  const ridge = 2 ** (2 * wordBits - 8);
  const lowest = -(2 ** (wordBits - 1));
  const d = lanes + 3;
  const m = 2;
  const columns = d + m;
  const words = randomWords(11, 9, columns, wordBits - 3);
  const diagonal = new Float64Array(d).fill(ridge);
  const shift = autoShift(diagonal, columns, [words], wordBits);
  const rows = rowsOf(words, columns);
  const some = (from: number, to: number, subtract = false): Step => ({
    kind: 'rows',
    words: words.subarray(from * columns, to * columns),
    rows: to - from,
    subtract,
  });
  const oneCase = (name: string, steps: readonly Step[]): EngineCase => ({ name, features: d, outputs: m, diagonal, steps });
  const wordsOf = (count: Limbs): number => count * (wordBits - 1) + 1;
  const solves = (count: Limbs): readonly Step[] => [
    { kind: 'factor', shift, limbs: count },
    { kind: 'solve', r: randomVector(21, d, m, wordsOf(count) - 6) },
    { kind: 'solve', r: randomVector(22, d, m, wordsOf(count) - 3), part: 'forward' },
    { kind: 'solve', r: randomVector(23, d, m, wordsOf(count) - 6), part: 'backward' },
    { kind: 'solve', r: new Float64Array(d * m).fill(-(2 ** (wordsOf(count) - 1))) },
    { kind: 'solve', r: new Float64Array(d * m) },
    { kind: 'back' },
  ];
  const gram = new Float64Array(d * columns);
  for (let k = 0; k < 9; k++) {
    for (let i = 0; i < d; i++) {
      for (let j = i; j < columns; j++) gram[i * columns + j]! += words[k * columns + i]! * words[k * columns + j]!;
    }
  }
  for (let i = 0; i < d; i++) gram[i * columns + i]! += ridge;
  const full = new Int32Array(3 * columns).fill(lowest);
  const one: readonly EngineCase[] = [
    oneCase('rows taken out again', [rows, some(2, 5, true), { kind: 'factor', shift }, { kind: 'back' }]),
    oneCase('most negative operands in and out', [
      rowsOf(full, columns),
      { ...rowsOf(full.subarray(columns), columns), subtract: true } as Step,
    ]),
    oneCase('a window that slides', [some(0, 4), some(4, 7), some(0, 3, true), some(7, 9), some(3, 4, true), { kind: 'factor', shift }]),
    oneCase('forgetting by 2, by half, by 2^-17, by nothing but the sign', [
      some(0, 4),
      { kind: 'rows', words: opposite(words.subarray(0, columns * 2)), rows: 2 },
      ...[1, 2, 17, accumulatorBits - 1, 63].map((by): Step => ({ kind: 'decay', shift: by })),
      some(4, 9),
      { kind: 'decay', shift: 3 },
      { kind: 'factor', shift },
      { kind: 'back' },
    ]),
    oneCase('a loaded Gram, then more rows', [
      some(0, 2),
      { kind: 'load', gram },
      { kind: 'factor', shift },
      { kind: 'back' },
      some(0, 5),
      { kind: 'factor', shift: shift + 1 },
    ]),
    oneCase('solves on the factor', [rows, ...solves(1)]),
  ];
  if (limbs === 1) return one;
  const small = randomWords(31, 6, 4, wordBits - 2);
  const tiny = small.map((w, i) => (i % 4 === 3 ? w : w >> (wordBits / 2)));
  const few = (name: string, ridgeOf: number, data: Int32Array, shiftBy: number): EngineCase => ({
    name: `two limbs: ${name}`,
    features: 3,
    outputs: 1,
    diagonal: new Float64Array(3).fill(ridgeOf),
    steps: [rowsOf(data, 4), { kind: 'factor', shift: shiftBy, limbs: 2 }, { kind: 'back' }],
  });
  return [
    ...one,
    oneCase('two limbs: solves on the factor', [rows, ...solves(2)]),
    oneCase('two limbs: the factor of the same Gram in both lengths', [
      rows,
      { kind: 'factor', shift },
      { kind: 'solve', r: randomVector(41, d, m, wordBits - 6) },
      { kind: 'factor', shift, limbs: 2 },
      { kind: 'solve', r: randomVector(42, d, m, 2 * wordBits - 9) },
      { kind: 'factor', shift: shift + 2 },
      { kind: 'back' },
    ]),
    few(
      'no shift',
      3,
      small.map((w) => w >> 4),
      0,
    ),
    few(
      'nearly dependent',
      1,
      small.map((w, i) => (i % 4 === 1 ? small[i - 1]! + (i > 12 ? 1 : 0) : w)),
      autoShift(new Float64Array(3), 4, [small, small], wordBits),
    ),
    few(
      'rank deficient',
      0,
      small.map((w, i) => (i % 4 === 1 ? small[i - 1]! : i % 4 === 2 ? -small[i - 2]! : w)),
      autoShift(new Float64Array(3), 4, [small], wordBits),
    ),
    few('shift too small: CHOL saturates', 2 ** (2 * wordBits), small, 0),
    few('large targets on small inputs: BACK saturates', 16, tiny, autoShift(new Float64Array(3).fill(16), 4, [tiny], wordBits)),
    few('shift shortens the Gram to nothing', ridge, small, accumulatorBits - 1),
    few('negative diagonal', -64 * ridge, small, 2),
    few('just below one', 2 ** (2 * wordBits - 2) - 1, new Int32Array(4), 0),
  ];
}
