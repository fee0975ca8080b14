import type { DriftOptions, PageHinkleyState } from './types.ts';

export const freshPageHinkley: PageHinkleyState = { samples: 0, mean: 0, sum: 0, smallest: 0 };

/**
 * Page-Hinkley test for a rise of the mean (Page 1954; Hinkley 1971): m = Σ(e − ē − tolerance), alarm when m stands more than the
 * threshold above its smallest value. Starts anew after an alarm. One step, O(1).
 */
export function stepPageHinkley(
  before: PageHinkleyState,
  error: number,
  { minSamples, pageHinkleyTolerance, pageHinkleyThreshold }: DriftOptions,
): { readonly state: PageHinkleyState; readonly alarm: boolean } {
  const samples = before.samples + 1;
  const mean = before.mean + (error - before.mean) / samples;
  const sum = before.sum + error - mean - pageHinkleyTolerance;
  const smallest = Math.min(before.smallest, sum);
  if (samples >= minSamples && sum - smallest > pageHinkleyThreshold) return { state: freshPageHinkley, alarm: true };
  return { state: { samples, mean, sum, smallest }, alarm: false };
}
