import type { EnergyContext } from '../energy/cost.ts';
import { retrainingContext } from '../energy/cost.ts';
import { energyContext } from '../energy/estimate.ts';
import { add, exactly } from '../energy/quantity.ts';
import { incrementalEnergy } from '../energy/retraining.ts';
import type { LayerFit } from '../energy/retraining.ts';
import { trainingScenario } from '../energy/scenario.ts';
import { scoringEnergy, updateEnergy } from '../energy/update-energy.ts';
import type { EnergyJ } from '../learn/index.ts';
import type { UpperLearner } from '../learn/learner.ts';
import { assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { Quantity } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { LearnSetup } from './learn-setup.ts';
import { predictedCost } from './fit-work.ts';
import { layerFits } from './plan-energy.ts';
import { targetsFor } from './targets.ts';

type Joules = Quantity<'J'>;

/** What learning costs on the plan's target. */
export interface LearnPrices {
  /** One update of this learner with so many rows; the forward pass is inference and not counted. */
  update(learner: UpperLearner, rows: number): Joules;
  /** Judging one candidate: scores of so many rows by it. */
  judge(learner: UpperLearner, rows: number): Joules;
  readonly none: Joules;
}

/**
 * Prices in joules on the plan's target. A ridge head without expansion is priced as `tierwise energy` prices an incremental update of
 * the layer (engine cycles where the target has our engine), so that its figures and the budgets of `tierwise check` agree; any other
 * learner by the multiply-adds and bytes it states itself.
 */
export async function learnPrices(environment: Environment, setup: LearnSetup): Promise<LearnPrices> {
  const { plan, read, head, tier } = setup;
  const context = energyContext(plan.target, (await targetsFor(read.path)).targets).value;
  assert(context !== undefined, `the target ${plan.target} of a checked plan is unknown`);
  const retraining = retrainingContext(context);
  const isPlainHead = tier.learner === 'rls' && tier.expand === undefined;
  const { known, rows: fitRows } = await layerFits(environment, read, plan, [head]);
  const none = exactly(0, 'J', 'modelled', 'nothing beyond inference was computed');
  const update = (learner: UpperLearner, rows: number): Joules => {
    if (rows === 0) return none;
    const own = updateEnergy(learner.updateCost(rows), retraining).total;
    if (!isPlainHead) return own;
    const layer = withOutputs(head, learner.outputs);
    const fit = layer === head ? known.get(head.id) : grownFit(layer, fitRows, setup);
    return incrementalEnergy(layer, retraining, trainingScenario({ updateRows: rows }), fit)?.total ?? own;
  };
  return { none, update, judge: (learner, rows) => (rows === 0 ? none : judging(setup, context, learner, rows)) };
}

/** Bounds as the policy reads them. */
export function joules({ value, low, high }: Joules): EnergyJ {
  return { valueJ: value, lowJ: low, highJ: high };
}

/** Sum of two quantities; nothing spent adds no reference. */
export function plus(a: Joules, b: Joules): Joules {
  if (b.high === 0) return a;
  return a.high === 0 ? b : add(a, b);
}

function judging({ head, tier }: LearnSetup, context: EnergyContext, learner: UpperLearner, rows: number): Joules {
  const d = head.linear?.inputs ?? 0;
  const macs =
    tier.learner !== 'rls'
      ? (head.macs ?? d * learner.outputs)
      : tier.expand === undefined
        ? d * learner.outputs
        : tier.expand * (d + learner.outputs * (tier.compensation === undefined ? 1 : 2));
  return scoringEnergy(head, rows * macs, context).total;
}

/** The engine's cycle formula for a head that has grown; undefined where the plan solves on the host. */
function grownFit(layer: Layer, rows: number | null, { plan }: LearnSetup): LayerFit | undefined {
  const engine = rows === null || plan.backend.kind === 'cpu' ? null : predictedCost(layer, rows);
  return rows === null || engine === null ? undefined : { rows, refinementPasses: null, engine };
}

/** The dense layer with another number of outputs. */
function withOutputs(layer: Layer, outputs: number): Layer {
  const { linear, macs, outputElements } = layer;
  if (linear === null || linear.outputs === outputs) return layer;
  const factor = outputs / linear.outputs;
  return {
    ...layer,
    linear: { ...linear, outputs },
    macs: macs === null ? null : macs * factor,
    outputElements: outputElements === null ? null : outputElements * factor,
    parameters: linear.inputs * outputs + (layer.bias === null ? 0 : outputs),
  };
}
