import type { PoolRow } from './pool.ts';
import { poolAnew, withNewest } from './pool.ts';
import { fitTemperature } from './calibration.ts';
import { headEnergy, noJoules, plus, times } from './joules.ts';
import { opinionOf } from './softmax.ts';
import { automaticPoint, exitCurve } from './threshold.ts';
import { scored } from './trial.ts';
import type { Judged } from './trial.ts';
import type { CalibrationPool, Exit, ExitState, Joules, StreamPrices, StreamState } from './types.ts';
import type { RowsOfExits, Widths } from './waiting.ts';

/** What decides about exits, and what finding it took. */
export interface Calibrated {
  readonly lower: ExitState;
  readonly upper: ExitState;
  readonly threshold: number;
  readonly pool: StreamState['pool'];
  readonly energy: Joules;
}

/** Scores of rows that the heads have not learned, by both heads; the upper one only where it was asked. */
export interface WindowScores {
  readonly lower: Judged;
  readonly upper: Judged;
  /** Which rows of `lower` those of `upper` are, increasing. */
  readonly upperRows: readonly number[];
}

/** Rows below which a temperature stays as it was and older decisions count on. */
const fewestRows = 16;

/** Scores of the rows by these heads. */
export async function windowScores(lower: ExitState['learner'], upper: ExitState['learner'], rows: RowsOfExits): Promise<WindowScores> {
  return { lower: await scored(lower, rows.lower), upper: await scored(upper, rows.upper), upperRows: rows.upperRows };
}

/**
 * Temperatures and, where the plan says auto, the threshold anew from rows that the heads have not learned. The scores are there already; what
 * it takes are the passes of the search over them, priced as multiply-adds of a head. While an alarm lasts the threshold rests on these rows alone.
 */
export function recalibrated(state: StreamState, window: WindowScores, prices: StreamPrices, widths: Widths): Calibrated {
  const lower = withTemperature(state.lower, window.lower);
  const upper = withTemperature(state.upper, window.upper);
  const passes = (exit: Exit, { rows, outputs }: Judged, evaluations: number): Joules =>
    rows * evaluations === 0 ? noJoules : times(headEnergy(prices, exit, outputs), (rows * evaluations) / widths[exit]);
  const energy = plus(passes('lower', window.lower, lower.evaluations), passes('upper', window.upper, upper.evaluations));
  const rows = poolRowsOf(window, lower.exit.temperature, upper.exit.temperature);
  const pool = state.alarmAt === null || rows.length < fewestRows ? withNewest(state.pool, rows) : poolAnew(rows);
  return { lower: lower.exit, upper: upper.exit, threshold: thresholdAfter(state, pool), pool, energy };
}

/** The automatic threshold for the pool; the present one where the plan has another or nothing is known of the upper exit. */
function thresholdAfter({ settings, threshold }: StreamState, pool: CalibrationPool): number {
  const { confidence, within } = settings.escalate;
  if (confidence !== 'auto' || !pool.asked.includes(1)) return threshold;
  return automaticPoint(exitCurve(pool), within, settings.learns).threshold;
}

/** What the heads say to the rows, as the pool keeps it. */
export function poolRowsOf({ lower, upper, upperRows }: WindowScores, lowerT: number, upperT: number): readonly PoolRow[] {
  const above = new Map(upperRows.map((row, i) => [row, opinionOf(upper.scores, i, upper.outputs, upperT, null).best === upper.labels[i]]));
  return Array.from({ length: lower.rows }, (_, row) => {
    const { best, confidence } = opinionOf(lower.scores, row, lower.outputs, lowerT, null);
    return { confidence, lower: best === lower.labels[row], upper: above.get(row) ?? null };
  });
}

function withTemperature(exit: ExitState, judged: Judged): { readonly exit: ExitState; readonly evaluations: number } {
  if (judged.rows < fewestRows) return { exit, evaluations: 0 };
  const { temperature, evaluations } = fitTemperature(judged, { smoothing: 1 / (judged.rows + 2), fallback: exit.temperature });
  return { exit: { ...exit, temperature }, evaluations };
}
