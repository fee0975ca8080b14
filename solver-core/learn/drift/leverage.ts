import type { DriftOptions, LeverageState } from './types.ts';

export const freshLeverage: LeverageState = { reference: [], limit: null, recent: [] };

/**
 * Takes in one leverage. Alarm when the mean of the newest `leverageWindow` exceeds the quantile of the reference: rows unlike those
 * the head has seen, labels or not. Starts anew, reference included, after an alarm.
 */
export function stepLeverage(
  before: LeverageState,
  leverage: number,
  { leverageWindow, leverageQuantile, leverageReference }: DriftOptions,
): { readonly state: LeverageState; readonly alarm: boolean } {
  if (before.limit === null) {
    const reference = [...before.reference, leverage];
    if (reference.length < leverageReference) return { state: { ...before, reference }, alarm: false };
    return { state: { reference: [], limit: quantile(reference, leverageQuantile), recent: [] }, alarm: false };
  }
  const recent = [...before.recent, leverage].slice(-leverageWindow);
  const mean = recent.reduce((sum, v) => sum + v, 0) / recent.length;
  if (recent.length === leverageWindow && mean > before.limit) return { state: freshLeverage, alarm: true };
  return { state: { ...before, recent }, alarm: false };
}

/** The smallest value that at least this part of the values does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))]!;
}
