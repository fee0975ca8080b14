import { TierwiseError, assert } from '../../model/error.ts';
import type { EngineInfo, EngineProblem, EngineTotals } from './device.ts';
import type { EngineLayout } from './layout.ts';
import { layoutOrThrow } from './layout.ts';

/** Totals while they grow. */
type Counters = { -readonly [K in keyof EngineTotals]: EngineTotals[K] };

/** Bookkeeping every device shares: what is loaded, whether the next rows are safe, and what the work cost so far. */
export interface EngineSession {
  readonly layout: EngineLayout;
  readonly totals: Counters;
  /** [d + m] exact sum of squares of each column so far. */
  readonly sumOfSquares: Float64Array;
  readonly diagonal: Float64Array;
  factored: boolean;
}

/** All counters at 0. */
export function emptyTotals(): Counters {
  return { gramCycles: 0, cholCycles: 0, backCycles: 0, hostWords: 0 };
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
    if (!Number.isInteger(value))
      throw backendError(
        'engine-bad-words',
        `The ridge term ${value} is not an integer.`,
        'This is a defect in Tierwise; please report it.',
      );
    if (Math.abs(value) >= limit) throw overflow(info, Math.abs(value));
  }
  return { layout, totals: emptyTotals(), sumOfSquares: new Float64Array(layout.columns), diagonal: diagonal.slice(), factored: false };
}

function overflow(info: EngineInfo, value: number): TierwiseError {
  return backendError(
    'engine-gram-overflow',
    `The exact Gram would reach ${value}, the engine holds less than 2^${info.accumulatorBits - 1}.`,
    'Quantise the data to fewer bits or fit with fewer rows.',
  );
}

/**
 * Checks rows before they are given to the engine and adds them to the column sums. By Cauchy-Schwarz no entry of the Gram
 * exceeds the largest column sum of squares, so checking the columns is enough. Nothing changes when it throws.
 */
export function admitRows(info: EngineInfo, session: EngineSession, words: Int32Array, rows: number): void {
  const { columns, features } = session.layout;
  assert(
    Number.isInteger(rows) && rows >= 0 && words.length === rows * columns,
    `${words.length} words for ${rows} rows of ${columns} columns`,
  );
  const sums = session.sumOfSquares.slice();
  const max = 2 ** (info.wordBits - 1) - 1;
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      const word = words[at]!;
      if (word > max || word < -max - 1) {
        throw backendError(
          'engine-bad-words',
          `Word ${word} in row ${r}, column ${c} is outside [${-max - 1}, ${max}].`,
          'This is a defect in Tierwise; please report it.',
        );
      }
      sums[c]! += word * word;
    }
  }
  const limit = 2 ** (info.accumulatorBits - 1);
  for (let c = 0; c < columns; c++) {
    const largest = Math.max(sums[c]!, c < features ? sums[c]! + session.diagonal[c]! : 0);
    if (largest >= limit) throw overflow(info, largest);
  }
  session.sumOfSquares.set(sums);
}

/** The session, or our own mistake when a call came out of order. */
export function expectSession(session: EngineSession | undefined, call: string): EngineSession {
  assert(session !== undefined, `${call} before begin`);
  return session;
}

/** Same for results that need a factor. */
export function expectFactor(session: EngineSession | undefined, call: string): EngineSession {
  const open = expectSession(session, call);
  assert(open.factored, `${call} before factor`);
  return open;
}
