import { checkAbort } from '../model/abort.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Layer, LinearForm } from '../model/layer.ts';
import type { ActivationSource, TensorSource } from './activations.ts';
import type { RidgeSolution, RowSource, SolveContext } from './backend.ts';
import { normStatistics } from './batch-norm.ts';
import { difference } from './difference.ts';
import type { FitJob, FitRequest, LayerFit } from './fit-request.ts';
import { joinGroups } from './group-solutions.ts';
import type { GroupWeights } from './group-solutions.ts';
import { keptWeights, squaredDifference, squaredError } from './keep-weights.ts';
import type { KeptWeights, TeacherErrors } from './keep-weights.ts';
import { answerTargets, layerRows } from './layer-rows.ts';
import { layerTensors } from './layer-tensors.ts';
import type { OpenTensors } from './layer-tensors.ts';
import type { WeightTensor } from './model-editor.ts';
import { isInMemory } from './row-batches.ts';
import { labelTargets } from './rows.ts';
import { resolveLambda } from './resolve-lambda.ts';
import type { ResolvedLambda } from './resolve-lambda.ts';
import { averagedRows, linearRows, outputRows } from './source-rows.ts';
import { storedWeights } from './store-weights.ts';
import { targetStrategy } from './targets/registry.ts';
import type { LayerTargets } from './targets/strategy.ts';

/** Values of layers (and their targets) are kept in memory up to this size when a request does not say. */
export const defaultBudgetBytes = 512 * 2 ** 20;

/** New weights of one layer by initializer name, and how they came about. */
export interface FittedLayer {
  readonly fit: LayerFit;
  readonly stored: Map<string, WeightTensor>;
}

/**
 * Solves one layer on the outputs of the layers fitted so far (`fitted`: their weights): dense layers in one ridge problem, convolutions
 * in one per group, over the patches of all positions.
 */
export async function fitLayer(
  request: FitRequest,
  job: FitJob,
  fitted: ReadonlyMap<string, WeightTensor>,
  context: SolveContext,
): Promise<FittedLayer> {
  checkAbort(context.abort);
  const { layer } = job;
  const { linear } = layer;
  assert(linear !== null, `layer ${layer.id} is not linear in its weights`);
  const startedMs = context.host.nowMs();
  context.onProgress?.(0, 'collecting its inputs');
  const opened: OpenTensors[] = [];
  try {
    const open = async (value: string, weights: ReadonlyMap<string, WeightTensor>): Promise<TensorSource> => {
      const tensors = await layerTensors(request, value, weights, request.budgetBytes ?? defaultBudgetBytes, context);
      opened.push(tensors);
      return tensors.tensors;
    };
    const input = await open(layer.input, fitted);
    let original: Promise<TensorSource> | undefined;
    const teacher = (): Promise<TensorSource> => (original ??= teacherTensors(layer, fitted, open));
    // What its present weights make of the inputs as they are now.
    let present: Promise<TensorSource> | undefined;
    const kept = (): Promise<TensorSource> => (present ??= open(layer.preActivation, fitted));
    const parts = Array.from({ length: linear.groups }, (_, group): Part => {
      const each = withMeans(linearRows(input, linear, group), request, linear, group);
      return { rows: job.layer.averaged ? averagedRows(each) : each, form: linear, group, teacher, kept };
    });
    const { weights, keeps, targets } = await fitGroups(request, job, parts, context);
    const stored = weights === null ? new Map<string, WeightTensor>() : storedWeights(layer, weights.w, weights.b);
    if (layer.norm !== null && keeps !== 'exact') {
      context.onProgress?.(1, 'estimating its batch normalisation');
      for (const [name, tensor] of await normStatistics(request, layer.norm, new Map([...fitted, ...stored]), context))
        stored.set(name, tensor);
    }
    const seconds = (context.host.nowMs() - startedMs) / 1000;
    const columns = linear.inputs + (layer.bias === null ? 0 : 1);
    const fit = {
      id: layer.id,
      tier: job.tier.kind,
      tierName: job.tier.name,
      rows: parts[0]!.rows.rows,
      columns,
      outputs: linear.outputs,
      targets,
      solution: weights?.solution ?? null,
      ...(keeps === undefined ? {} : { kept: keeps }),
      seconds,
    };
    return { stored, fit };
  } finally {
    for (const tensors of opened) await tensors.dispose();
  }
}

/**
 * What a layer computes in the model as it was given, which has none of the fitted weights. Where a skip connection is added to it and
 * layers below have changed: what the skip, as it is now, leaves to the layer of the sum as it was (method reference 2.2).
 */
async function teacherTensors(
  layer: Layer,
  fitted: ReadonlyMap<string, WeightTensor>,
  open: (value: string, weights: ReadonlyMap<string, WeightTensor>) => Promise<TensorSource>,
): Promise<TensorSource> {
  const { residual, preActivation } = layer;
  if (residual === null || fitted.size === 0) return open(preActivation, new Map());
  return difference(await open(residual.sum, new Map()), await open(residual.skip, fitted));
}

/** One group of a layer: a ridge problem of its own. */
interface Part {
  readonly rows: ActivationSource;
  readonly form: LinearForm;
  readonly group: number;
  /** What the layer computes in the model as it was given. */
  readonly teacher: () => Promise<TensorSource>;
  /** What the weights it has make of its inputs as they are now. */
  readonly kept: () => Promise<TensorSource>;
}

function withMeans(rows: ActivationSource, request: FitRequest, form: LinearForm, group: number): ActivationSource {
  const means = request.inputMeans?.subarray(group * form.inputs, (group + 1) * form.inputs);
  return means === undefined ? rows : { ...rows, means };
}

