import { checkAbort } from '../model/abort.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { LambdaChoice, LowerTier, Plan, UpperTier } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';
import type { ActivationSource, LayerInput } from './activations.ts';
import { computedRows, inputRows } from './activations.ts';
import type { Backend, RidgeSolution, SolveContext } from './backend.ts';
import { answerTargets, layerRows } from './layer-rows.ts';
import type { Numerics } from './numerics.ts';
import type { ModelEditor, WeightTensor } from './model-editor.ts';
import type { ModelRuntime } from './model-runner.ts';
import { labelTargets } from './rows.ts';
import type { FitRows } from './row-batches.ts';
import type { ModelInput } from './rows.ts';
import { storedWeights } from './store-weights.ts';
import { targetStrategy } from './targets/registry.ts';
import type { LayerTargets } from './targets/strategy.ts';

/** What a fit works on. `preflight` must have found no errors. */
export interface FitRequest {
  readonly editor: ModelEditor;
  readonly input: ModelInput;
  /** All weight-bearing layers of the model in graph order; the last one answers the labels. */
  readonly layers: readonly Layer[];
  readonly plan: Plan;
  /** The rows to fit on. */
  readonly data: FitRows;
  /** Weights by initializer name that the fit starts from in place of the model's own: layers that were fitted before. */
  readonly fitted?: ReadonlyMap<string, WeightTensor>;
  /** [columns] means of a layer's inputs over all rows of the fit, when `data` is a part of them (its only solved layer). */
  readonly inputMeans?: Float64Array;
  readonly backend: Backend;
  readonly numerics: Numerics;
  readonly runtime: ModelRuntime;
  readonly context: SolveContext;
  /** Inputs of a layer (and its targets) are kept in memory up to this size, else computed anew on each pass. Default 512 MiB. */
  readonly budgetBytes?: number;
}

/** How one layer came to its weights. */
export interface LayerFit {
  readonly id: string;
  readonly tier: 'lower' | 'upper';
  readonly tierName: string;
  readonly rows: number;
  /** Unknowns per output, bias included. */
  readonly columns: number;
  readonly outputs: number;
  /** Kind of targets: that of the tier, or 'one-hot' / 'values' where the layer answers the labels. */
  readonly targets: string;
  /** null when the layer was given weights without a solve. */
  readonly solution: Omit<RidgeSolution, 'w' | 'b'> | null;
  readonly seconds: number;
}

