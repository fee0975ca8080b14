import { sum } from '../energy/quantity.ts';
import type { EnergyDocument, Quantity } from '../protocol/index.ts';

/** The estimate of a fit: the direct solves of every layer of a lower tier; null when one has none. */
export function fitEstimate({ layers }: Pick<EnergyDocument, 'layers'>): Quantity<'J'> | null {
  const solves = layers.filter(({ tier }) => tier === 'lower').map(({ retraining }) => retraining.solve);
  const known = solves.filter((solve) => solve !== null);
  return known.length === 0 || known.length < solves.length ? null : sum(known);
}
