import type { StreamPrices } from '../compound/types.ts';
import type { CompoundPrices, CompoundWork } from '../energy/compound-energy.ts';
import { compoundPrices, noJoules } from '../energy/compound-energy.ts';
import { energyContext } from '../energy/estimate.ts';
import { scale } from '../energy/quantity.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { Quantity } from '../protocol/index.ts';
import { targetsFor } from './targets.ts';

/**
 * The prices of a compound model on a target: one of those that ship or of the workspace of `path` (the plan), calibrated where there is a
 * calibration. `energy-target-unknown` or `energy-incomplete` and no value where they cannot be known.
 */
export async function compoundPricesFor(path: string, targetId: string, work: CompoundWork): Promise<Checked<CompoundPrices>> {
  const { targets, diagnostics: faults } = await targetsFor(path);
  const context = energyContext(targetId, targets);
  if (context.value === undefined) return { value: undefined, diagnostics: [...faults, ...context.diagnostics] };
  const { value, diagnostics } = compoundPrices(work, context.value);
  return { value, diagnostics: [...faults, ...diagnostics] };
}

/** The same prices as a stream of decisions asks for them: an update costs what its learner says that it computes. */
export function streamPrices(prices: CompoundPrices, { heads }: Pick<CompoundWork, 'heads'>): StreamPrices {
  const several = (price: Quantity<'J'>, count: number): Quantity<'J'> => (count === 0 ? noJoules : scale(price, count));
  return {
    lower: (tokens) => several(prices.lower, tokens),
    upper: (tokens) => several(prices.upper, tokens),
    head: (exit, outputs) => prices.head(outputs, heads[exit].inputs),
    lookup: prices.lookup,
    read: prices.read,
    write: prices.write,
    update: (_exit, learner, rows) => (rows === 0 ? noJoules : prices.updateOf(learner.updateCost(rows))),
    retraining: prices.retraining,
    none: noJoules,
  };
}
