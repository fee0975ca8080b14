import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { Plan } from '../model/plan.ts';
import type { EnergyDocument, EnergyLayer, RetrainingDocument, TierKind } from '../protocol/documents.ts';
import { listAssumptions } from './assumptions.ts';
import { directBreakEven } from './break-even.ts';
import type { EnergyContext } from './cost.ts';
import type { EvaluateInput, LayerFigures } from './evaluate.ts';
import { evaluateLayers, totalOf } from './evaluate.ts';
import type { LayerActivity } from './events-work.ts';
import { mapLayers } from './map-layers.ts';
import { mappingFindings } from './mapping-findings.ts';
import { nearest } from './nearest.ts';
import { exactly } from './quantity.ts';
import type { LayerFit } from './retraining.ts';
import { trainingScenario } from './scenario.ts';
import { energyTables } from './tables/index.ts';
import type { EnergyTarget } from './target.ts';
import { energyTargets } from './targets/index.ts';
import { defaultTrainingMachine, onMachine, trainingMachine } from './training-machine.ts';

/** What to estimate. */
export interface EstimateRequest {
  readonly layers: readonly Layer[];
  /** Id of the target. */
  readonly targetId: string;
  /** Path of the model and of the plan, for the document and the diagnostics. Default "" and null. */
  readonly modelPath?: string;
  readonly planPath?: string | null;
  /** Gives each layer its tier; without a plan all are frozen. */
  readonly plan?: Plan;
  /** Training rows; default 1000, assumed. */
  readonly rows?: number;
  /** Epochs of gradient descent; default `assumedEpochs`, 20 in a band of 5 to 100. */
  readonly epochs?: number;
  /**
   * Id of the target that would train by gradient descent. Default: the plan's, else `defaultTrainingMachine`; null: none is shown.
   */
  readonly trainOn?: string | null;
  /** Rows per incremental update; default 32. */
  readonly updateRows?: number;
  /** What is known about direct solves, by layer id. */
  readonly fit?: ReadonlyMap<string, LayerFit>;
  /** What was measured of the layers' inputs, by layer id; counts on event-driven targets. */
  readonly activity?: ReadonlyMap<string, LayerActivity>;
  /** Targets to choose from; default the ones that ship. */
  readonly targets?: ReadonlyMap<string, EnergyTarget>;
  /**
   * Most layers that the list of assumptions is made from, evenly spaced; it takes an evaluation per constant. What it counts (shares of
   * bands, bytes, break-even) is then about those alone. Default: all.
   */
  readonly assumedLayers?: number;
}

/**
 * The energy document of a model on a target: per layer and in total joules per inference and joules to retrain by gradient
 * descent, direct solve and incremental update, with the assumptions behind them.
 * An unknown target, or machine that would train, gives `energy-target-unknown` and no value. Layers whose MACs are unknown have null figures, the totals
 * that would need them are null, and `energy-incomplete` names the layers. Never throws for input.
 */
export function estimateEnergy(request: EstimateRequest): Checked<EnergyDocument> {
  const read = evaluateInput(request);
  if (read.value === undefined) return { value: undefined, diagnostics: read.diagnostics };
  const input = read.value;
  const trainOn = request.trainOn === undefined ? (input.plan?.trainOn ?? defaultTrainingMachine) : request.trainOn;
  const machine = trainOn === null ? undefined : energyContext(trainOn, request.targets ?? energyTargets);
  if (machine !== undefined && machine.value === undefined) return { value: undefined, diagnostics: machine.diagnostics };
  const trainer = machine?.value === undefined ? null : onMachine(input, machine.value);
  const figures = evaluateLayers(input);
  const trained = trainer === null ? [] : evaluateLayers(trainer);
  const breakEvens = breakEvensByLayer(figures);
  const tiers = tierByLayer(input.plan);
  const path = request.modelPath ?? '';
  const diagnostics = [...incompleteness(figures, path), ...mappingFindings(input.layers, input.mappings, input.context.target, path)];
  const retraining = {
    sgd: totalOf(figures, (f) => f.sgd),
    solve: totalOf(figures, (f) => f.solve),
    incremental: totalOf(figures, (f) => f.incremental),
  };
  const value: EnergyDocument = {
    schema: 'tierwise.energy/1',
    model: request.modelPath ?? '',
    plan: request.planPath ?? null,
    target: request.targetId,
    layers: figures.map((f, index) => ({
      ...toDocument(f, tiers.get(f.layer.id) ?? 'frozen', breakEvens[index] ?? null, trained[index]),
      ...zerosOf(f.layer, input),
    })),
    totals: {
      macs: figures.reduce((total, f) => total + (f.layer.macs ?? 0), 0),
      parameters: figures.reduce((total, f) => total + f.layer.parameters, 0),
      inference: totalOf(figures, (f) => f.inference),
      retraining,
      breakEvenRetrainings: directBreakEven(
        retraining.sgd?.value ?? null,
        retraining.solve?.value ?? null,
        retraining.incremental?.value ?? null,
      ),
    },
    assumptions: listAssumptions(spaced(input, request.assumedLayers), trainer === null ? null : spaced(trainer, request.assumedLayers)),
    ...(trainer === null ? {} : { trainingMachine: trainingMachine(trainer.context.target, trained, figures) }),
    diagnostics,
  };
  return { value, diagnostics };
}

