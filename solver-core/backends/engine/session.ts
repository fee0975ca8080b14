import { TierwiseError, assert } from '../../model/error.ts';
import type { AccumulateOptions, EngineInfo, EngineProblem, EngineTotals, EngineWords, Limbs } from './device.ts';
import type { EngineLayout } from './layout.ts';
import { layoutOrThrow } from './layout.ts';

/** Totals while they grow. */
type Counters = { -readonly [K in keyof EngineTotals]: EngineTotals[K] };

/** Bookkeeping every device shares: what is loaded, whether the next rows are safe, and what the work cost so far. */
export interface EngineSession {
  readonly layout: EngineLayout;
  readonly totals: Counters;
  /** [d + m] sum of squares of each column so far: exact, or a bound after `decay` and for the outputs after `loadGram`. */
  readonly sumOfSquares: Float64Array;
  /** [d] what the diagonal of G has besides. */
  readonly diagonal: Float64Array;
  /** Limbs of the last factor; 0 without one. */
  limbs: 0 | Limbs;
}

/** All counters at 0. */
export function emptyTotals(): Counters {
  return { gramCycles: 0, cholCycles: 0, backCycles: 0, fsubCycles: 0, hostWords: 0 };
}

function backendError(code: string, message: string, advice: string): TierwiseError {
  return new TierwiseError(code, message, advice, { category: 'backend' });
}

/** Checks a problem against the engine and opens a session; throws `engine-too-small`, `engine-gram-overflow` or `engine-bad-words`. */
export function openSession(info: EngineInfo, problem: EngineProblem): EngineSession {
  const { features, outputs, diagonal } = problem;
  assert(
    Number.isInteger(features) && features >= 1 && Number.isInteger(outputs) && outputs >= 1,
    `bad problem size ${features} x ${outputs}`,
  );
  assert(diagonal.length === features, `diagonal has ${diagonal.length} entries, expected ${features}`);
  const layout = layoutOrThrow(info, features, outputs);
  const limit = 2 ** (info.accumulatorBits - 1);
  for (const value of diagonal) {
    if (!Number.isInteger(value)) throw badWords(`The ridge term ${value} is not an integer.`);
    if (Math.abs(value) >= limit) throw overflow(info, Math.abs(value));
  }
  return { layout, totals: emptyTotals(), sumOfSquares: new Float64Array(layout.columns), diagonal: diagonal.slice(), limbs: 0 };
}

function badWords(message: string): TierwiseError {
  return backendError('engine-bad-words', message, 'This is a defect in Tierwise; please report it.');
}

function overflow(info: EngineInfo, value: number): TierwiseError {
  return backendError(
    'engine-gram-overflow',
    `The exact Gram would reach ${value}, the engine holds less than 2^${info.accumulatorBits - 1}.`,
    'Quantise the data to fewer bits or fit with fewer rows.',
  );
}

/**
 * Checks rows before they are given to the engine and adds them to the column sums, or takes them from there. By Cauchy-Schwarz no
 * entry of the Gram exceeds the largest column sum of squares, so checking the columns is enough. Nothing changes when it throws.
 */
export function admitRows(info: EngineInfo, session: EngineSession, words: Int32Array, rows: number, options?: AccumulateOptions): void {
  const { columns, features } = session.layout;
  assert(
    Number.isInteger(rows) && rows >= 0 && words.length === rows * columns,
    `${words.length} words for ${rows} rows of ${columns} columns`,
  );
  const sums = session.sumOfSquares.slice();
  const sign = options?.subtract === true ? -1 : 1;
  const max = 2 ** (info.wordBits - 1) - 1;
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      const word = words[at]!;
      if (word > max || word < -max - 1) throw badWords(`Word ${word} in row ${r}, column ${c} is outside [${-max - 1}, ${max}].`);
      sums[c]! += sign * word * word;
    }
  }
  for (let c = 0; c < columns; c++) {
    if (sums[c]! >= 0) continue;
    // What is known of an output after `loadGram` is a lower bound.
    if (c < features) throw badWords(`Column ${c} of the rows to take out has more in it than was ever added.`);
    sums[c] = 0;
  }
  requireRoom(info, session, sums, session.diagonal);
  session.sumOfSquares.set(sums);
}

function requireRoom(info: EngineInfo, session: EngineSession, sums: Float64Array, diagonal: Float64Array): void {
  const limit = 2 ** (info.accumulatorBits - 1);
  for (let c = 0; c < session.layout.columns; c++) {
    const largest = Math.max(sums[c]!, c < session.layout.features ? sums[c]! + diagonal[c]! : 0);
    if (largest >= limit) throw overflow(info, largest);
  }
}