export interface FitResult {
  /** New values by initializer name. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
  readonly layers: readonly LayerFit[];
}

const defaultBudgetBytes = 512 * 2 ** 20;

interface Job {
  readonly layer: Layer;
  readonly tier: LowerTier | UpperTier;
  readonly answersLabels: boolean;
}

/**
 * Solves the layers of a plan's tiers in graph order, each on the outputs of the layers already solved, for all rows of `data`.
 * Lower tiers use their targets; the model's last layer is solved for the labels themselves, in a lower tier and in an upper one: that
 * exact solution is the state its incremental learning continues from. Other layers of an upper tier stay as they are.
 *
 * Same rows, plan, backend and library versions: same bits. Rejects with AbortError, with the errors of backend and runtime.
 */
export async function fitTiers(request: FitRequest): Promise<FitResult> {
  const jobs = fitJobs(request.layers, request.plan);
  const weights = new Map<string, WeightTensor>(request.fitted);
  const results: LayerFit[] = [];
  const efforts = jobs.map(({ layer }) => solveMacs(layer, request.data.rows));
  const total = efforts.reduce((sum, effort) => sum + effort, 0);
  let done = 0;
  for (const [at, job] of jobs.entries()) {
    const share = efforts[at]! / total;
    const onProgress = (fraction: number, message: string): void =>
      request.context.onProgress?.(done + share * fraction, `${job.layer.id}: ${message}`);
    const { fit, stored } = await fitLayer(request, job, weights, { ...request.context, onProgress }).catch((error: unknown) => {
      throw naming(job.layer, error);
    });
    for (const [name, tensor] of stored) weights.set(name, tensor);
    results.push(fit);
    done += share;
  }
  return { weights, layers: results };
}

/** The same failure of the world, with the layer it happened in. */
function naming(layer: Layer, error: unknown): unknown {
  if (!(error instanceof TierwiseError) || error.category === 'internal') return error;
  return new TierwiseError(error.code, `layer ${quoteName(layer.id)}: ${error.message}`, error.advice, {
    cause: error,
    category: error.category,
  });
}

/** The layers that a fit of the plan solves, in graph order. */
export function fitJobs(layers: readonly Layer[], plan: Plan): readonly Job[] {
  const last = layers.at(-1);
  const jobs: Job[] = [];
  for (const layer of layers) {
    const tier = [...plan.lower, ...plan.upper].find((t) => t.layers.includes(layer.id));
    const answersLabels = layer === last;
    if (tier !== undefined && (tier.kind === 'lower' || answersLabels)) jobs.push({ layer, tier, answersLabels });
  }
  return jobs;
}

/** Multiply-adds of one dense solve: Gram, factor and substitution. */
export function solveMacs(layer: Layer, rows: number): number {
  const d = layer.linear?.inputs ?? 1;
  const k = layer.linear?.outputs ?? 1;
  return rows * d * (d / 2 + k) + d ** 3 / 6 + d * d * k;
}

async function fitLayer(
  request: FitRequest,
  job: Job,
  fitted: ReadonlyMap<string, WeightTensor>,
  context: SolveContext,
): Promise<{ fit: LayerFit; stored: Map<string, WeightTensor> }> {
  checkAbort(context.abort);
  const { layer } = job;
  assert(layer.linear !== null, `layer ${layer.id} is not linear`);
  const { inputs: columns } = layer.linear;
  const started = context.host.nowMs();
  context.onProgress?.(0, 'collecting its inputs');
  const from: LayerInput = { data: request.data, input: request.input, value: layer.input, columns, context };
  if (layer.input === request.input.name) return solveOn(inputRows(from), request, job, context, started);
  const runner = await request.runtime.open(request.editor.encode(fitted, [layer.input]));
  try {
    const activations = await computedRows(from, runner, request.budgetBytes ?? defaultBudgetBytes);
    return await solveOn(activations, request, job, context, started);
  } finally {
    await runner.dispose();
  }
}

async function solveOn(
  rows: ActivationSource,
  request: FitRequest,
  job: Job,
  context: SolveContext,
  startedMs: number,
): Promise<{ fit: LayerFit; stored: Map<string, WeightTensor> }> {
  const { layer, tier } = job;
  const input = request.inputMeans === undefined ? rows : { ...rows, means: request.inputMeans };
  const bias = layer.bias !== null;
  const outputs = layer.linear!.outputs;
  const targets = await targetsOf(input, request, job, context);
  let solution: RidgeSolution | null = null;
  if (targets.how.kind === 'solve') {
    const source = layerRows(input, outputs, targets.how.fill, request.budgetBytes ?? defaultBudgetBytes);
    solution = await request.backend.solve({ source, lambda: absoluteLambda(tier.lambda), bias }, context);
  }
  const { w, b } = targets.how.kind === 'solve' ? solution! : targets.how;
  return {
    stored: storedWeights(layer, w, b),
    fit: {
      id: layer.id,
      tier: tier.kind,
      tierName: tier.name,
      rows: input.rows,
      columns: input.columns + (bias ? 1 : 0),
      outputs,
      targets: targets.name,
      solution: solution === null ? null : withoutWeights(solution),
      seconds: (context.host.nowMs() - startedMs) / 1000,
    },
  };
}

async function targetsOf(
  input: ActivationSource,
  request: FitRequest,
  job: Job,
  context: SolveContext,
): Promise<{ readonly name: string; readonly how: LayerTargets }> {
  const { layer, tier } = job;
  const outputs = layer.linear!.outputs;
  if (job.answersLabels || tier.kind === 'upper') {
    const labels = labelTargets(request.data.labels, outputs);
    assert(labels.width === outputs, `labels of width ${labels.width} reached a layer with ${outputs} outputs`);
    return { name: labels.kind, how: { kind: 'solve', fill: answerTargets(labels, input.positions) } };
  }
  const strategy = targetStrategy(tier.targets);
  if (strategy === undefined) {
    throw new TierwiseError(
      'not-yet-available',
      `targets ${tier.targets} cannot be fitted by this version`,
      'Use labels, forward-projection or random.',
    );
  }
  const { labels } = request.data;
  const width = labels.kind === 'class' ? labels.classes : labels.outputs;
  const how = await strategy.prepare({
    id: layer.id,
    outputs,
    bias: layer.bias !== null,
    activation: layer.activation,
    seed: tier.seed,
    input,
    labels: labelTargets(labels, width),
    context,
    lambda: absoluteLambda(tier.lambda),
    numerics: request.numerics,
    solve: (problem) => request.backend.solve(problem, context),
    teacher: () => Promise.reject(new TierwiseError('not-yet-available', 'there is no teacher', 'Use other targets.')),
  });
  return { name: tier.targets, how };
}

function absoluteLambda(lambda: LambdaChoice): number | undefined {
  return lambda === 'auto' ? undefined : lambda;
}

function withoutWeights(solution: RidgeSolution): Omit<RidgeSolution, 'w' | 'b'> {
  const { w: _w, b: _b, ...rest } = solution;
  return rest;
}
