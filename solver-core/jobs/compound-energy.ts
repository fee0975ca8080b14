import type { StreamPrices } from '../compound/types.ts';
import type { CompoundPrices, CompoundWork, ModuleWork } from '../energy/compound-energy.ts';
import { compoundPrices, noJoules } from '../energy/compound-energy.ts';
import { energyContext } from '../energy/estimate.ts';
import { scale } from '../energy/quantity.ts';
import type { EnergyTarget } from '../energy/target.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { Quantity } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { measuredZeros } from './measured-zeros.ts';
import { targetsFor } from './targets.ts';

/** Where the modules come from. */
export interface ModuleFiles {
  readonly environment: Environment;
  /** One model that is cut, or that of the lower and that of the upper module. */
  readonly opened: readonly { readonly path: string }[];
}

/**
 * The prices of a compound model on a target: one of those that ship or of the workspace of `path` (the plan), calibrated where there is a
 * calibration. With `files`, zeros that were measured of sparse models count where the target skips them. `energy-target-unknown` or `energy-incomplete` and no value where they cannot be known.
 */
export async function compoundPricesFor(
  path: string,
  targetId: string,
  work: CompoundWork,
  files?: ModuleFiles,
): Promise<Checked<CompoundPrices>> {
  const { targets, diagnostics: faults } = await targetsFor(path);
  const context = energyContext(targetId, targets);
  if (context.value === undefined) return { value: undefined, diagnostics: [...faults, ...context.diagnostics] };
  const measured = files === undefined ? work : await withZeros(work, files, context.value.target);
  const { value, diagnostics } = compoundPrices(measured, context.value);
  return { value, diagnostics: [...faults, ...diagnostics] };
}

async function withZeros(work: CompoundWork, { environment, opened }: ModuleFiles, target: EnergyTarget): Promise<CompoundWork> {
  const [lower, upper = lower] = opened;
  const of = async (module: ModuleWork, model: { readonly path: string } | undefined): Promise<ModuleWork> => {
    if (model === undefined) return module;
    const { activity } = await measuredZeros(environment, model.path, module.layers, target);
    return activity === undefined ? module : { ...module, activity };
  };
  return { ...work, lower: await of(work.lower, lower), upper: await of(work.upper, upper) };
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
