import { add, exactly, scale } from '../energy/quantity.ts';
import type { EnergyJ } from '../learn/index.ts';
import type { Exit, Joules, StreamPrices } from './types.ts';

/** Nothing was spent. */
export const noJoules: Joules = exactly(0, 'J', 'modelled', 'nothing was computed');

/** Sum of two energies; what nothing was spent on adds no reference. */
export function plus(a: Joules, b: Joules): Joules {
  if (b.high === 0) return a;
  return a.high === 0 ? b : add(a, b);
}

/** An energy so many times over; nothing for 0. */
export function times(energy: Joules, count: number): Joules {
  return count === 0 ? noJoules : scale(energy, count);
}

/** One row of scores of an exit's head; nothing before it knows a class. */
export function headEnergy(prices: StreamPrices, exit: Exit, outputs: number): Joules {
  return outputs === 0 ? noJoules : prices.head(exit, outputs);
}

/** Bounds as the policy reads them. */
export function bounds({ value, low, high }: Joules): EnergyJ {
  return { valueJ: value, lowJ: low, highJ: high };
}
