import type { Checked } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { Plan } from '../model/plan.ts';
import type { EnergyDocument, FitLayer } from '../protocol/index.ts';
import { evaluateBudgets, withLayerBudgets } from '../energy/budgets.ts';
import { engineEvidence } from '../energy/engine-toggles.ts';
import { energyContext, estimateEnergy } from '../energy/estimate.ts';
import { withEvidence } from '../energy/evidence.ts';
import { hasErrors } from '../model/diagnostic.ts';
import type { EngineCost, LayerFit } from '../energy/retraining.ts';
import type { Environment } from './environment.ts';
import { openModel } from './open-model.ts';
import { fitRowCount } from '../fit/index.ts';
import { predictedCost, samplesOf } from './fit-work.ts';
import { findFit } from './last-fit.ts';
import { datasetRows } from './dataset-rows.ts';
import { withMeasurements } from './measured-evidence.ts';
import { measuredZeros } from './measured-zeros.ts';
import type { ReadPlan } from './read-plan.ts';
import type { FoundTargets } from './targets.ts';
import { targetsFor } from './targets.ts';
import { withHeldWeights } from './weight-values.ts';

/** What a caller may state about training by gradient descent. */
export interface TrainingFacts {
  /** Id of the target that would train; replaces the plan's. */
  readonly trainOn?: string;
  /** Epochs, as somebody states them. */
  readonly epochs?: number;
}

/** What a caller may ask for beside them. */
export interface PlanEnergyOptions extends TrainingFacts {
  /** Most layers that the list of assumptions is made from; see `EstimateRequest`. Default all. */
  readonly assumedLayers?: number;
}

/** The stated facts alone, for an estimate. */
export function stated({ trainOn, epochs }: TrainingFacts): TrainingFacts {
  return { ...(trainOn === undefined ? {} : { trainOn }), ...(epochs === undefined ? {} : { epochs }) };
}

/**
 * Energy of a plan's model: with the figures of the newest fit record when it still belongs to the plan, else with the engine's
 * cycle formula for the rows the plan would fit on. The budgets are judged when the plan has no errors. `given`: the targets to choose
 * from, default those of the plan's workspace.
 */
export async function planEnergy(
  environment: Environment,
  read: ReadPlan,
  plan: Plan,
  targetId = plan.target,
  given?: FoundTargets,
  options: PlanEnergyOptions = {},
): Promise<Checked<EnergyDocument>> {
  if (read.modelPath === null) return { value: undefined, diagnostics: [] };
  const opened = await openModel(environment, read.modelPath);
  if (opened.content === undefined) return { value: undefined, diagnostics: opened.diagnostics };
  const layers = opened.content.layers;
  const { rows, known } = await layerFits(environment, read, plan, layers);
  const found = given ?? (await targetsFor(read.path));
  const zeros = await measuredZeros(environment, opened.path, layers, found.targets.get(targetId));
  const request = {
    layers,
    targets: found.targets,
    targetId,
    modelPath: read.modelPath,
    planPath: read.path,
    plan,
    fit: known,
    ...(rows === null ? {} : { rows }),
    ...(zeros.activity === undefined ? {} : { activity: zeros.activity }),
    ...stated(options),
    ...(options.assumedLayers === undefined ? {} : { assumedLayers: options.assumedLayers }),
  };
  const estimate = zeros.tell(estimateEnergy(request));
  const context = energyContext(targetId, found.targets).value;
  const simulated = context === undefined ? new Map<string, never>() : engineEvidence(known, context);
  const beside = estimate.value === undefined ? estimate : { ...estimate, value: withEvidence(estimate.value, simulated) };
  const held = await withHeldWeights(environment, beside, opened, context?.target);
  const { value, diagnostics } = await withMeasurements(environment, held, found, plan);
  if (value === undefined || hasErrors(read.diagnostics)) return { value, diagnostics };
  return { value: { ...value, layers: withLayerBudgets(plan, value.layers), budgets: evaluateBudgets(plan, value) }, diagnostics };
}

/** What is known about the direct solves of a plan's layers, by id, and the rows that a fit uses (null: not known). */
export async function layerFits(
  environment: Environment,
  read: ReadPlan,
  plan: Plan,
  layers: readonly Layer[],
): Promise<{ readonly rows: number | null; readonly known: ReadonlyMap<string, LayerFit> }> {
  const rows = await fitRows(environment, read, plan);
  const fit = await findFit(environment, read, plan);
  const known = new Map<string, LayerFit>();
  for (const layer of layers) {
    const record = fit?.stale === false ? fit.fit.layers.find((l) => l.id === layer.id) : undefined;
    if (record !== undefined) {
      const samples = samplesOf(layer, record.rows);
      const engine = recordedCost(record, predictedCost(layer, samples, record.deadInputs, record.refinementPasses));
      known.set(layer.id, { rows: samples, refinementPasses: record.refinementPasses, engine });
      continue;
    }
    const predicted = rows === null ? null : predictedCost(layer, rows);
    if (predicted !== null && rows !== null && plan.backend.kind !== 'cpu') {
      known.set(layer.id, { rows, refinementPasses: null, engine: { ...predicted, source: 'modelled' as const } });
    }
  }
  return { rows, known };
}

/** What a fit cost by its record; `formula` fills in what records of older versions do not hold. Null without an engine. */
function recordedCost(record: FitLayer, formula: EngineCost | null): EngineCost | null {
  const { cycles, gramCycles, cholCycles, backCycles, hostWords } = record;
  if (cycles === null || formula === null) return null;
  return {
    ...formula,
    cycles,
    gramCycles: gramCycles ?? Math.min(cycles, formula.gramCycles ?? 0),
    ...(cholCycles === undefined || backCycles === undefined ? {} : { cholCycles, backCycles }),
    hostWords: hostWords ?? formula.hostWords,
    source: 'simulated',
  };
}

/** Rows that a fit of the plan uses; null when the data is not there or not readable. */
async function fitRows(environment: Environment, read: ReadPlan, plan: Plan): Promise<number | null> {
  if (read.dataPath === null || plan.data === undefined) return null;
  const rows = await datasetRows(environment, read.dataPath, plan.data);
  return rows === null ? null : fitRowCount(rows, plan.data.split);
}
