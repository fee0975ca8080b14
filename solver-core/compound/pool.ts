import type { CalibrationPool } from './types.ts';

/** Decisions that the threshold is chosen by. */
export const poolRows = 512;
/** Bins of the confidence in which the upper exit's share of right answers is estimated. */
const bins = 15;

/** A pool of the newest of these results. `asked`: whether the upper exit was asked on all of them, or on none. */
export function poolOf(
  { confidence, lower, upper }: Pick<CalibrationPool, 'confidence' | 'lower' | 'upper'>,
  asked: boolean,
): CalibrationPool {
  const from = Math.max(0, confidence.length - poolRows);
  return {
    confidence: confidence.slice(from),
    lower: lower.slice(from),
    upper: upper.slice(from),
    asked: new Float64Array(confidence.length - from).fill(asked ? 1 : 0),
  };
}

/** One labelled decision. */
export interface PoolRow {
  readonly confidence: number;
  /** Whether each exit was right; null: it was not asked. */
  readonly lower: boolean;
  readonly upper: boolean | null;
}

/** The pool with these decisions as its newest. Where the upper exit was not asked, its expected share of right answers stands in. */
export function withResults(pool: CalibrationPool, rows: readonly PoolRow[]): CalibrationPool {
  return appended(pool, rows, upperRate(pool));
}

/** The pool with its newest decisions replaced by these: what another head says to the same rows. */
export function withNewest(pool: CalibrationPool, rows: readonly PoolRow[]): CalibrationPool {
  const keep = Math.max(0, pool.confidence.length - rows.length);
  const part = (values: Float64Array): Float64Array => values.slice(0, keep);
  const older = { confidence: part(pool.confidence), lower: part(pool.lower), upper: part(pool.upper), asked: part(pool.asked) };
  return appended(older, rows, upperRate(pool));
}

/** A pool of these decisions alone: after drift older ones tell nothing. Estimates rest on those that asked the upper exit. */
export function poolAnew(rows: readonly PoolRow[]): CalibrationPool {
  const none = poolOf({ confidence: new Float64Array(0), lower: new Float64Array(0), upper: new Float64Array(0) }, false);
  const asked = rows.filter(({ upper }) => upper !== null);
  return appended(none, rows, upperRate(withResults(none, asked)));
}

function appended(pool: CalibrationPool, rows: readonly PoolRow[], rate: (confidence: number) => number): CalibrationPool {
  const joined = (values: Float64Array, added: (row: PoolRow) => number): Float64Array =>
    Float64Array.from([...values, ...rows.map(added)].slice(-poolRows));
  return {
    confidence: joined(pool.confidence, (row) => row.confidence),
    lower: joined(pool.lower, (row) => (row.lower ? 1 : 0)),
    upper: joined(pool.upper, (row) => (row.upper === null ? rate(row.confidence) : row.upper ? 1 : 0)),
    asked: joined(pool.asked, (row) => (row.upper === null ? 0 : 1)),
  };
}

/**
 * Share of right answers of the upper exit at a confidence of the lower one: the mean over the decisions of the same bin, those that were
 * estimated before included, so that a bin that is never asked keeps what calibration measured; drawn towards the mean of all by one decision.
 */
function upperRate({ confidence, upper }: CalibrationPool): (confidence: number) => number {
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  const binOf = (p: number): number => Math.min(bins - 1, Math.max(0, Math.floor(p * bins)));
  let total = 0;
  confidence.forEach((p, i) => {
    const bin = binOf(p);
    sums[bin] = sums[bin]! + upper[i]!;
    counts[bin] = counts[bin]! + 1;
    total += upper[i]!;
  });
  const mean = confidence.length === 0 ? 0.5 : total / confidence.length;
  return (p) => (sums[binOf(p)]! + mean) / (counts[binOf(p)]! + 1);
}
