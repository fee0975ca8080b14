import type { DdmState, DriftOptions } from './types.ts';

export const freshDdm: DdmState = { samples: 0, errors: 0, lowest: null, isWarning: false };

/**
 * Drift detection method for errors of 0 or 1 (Gama et al. 2004): with p the error rate and s = √(p(1−p)/n), warns from
 * p + s >= p_min + 2·s_min and alarms from 3·s_min, where p_min and s_min are those of the smallest p + s so far. Starts anew after an
 * alarm. An error outside [0, 1] is clamped. One step, O(1).
 */
export function stepDdm(
  before: DdmState,
  error: number,
  { minSamples, minErrors }: DriftOptions,
): { readonly state: DdmState; readonly alarm: boolean } {
  const samples = before.samples + 1;
  const errors = before.errors + Math.min(1, Math.max(0, error));
  if (samples < minSamples || errors < minErrors) return { state: { ...before, samples, errors }, alarm: false };
  const rate = errors / samples;
  const deviation = Math.sqrt((rate * (1 - rate)) / samples);
  const isLowest = before.lowest === null || rate + deviation < before.lowest.rate + before.lowest.deviation;
  const lowest = isLowest ? { rate, deviation } : before.lowest!;
  const level = rate + deviation;
  if (!isLowest && level >= lowest.rate + 3 * lowest.deviation) return { state: freshDdm, alarm: true };
  const isWarning = !isLowest && level >= lowest.rate + 2 * lowest.deviation;
  return { state: { samples, errors, lowest, isWarning }, alarm: false };
}
