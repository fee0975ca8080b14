import type { Layer } from '../model/layer.ts';
import type { TargetKind } from '../model/plan.ts';
import { retrainingContext } from './cost.ts';
import { energyContext } from './estimate.ts';
import type { Quantity } from './quantity.ts';
import type { LayerFit } from './retraining.ts';
import { solveEnergy } from './retraining.ts';
import { trainingScenario } from './scenario.ts';
import type { EnergyTarget } from './target.ts';
import { energyTargets } from './targets/index.ts';

/**
 * Joules of one direct solve that was made, on a target: from its cycles, words and refinement passes where the backend has an
 * engine, else from its rows. `known`: targets to choose from, default those that ship. Null for an unknown target and for a layer that is not linear in its weights.
 */
export function fitEnergy(
  layer: Layer,
  targetId: string,
  fit: LayerFit,
  targets: TargetKind,
  known: ReadonlyMap<string, EnergyTarget> = energyTargets,
): Quantity<'J'> | null {
  const context = energyContext(targetId, known).value;
  if (context === undefined) return null;
  return solveEnergy(layer, targets, retrainingContext(context), trainingScenario({ rows: fit.rows }), fit)?.total ?? null;
}
