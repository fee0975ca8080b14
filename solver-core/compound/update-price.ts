import { headEnergy, noJoules, plus, times } from './joules.ts';
import type { Joules, StreamPrices, StreamState } from './types.ts';

/** Joules of updating both heads with so many rows; of a head without rows nothing. */
export function updatePrice(
  state: StreamState,
  pending: { readonly rows: number; readonly upperRows: readonly number[] },
  prices: StreamPrices,
): Joules {
  const below = learnsBelow(state) && pending.rows > 0 ? prices.update('lower', state.lower.learner, pending.rows) : noJoules;
  const above = pending.upperRows.length > 0 ? prices.update('upper', state.upper.learner, pending.upperRows.length) : noJoules;
  return plus(below, above);
}

/** Joules of scoring such rows by both heads. */
export function judgePrice(
  { lower, upper }: StreamState,
  window: { readonly rows: number; readonly upperRows: readonly number[] },
  prices: StreamPrices,
): Joules {
  const below = times(headEnergy(prices, 'lower', lower.learner.outputs), window.rows);
  return plus(below, times(headEnergy(prices, 'upper', upper.learner.outputs), window.upperRows.length));
}

/**
 * High bound in joules of looking at an update with so many waiting rows, all of them escalated: what a budget per update has to pay for at
 * least. For choosing how many rows may wait.
 */
export function lookCostJ(state: StreamState, prices: StreamPrices, rows: number): number {
  const windowRows = state.policy.options.window;
  const all = (count: number): { readonly rows: number; readonly upperRows: readonly number[] } => ({
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
