import type { CompoundPrices, CompoundWork } from '../energy/compound-energy.ts';
import { compoundPrices } from '../energy/compound-energy.ts';
import { energyContext } from '../energy/estimate.ts';
import type { Checked } from '../model/diagnostic.ts';
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
