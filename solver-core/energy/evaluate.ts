import type { Layer } from '../model/layer.ts';
import type { Plan, TargetKind } from '../model/plan.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { retrainingContext } from './cost.ts';
import type { LayerActivity } from './events-work.ts';
import { layerInference, place } from './inference.ts';
import type { ArrayMappings } from './map-layers.ts';
import { mapLayers } from './map-layers.ts';
import type { Quantity } from './quantity.ts';
import { sum } from './quantity.ts';
import type { LayerFit } from './retraining.ts';
import { incrementalEnergy, sgdEnergy, solveEnergy, trainingLevel } from './retraining.ts';
import { expandedUpdate, gradientUpdate, updateEnergy } from './update-energy.ts';
import type { TrainingScenario } from './work.ts';

/** Everything an estimate is computed from. */
export interface EvaluateInput {
  readonly layers: readonly Layer[];
  readonly plan: Plan | null;
  readonly fit: ReadonlyMap<string, LayerFit>;
  readonly context: EnergyContext;
  readonly scenario: TrainingScenario;
  /** How the layers lie on the target's array, where that is known already; found anew when absent or of another target. */
  readonly mappings?: ArrayMappings;
  /** What was measured of the layers' inputs, by layer id; counts on event-driven targets. */
  readonly activity?: ReadonlyMap<string, LayerActivity>;
}

/** The figures of one layer. */
export interface LayerFigures {
  readonly layer: Layer;
  readonly inference: Breakdown | null;
  readonly sgd: Breakdown | null;
  readonly solve: Breakdown | null;
  readonly incremental: Breakdown | null;
}

/** The figures of every layer, in model order. All layers count as trained, so the first one needs no gradient of its input. */
export function evaluateLayers(input: EvaluateInput): readonly LayerFigures[] {
  const { layers, context, scenario } = input;
  const placement = place(layers, context);
  const mappings = input.mappings?.targetId === context.target.id ? input.mappings : mapLayers(layers, context);
  const retraining = retrainingContext(context);
  const level = trainingLevel(layers, retraining, scenario);
  const targets = targetsByLayer(layers, input.plan);
  return layers.map((layer, index): LayerFigures => {
    const fit = input.fit.get(layer.id);
    return {
      layer,
      inference: layerInference(layer, placement, context, mappings.byLayer.get(layer.id), input.activity?.get(layer.id)),
      sgd: sgdEnergy(layer, index === 0, level, retraining, scenario),
      solve: solveEnergy(layer, targets.get(layer.id) ?? 'labels', retraining, scenario, fit),
      incremental: learnerUpdate(input, layer) ?? incrementalEnergy(layer, retraining, scenario, fit),
    };
  });
}

/**
 * What a tier's own learner spends on a layer where that is not the plain recursive ridge: a head on random features is updated in their
 * width, not in its own, and gradient learners take steps. Null: the plain one.
 */
function learnerUpdate({ layers, plan, context, scenario }: EvaluateInput, layer: Layer): Breakdown | null {
  const tier = plan?.upper.find(({ layers: ids }) => ids.includes(layer.id));
  if (tier === undefined) return null;
  const head = layer === layers.at(-1) ? expandedUpdate(layer, tier, scenario.updateRows) : null;
  const work = head ?? gradientUpdate(layer, tier, scenario.updateRows);
  return work === null ? null : updateEnergy(work, retrainingContext(context));
}

/** The sum of one figure over all layers; null when a layer lacks it or there are no layers. */
export function totalOf(figures: readonly LayerFigures[], pick: (layer: LayerFigures) => Breakdown | null): Quantity<'J'> | null {
  const totals: Quantity<'J'>[] = [];
  for (const layer of figures) {
    const part = pick(layer);
    if (part === null) return null;
    totals.push(part.total);
  }
  return totals.length === 0 ? null : sum(totals);
}

/** What each layer of a lower tier is solved for; the model's last layer answers the labels, whatever its tier says. */
function targetsByLayer(layers: readonly Layer[], plan: Plan | null): ReadonlyMap<string, TargetKind> {
  const last = layers.at(-1)?.id;
  const found = new Map<string, TargetKind>();
  for (const tier of plan?.lower ?? []) for (const id of tier.layers) found.set(id, id === last ? 'labels' : tier.targets);
  return found;
}
