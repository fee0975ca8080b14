import type { SparsitySite } from '../../model/sites.ts';
import { sampledEffect, type SiteSamples } from './samples.ts';
import { settingAt } from './settings.ts';
import type { SiteSetting } from './types.ts';

/** Halvings of the interval of log prices. */
const steps = 40;

/** Sites, their samples, and what their errors cost. */
export interface Allocation {
  readonly samples: ReadonlyMap<string, SiteSamples>;
  /** Site id -> relative loss increase per squared error of the results of its layers; above 0. */
  readonly sensitivity: ReadonlyMap<string, number>;
}

/**
 * Settings of all sampled sites for one price, in loss increase per multiply-add: the Lagrangian form of "least loss for so many zeros".
 * Every site is taken to the point where one more zero costs the same loss per multiply-add, as long as errors add up and grow with their
 * square.
 */
export function settingsAt({ samples, sensitivity }: Allocation, price: number): ReadonlyMap<string, SiteSetting> {
  return new Map([...samples].map(([id, own]) => [id, settingAt(own, price, sensitivity.get(id) ?? 1)]));
}

/**
 * The smallest price at which the samples promise a sparsity. `sites`: all sites that count; those without samples keep `natural`
 * zeros (site id -> share). Sparsity grows with the price, so halving finds it; a sparsity that is out of reach gives the largest price.
 */
export function priceFor(
  allocation: Allocation,
  sites: readonly SparsitySite[],
  natural: ReadonlyMap<string, number>,
  sparsity: number,
): number {
  const total = sites.reduce((sum, { macs }) => sum + macs, 0);
  let low = -70;
  let high = 40;
  for (let step = 0; step < steps; step++) {
    const mid = (low + high) / 2;
    let zeros = 0;
    for (const { id, macs } of sites) {
      const own = allocation.samples.get(id);
      zeros +=
        macs *
        (own === undefined
          ? (natural.get(id) ?? 0)
          : sampledEffect(own, settingAt(own, Math.exp(mid), allocation.sensitivity.get(id) ?? 1)).zeros);
    }
    if (zeros / Math.max(1, total) < sparsity) low = mid;
    else high = mid;
  }
  return Math.exp(high);
}
