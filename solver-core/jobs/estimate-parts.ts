import { estimateEnergy } from '../energy/estimate.ts';
import type { EnergyTarget } from '../energy/target.ts';
import { energyTargets } from '../energy/targets/index.ts';
import type { Layer } from '../model/layer.ts';
import type { Quantity } from '../protocol/index.ts';
import type { ConstantGroup } from '../sensors/calibrated-target.ts';
import { calibratedTarget } from '../sensors/calibrated-target.ts';
import type { FitRow } from '../sensors/fit-constants.ts';

/** Joules of one inference on a target; null when a layer has no figure. */
export function inferenceOn(layers: readonly Layer[], target: EnergyTarget): Quantity<'J'> | null {
  return (
    estimateEnergy({ layers, targetId: target.id, targets: new Map([...energyTargets, [target.id, target]]) }).value?.totals.inference ??
    null
  );
}

/**
 * What each group of constants contributes to one inference, in joules: the estimate is linear in them, so the part of a group is what
 * doubling it adds. Null when a layer has no figure.
 */
export function estimateParts(layers: readonly Layer[], target: EnergyTarget): FitRow['parts'] | null {
  const once = inferenceOn(layers, target)?.value;
  if (once === undefined) return null;
  const part = (name: ConstantGroup): number => {
    const factor = { value: 2, unit: '1', low: 2, high: 2, source: 'modelled', ref: 'doubled' } as const;
    const doubled = calibratedTarget(target, { constants: [{ name, factor }], date: '', residuals: [] });
    return Math.max(0, (inferenceOn(layers, doubled)?.value ?? once) - once);
  };
  return { compute: part('compute'), memory: part('memory'), static: target.staticPowerW === null ? 0 : part('static') };
}
