import type { ConfidenceState, DriftOptions } from './types.ts';

export const freshConfidence: ConfidenceState = { reference: [], current: [] };

/**
 * Takes in one confidence. Each full window is compared with the reference window; an alarm makes it the new reference. Windows do
 * not overlap, so that the level of the test holds for each.
 */
export function stepConfidence(
  before: ConfidenceState,
  confidence: number,
  { confidenceWindow, confidenceP }: DriftOptions,
): { readonly state: ConfidenceState; readonly alarm: boolean } {
  if (before.reference.length < confidenceWindow)
    return { state: { reference: [...before.reference, confidence], current: [] }, alarm: false };
  const current = [...before.current, confidence];
  if (current.length < confidenceWindow) return { state: { ...before, current }, alarm: false };
  const alarm = kolmogorovSmirnovP(before.reference, current) < confidenceP;
  return { state: { reference: alarm ? current : before.reference, current: [] }, alarm };
}

/**
 * p of the two-sample Kolmogorov-Smirnov test: how likely samples of one distribution lie so far apart. Asymptotic, with Stephens'
 * correction for finite samples (Numerical Recipes 14.3): fine from about 4 effective samples. Ties are taken as equal values.
 */
export function kolmogorovSmirnovP(a: readonly number[], b: readonly number[]): number {
  const distance = largestGap(
    a.toSorted((x, y) => x - y),
    b.toSorted((x, y) => x - y),
  );
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  // The series converges slowly where p is 1 to all digits.
  if (lambda < 0.2) return 1;
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, p));
}

/** Largest difference of the two empirical distribution functions; both sorted. */
function largestGap(a: readonly number[], b: readonly number[]): number {
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}