/** The same input with at most `count` of its layers, evenly spaced from the first one. */
function spaced(input: EvaluateInput, count = Infinity): EvaluateInput {
  const { layers } = input;
  if (layers.length <= count) return input;
  const at = (i: number): number => Math.floor((i * layers.length) / count);
  return { ...input, layers: Array.from({ length: count }, (_, i) => layers[at(i)]).filter((layer) => layer !== undefined) };
}

/** What the estimate of a request is computed from, for evaluating it at other constants. Findings as in `estimateEnergy`. */
export function evaluateInput(request: EstimateRequest): Checked<EvaluateInput> {
  const context = energyContext(request.targetId, request.targets ?? energyTargets);
  if (context.value === undefined) return { value: undefined, diagnostics: context.diagnostics };
  const layers = request.layers.map(countable);
  const value: EvaluateInput = {
    layers,
    plan: request.plan ?? null,
    fit: request.fit ?? new Map<string, LayerFit>(),
    context: context.value,
    scenario: trainingScenario(request),
    mappings: mapLayers(layers, context.value),
    ...(request.activity === undefined ? {} : { activity: request.activity }),
  };
  return { value, diagnostics: [] };
}

/** The tables, target and host for a target id, or `energy-target-unknown` with the closest known ids. */
export function energyContext(targetId: string, targets: ReadonlyMap<string, EnergyTarget> = energyTargets): Checked<EnergyContext> {
  const target = targets.get(targetId);
  if (target === undefined) {
    const suggestions = nearest(targetId, targets.keys());
    const hint = suggestions[0] === undefined ? '' : ` Did you mean "${suggestions[0]}"?`;
    const message = `There is no energy target "${targetId}". Known targets: ${[...targets.keys()].join(', ')}.${hint}`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'energy-target-unknown', message, where: {}, suggestions }] };
  }
  const beside = target.engine === null ? target : (targets.get(target.engine.refineOn) ?? energyTargets.get('server-cpu') ?? target);
  const host = beside.retraining ?? beside;
  const context = { target, host, tables: energyTables, tableSpread: target.isComputeMeasured !== true };
  if (target.retraining === undefined) return { value: context, diagnostics: [] };
  return { value: { ...context, retraining: { target: target.retraining, host, tableSpread: true } }, diagnostics: [] };
}

/** Sizes beyond what a number holds come as NaN or infinity from hostile shapes: such a layer has no figure. */
function countable(layer: Layer): Layer {
  const known = (count: number | null): boolean => count === null || (Number.isFinite(count) && count >= 0);
  if ([layer.macs, layer.inputElements, layer.outputElements, layer.parameters].every(known)) return layer;
  return { ...layer, macs: null, parameters: known(layer.parameters) ? layer.parameters : 0 };
}

function toDocument(f: LayerFigures, tier: TierKind, breakEvenRetrainings: number | null, trained: LayerFigures | undefined): EnergyLayer {
  return {
    id: f.layer.id,
    op: f.layer.op,
    tier,
    macs: f.layer.macs,
    parameters: f.layer.parameters,
    inference: f.inference?.total ?? null,
    components: f.inference?.components ?? [],
    ...(f.inference?.mapping === undefined ? {} : { mapping: f.inference.mapping }),
    retraining: retrainingOf(f),
    ...(trained === undefined ? {} : { onTrainingMachine: retrainingOf(trained) }),
    breakEvenRetrainings,
  };
}

/** The zeros that a layer's figure rests on, where they were measured. */
function zerosOf({ id }: Layer, { activity, context }: EvaluateInput): Pick<EnergyLayer, 'zeros'> {
  const share = context.target.events === undefined ? undefined : activity?.get(id)?.nonzero;
  return share?.source === 'measured' ? { zeros: exactly(1 - share.value, '1', share.source, share.ref) } : {};
}

function retrainingOf(f: LayerFigures): RetrainingDocument {
  return { sgd: f.sgd?.total ?? null, solve: f.solve?.total ?? null, incremental: f.incremental?.total ?? null };
}

function breakEvensByLayer(figures: readonly LayerFigures[]): readonly (number | null)[] {
  return figures.map((f) => directBreakEven(f.sgd?.total.value ?? null, f.solve?.total.value ?? null, f.incremental?.total.value ?? null));
}

function tierByLayer(plan: Plan | null): ReadonlyMap<string, TierKind> {
  const tiers = new Map<string, TierKind>();
  for (const tier of [...(plan?.lower ?? []), ...(plan?.upper ?? [])]) for (const id of tier.layers) tiers.set(id, tier.kind);
  return tiers;
}

function incompleteness(figures: readonly LayerFigures[], path: string): readonly Diagnostic[] {
  const missing = figures.filter((f) => f.inference === null);
  const first = missing[0];
  if (first === undefined) return [];
  const names = missing
    .slice(0, 3)
    .map((f) => `"${f.layer.id}"`)
    .join(', ');
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  const message =
    `${missing.length} of ${figures.length} layers have no energy figure because a shape is unknown: ${names}${more}. ` +
    'Totals are left out. Give the dynamic dimensions (inspect --dim name=value) to complete them.';
  const where = { ...(path === '' ? {} : { path }), node: first.layer.id };
  return [{ severity: 'warning', code: 'energy-incomplete', message, where }];
}