/**
 * Weights of all groups, or null with the reason why the layer keeps those it has. The groups of a layer decide together: one that is
 * exact already is solved beside the others, because weights are stored for the whole layer.
 */
async function fitGroups(
  request: FitRequest,
  job: FitJob,
  parts: readonly Part[],
  context: SolveContext,
): Promise<{ readonly weights: GroupWeights | null; readonly keeps: KeptWeights | undefined; readonly targets: string }> {
  const keptErrors = hasTeacher(job) ? await presentErrors(parts) : undefined;
  if (keptErrors?.every((error) => error === 0) === true) return { weights: null, keeps: 'exact', targets: 'teacher' };
  const groups: GroupWeights[] = [];
  const errors: TeacherErrors[] = [];
  let targets = '';
  for (const [at, part] of parts.entries()) {
    const share = (fraction: number, message: string): void => context.onProgress?.((at + fraction) / parts.length, message);
    const solved = await fitGroup(request, job, part, { ...context, onProgress: share });
    groups.push(solved.weights);
    if (keptErrors !== undefined)
      errors.push({ kept: keptErrors[at]!, solved: await squaredError(solved.source!, solved.weights.w, solved.weights.b) });
    targets = solved.targets;
  }
  const keeps = keptWeights(errors);
  return { weights: keeps === undefined ? joinGroups(groups, parts[0]!.form) : null, keeps, targets };
}

/** Whether the layer is to go on computing what it computes in the model as it was given. */
function hasTeacher({ tier, answersLabels }: FitJob): boolean {
  return !answersLabels && tier.kind === 'lower' && tier.targets === 'teacher';
}

/** Squared distance of the present weights from the teacher's values, group by group. */
async function presentErrors(parts: readonly Part[]): Promise<readonly number[]> {
  const errors: number[] = [];
  for (const { form, group, kept, teacher } of parts)
    errors.push(await squaredDifference(outputRows(await kept(), form, group), outputRows(await teacher(), form, group)));
  return errors;
}

async function fitGroup(
  request: FitRequest,
  job: FitJob,
  part: Part,
  context: SolveContext,
): Promise<{ readonly weights: GroupWeights; readonly targets: string; readonly source?: RowSource }> {
  const bias = job.layer.bias !== null;
  const targets = await targetsOf(request, job, part, context);
  const { how } = targets;
  if (how.kind === 'weights') return { weights: { w: how.w, b: how.b, solution: how.solution ?? null }, targets: targets.name };
  const outputs = part.form.outputs / part.form.groups;
  const rows = layerRows(part.rows, outputs, how, request.budgetBytes ?? defaultBudgetBytes);
  const source = { ...rows, isHeld: isInMemory(request.data) };
  // The one place where `lambda auto` becomes a number: backends never see it.
  const resolved = await resolveLambda(job.tier.lambda, { source, bias }, request, context);
  const { w, b, ...solution } = await request.backend.solve({ source, lambda: resolved.lambda, bias }, context);
  const weights = { w, b, solution: { ...solution, quality: qualityOf(solution, source.columns, resolved) } };
  return { weights, targets: targets.name, source };
}

/** What the backend said of its solution, with how λ came about. */
function qualityOf(
  solution: Omit<RidgeSolution, 'w' | 'b'>,
  columns: number,
  { lambdaFrom, spectrum }: ResolvedLambda,
): NonNullable<RidgeSolution['quality']> {
  const unknown = { liveInputs: columns - solution.deadInputs.length, rank: null, degreesOfFreedom: null };
  const quality = solution.quality ?? unknown;
  return {
    ...quality,
    rank: spectrum?.rank ?? quality.rank,
    degreesOfFreedom: spectrum?.degreesOfFreedom ?? quality.degreesOfFreedom,
    lambdaFrom,
  };
}

async function targetsOf(
  request: FitRequest,
  job: FitJob,
  part: Part,
  context: SolveContext,
): Promise<{ readonly name: string; readonly how: LayerTargets }> {
  const { layer, tier } = job;
  const { form, group, rows } = part;
  const outputs = form.outputs / form.groups;
  const { labels } = request.data;
  if (job.answersLabels || tier.kind === 'upper') {
    const answers = labelTargets(labels, form.outputs);
    assert(answers.width === form.outputs, `labels of width ${answers.width} reached a layer with ${form.outputs} outputs`);
    return { name: answers.kind, how: { kind: 'solve', fill: answerTargets(answers, rows.positions, group * outputs, outputs) } };
  }
  const strategy = targetStrategy(tier.targets);
  if (strategy === undefined) {
    throw new TierwiseError(
      'not-yet-available',
      `targets ${tier.targets} cannot be fitted by this version`,
      'Use labels, forward-projection or random.',
    );
  }
  const how = await strategy.prepare({
    // Every group draws random numbers of its own.
    id: form.groups === 1 ? layer.id : `${layer.id} group ${group}`,
    outputs,
    bias: layer.bias !== null,
    activation: layer.activation,
    seed: tier.seed,
    input: rows,
    ...(form.patches === null ? {} : { taps: form.patches.kernel.reduce((a, b) => a * b, 1) }),
    labels: labelTargets(labels, labels.kind === 'class' ? labels.classes : labels.outputs),
    context,
    lambda: tier.lambda === 'auto' ? undefined : tier.lambda,
    numerics: request.numerics,
    solve: (problem) => request.backend.solve(problem, context),
    teacher: async () => outputRows(await part.teacher(), form, group),
  });
  return { name: tier.targets, how };
}
