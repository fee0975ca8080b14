import { largestInteger } from './allowed.ts';
import type { SelectCandidate, SelectOptions } from './types.ts';

/** Whether the stored weights are what was asked for; a baseline of int8 is none of four bits, nor one of a set. Layers left as they were do not count. */
export function meetsRequest({ layers }: SelectCandidate, { bits, values }: Pick<SelectOptions, 'bits' | 'values'>): boolean {
  const largest = largestInteger(bits);
  return layers.every(({ stored, left }) => {
    if (left !== null) return true;
    if (values.kind === 'set' && new Set(stored.integers).size > values.size) return false;
    return stored.integers.every((v) => Math.abs(v) <= largest && (values.kind !== 'powers-of-two' || (v & -v) === Math.abs(v)));
  });
}

/**
 * Of the configurations that are what was asked for: the one with the least energy among the allowed ones; else the one that comes nearest
 * to being allowed, whose `allowed` then says no. `baseline` when none is what was asked for, as not allowed.
 */
export function chooseCandidate(points: readonly SelectCandidate[], baseline: SelectCandidate, options: SelectOptions): SelectCandidate {
  const meeting = points.filter((point) => meetsRequest(point, options));
  const allowed = meeting.filter((point) => point.allowed);
  if (allowed.length > 0) return allowed.reduce((best, point) => (point.energy < best.energy ? point : best));
  const [first, ...others] = meeting;
  if (first === undefined) return { ...baseline, allowed: false };
  const sign = first.assessment.metric === 'accuracy' ? 1 : -1;
  return others.reduce((best, point) => (sign * (point.assessment.quality - best.assessment.quality) > 0 ? point : best), first);
}
