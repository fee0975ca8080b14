import { formatSi } from '../../model/si.ts';
import { assert } from '../../model/error.ts';
import type { EnergyJ, PairedDifference } from './types.ts';

export const noEnergy: EnergyJ = { valueJ: 0, lowJ: 0, highJ: 0 };

/**
 * How much less the second head loses on the same rows: mean and sample deviation of before − after.
 * Positive: the second is better. Both: [count] losses, 0/1 or squared errors.
 */
export function pairedDifference(before: ArrayLike<number>, after: ArrayLike<number>): PairedDifference {
  assert(before.length === after.length, `losses of ${before.length} and ${after.length} rows are not pairs`);
  const count = before.length;
  if (count === 0) return { mean: 0, deviation: 0, count };
  let sum = 0;
  for (let i = 0; i < count; i++) sum += before[i]! - after[i]!;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (before[i]! - after[i]! - mean) ** 2;
  return { mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : 0, count };
}

/** Mean gain less z standard errors; 0 rows say nothing: −∞ would be as right, 0 is enough to refuse. */
export function lowerBound({ mean, deviation, count }: PairedDifference, z: number): number {
  return count === 0 ? 0 : mean - (z * deviation) / Math.sqrt(count);
}

/** True when the second head is worse beyond chance: the mean difference lies below −z standard errors. */
export function hasWorsened({ mean, deviation, count }: PairedDifference, z: number): boolean {
  return count > 0 && mean < 0 && mean < (-z * deviation) / Math.sqrt(count);
}

export function addEnergy(a: EnergyJ, b: EnergyJ): EnergyJ {
  return { valueJ: a.valueJ + b.valueJ, lowJ: a.lowJ + b.lowJ, highJ: a.highJ + b.highJ };
}

/** A modelled energy in a sentence: three digits, and where it comes from. */
export function spokenJ(energyJ: number): string {
  return `${formatSi(energyJ, 'J', 3)} (modelled)`;
}

/** A limit that somebody stated, or what is left of it, in a sentence. */
export function spokenLimit(limitJ: number): string {
  return formatSi(limitJ, 'J', 3);
}

/** A number in a sentence: three digits. */
export function spoken(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}