/** Forgets in the column sums what `decay` forgets in the Gram; 1 more for its rounding, so that the sums stay bounds. */
export function admitDecay(session: EngineSession, shift: number): void {
  assert(Number.isInteger(shift) && shift >= 1 && shift <= 63, `decay ${shift} outside 1..63`);
  const { sumOfSquares, diagonal } = session;
  for (let c = 0; c < sumOfSquares.length; c++) {
    const sum = sumOfSquares[c]!;
    sumOfSquares[c] = sum === 0 ? 0 : sum - Math.floor(sum * 2 ** -shift) + 1;
  }
  for (let i = 0; i < diagonal.length; i++) diagonal[i] = diagonal[i]! - Math.floor(diagonal[i]! * 2 ** -shift);
}

/**
 * Checks a Gram before it is given to the engine and makes the column sums fit it. The outputs' own sums of squares are not in it; the
 * least that its entries allow, G_io² / G_ii, bounds what later rows can reach. Nothing changes when it throws.
 */
export function admitGram(info: EngineInfo, session: EngineSession, gram: Float64Array): void {
  const { features: d, columns } = session.layout;
  assert(gram.length === d * columns, `${gram.length} Gram entries, expected ${d} x ${columns}`);
  const sums = new Float64Array(columns);
  // The roots below are rounded: an entry may exceed their product by this much and be right.
  const rounding = 1 + 2 ** -50;
  for (let i = 0; i < d; i++) {
    const own = gram[i * columns + i]!;
    sums[i] = own;
    for (let j = i; j < columns; j++) {
      const value = gram[i * columns + j]!;
      if (!Number.isInteger(value)) throw badWords(`Entry ${i}, ${j} of the Gram, ${value}, is not an integer.`);
      const bound = j < d ? Math.sqrt(Math.max(0, own)) * Math.sqrt(Math.max(0, gram[j * columns + j]!)) * rounding : Infinity;
      if (Math.abs(value) > bound || (own <= 0 && value !== 0))
        throw badWords(`Entry ${i}, ${j} of the Gram, ${value}, exceeds what its diagonal allows.`);
      if (j >= d && value !== 0) sums[j] = Math.max(sums[j]!, Math.ceil(((value * value) / own) * rounding) + 1);
    }
  }
  const none = new Float64Array(d);
  requireRoom(info, session, sums, none);
  session.sumOfSquares.set(sums);
  session.diagonal.set(none);
}

/** Checks what `factor` is asked for. */
export function admitFactor(info: EngineInfo, session: EngineSession, shift: number, limbs: Limbs): void {
  assert(Number.isInteger(shift) && shift >= 0 && shift < info.accumulatorBits, `shift ${shift} outside 0..${info.accumulatorBits - 1}`);
  assert(limbs <= session.layout.limbs, `a factor of ${limbs} limbs, the engine has room for ${session.layout.limbs}`);
}

/** Largest word of a result with `limbs` limbs; the smallest is -2^(limbs·F). */
export function largestWord(info: Pick<EngineInfo, 'wordBits'>, limbs: Limbs): number {
  const f = info.wordBits - 1;
  return limbs === 1 ? 2 ** f - 1 : 2 ** (2 * f) - 2 ** (f - 1) - 1;
}

/** Checks the words given to `solve`. */
export function admitVector(info: EngineInfo, session: EngineSession, r: EngineWords): void {
  const { features, outputs } = session.layout;
  const limbs = factorLimbs(session);
  const fractionBits = limbs * (info.wordBits - 1);
  assert(r.values.length === features * outputs, `${r.values.length} words to solve for, expected ${features} x ${outputs}`);
  assert(r.fractionBits === fractionBits, `words of ${r.fractionBits} fraction bits for a factor of ${fractionBits}`);
  const top = largestWord(info, limbs);
  const bottom = -(2 ** fractionBits);
  r.values.forEach((word, at) => {
    if (!(Number.isInteger(word) && word <= top && word >= bottom))
      throw badWords(`Word ${word} at ${at} of the right-hand side is outside [${bottom}, ${top}].`);
  });
}

/** The session, or our own mistake when a call came out of order. */
export function expectSession(session: EngineSession | undefined, call: string): EngineSession {
  assert(session !== undefined, `${call} before begin`);
  return session;
}

/** Same for results that need a factor. */
export function expectFactor(session: EngineSession | undefined, call: string): EngineSession {
  const open = expectSession(session, call);
  assert(open.limbs !== 0, `${call} before factor`);
  return open;
}

/** Limbs of the factor of a session that has one. */
export function factorLimbs(session: EngineSession): Limbs {
  return session.limbs === 2 ? 2 : 1;
}
