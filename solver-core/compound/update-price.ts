import type { UpperLearner } from '../learn/learner.ts';
import { headEnergy, noJoules, plus, times } from './joules.ts';
import type { Exit, Joules, StreamPrices, StreamState } from './types.ts';

/** How many rows each head learns or scores. */
interface PricedRows {
  readonly rows: number;
  /** One entry per row of the upper exit. */
  readonly upperRows: readonly number[];
}

/** Joules of updating both heads with so many rows; of a head without rows nothing. */
export function updatePrice(state: StreamState, pending: PricedRows, prices: StreamPrices): Joules {
  const below = learnsBelow(state) && pending.rows > 0 ? prices.update('lower', state.lower.learner, pending.rows) : noJoules;
  const above = pending.upperRows.length > 0 ? prices.update('upper', state.upper.learner, pending.upperRows.length) : noJoules;
  return plus(below, above);
}

/** Joules of scoring such rows by both heads. */
export function judgePrice({ lower, upper }: StreamState, window: PricedRows, prices: StreamPrices): Joules {
  const below = times(headEnergy(prices, 'lower', lower.learner.outputs), window.rows);
  return plus(below, times(headEnergy(prices, 'upper', upper.learner.outputs), window.upperRows.length));
}

/**
 * Joules that an update took beyond its estimate because heads grew with new classes: their columns are not known before they are made. Nothing
 * where none grew. `window`: the rows that the new heads were judged on; null: they were not.
 */
export function growthPrice(
  state: StreamState,
  heads: { readonly lower: UpperLearner; readonly upper: UpperLearner },
  rows: PricedRows,
  window: PricedRows | null,
  prices: StreamPrices,
): Joules {
  const grown = (exit: Exit): StreamState[Exit] =>
    heads[exit].outputs > state[exit].learner.outputs ? { ...state[exit], learner: heads[exit] } : state[exit];
  const after: StreamState = { ...state, lower: grown('lower'), upper: grown('upper') };
  if (after.lower === state.lower && after.upper === state.upper) return noJoules;
  const cost = (those: StreamState): Joules =>
    plus(updatePrice(those, rows, prices), window === null ? noJoules : judgePrice(those, window, prices));
  return beyond(cost(after), cost(state));
}

/** What the first energy has more than the second, bound by bound; nothing where it has not. */
function beyond(more: Joules, less: Joules): Joules {
  const value = Math.max(0, more.value - less.value);
  return { ...more, value, low: Math.min(value, Math.max(0, more.low - less.low)), high: Math.max(value, more.high - less.high) };
}

/**
 * High bound in joules of looking at an update with so many waiting rows, all of them escalated: what a budget per update has to pay for at
 * least. For choosing how many rows may wait.
 */
export function lookCostJ(state: StreamState, prices: StreamPrices, rows: number): number {
  const windowRows = state.policy.options.window;
  const all = (count: number): PricedRows => ({
    rows: count,
    upperRows: state.threshold > 0 ? Array.from({ length: count }, (_, i) => i) : [],
  });
  const judging = judgePrice(state, all(windowRows), prices);
  return plus(updatePrice(state, all(rows), prices), plus(judging, judging)).high;
}

/** A lower exit that never decides need not learn. */
export function learnsBelow({ settings }: StreamState): boolean {
  return settings.escalate.confidence !== 'always';
}
