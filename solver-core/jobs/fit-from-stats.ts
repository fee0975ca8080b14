import { resolve } from 'node:path';
import { cpuNumerics } from '../backends/cpu/index.ts';
import { fitJobs } from '../fit/fit-tiers.ts';
import { evaluate, splitRows } from '../fit/index.ts';
import type {
  BackendInfo,
  Evaluation,
  LayerFit,
  ModelRuntime,
  Numerics,
  RidgeSolution,
  RidgeSums,
  RowSource,
  SolveContext,
  WeightTensor,
} from '../fit/index.ts';
import { chooseLambda } from '../fit/lambda/choose-lambda.ts';
import { solveSums } from '../fit/ridge/solve-sums.ts';
import { storedWeights } from '../fit/store-weights.ts';
import { targetStrategy } from '../fit/targets/registry.ts';
import { checkAbort } from '../model/abort.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import type { LambdaChoice, Plan } from '../model/plan.ts';
import { encodeModel, readModel, withInitializers, withMetadata } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import type { FitDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { sha256, sha256File } from './files.ts';
import { contextOf } from './fit-context.ts';
import { prepareOutput, writeFit } from './fit-outputs.ts';
import { fitMetadata, fitRecord } from './fit-record.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { openModel } from './open-model.ts';
import { openRows } from './open-rows.ts';
import { startOf } from './partly-fitted.ts';
import { readPlan, runnablePlan } from './read-plan.ts';
import type { ReadPlan } from './read-plan.ts';
import { runnableModel } from './runnable-model.ts';
import type { RunnableModel } from './runnable-model.ts';
import { streamingHost } from './streaming-host.ts';
import { readSums, sumsFacts } from './sums-file.ts';
import type { LayerSums } from './sums-file.ts';

export interface FitFromStatsParams {
  /** The plan. */
  readonly path: string;
  /** Merged files of sums, one per layer. */
  readonly stats: readonly string[];
  /** The partly fitted model that the first of them was made with. Default: the plan's model. */
  readonly model?: string;
  readonly out?: string;
}

type FitJob = ReturnType<typeof fitJobs>[number];
type Sums = LayerSums & { readonly path: string };

/**
 * Solves layers of a plan from files of sums, without rows, and writes the fitted model and the record as a fit does. Several layers
 * are solved in graph order; the sums of each must have been made with the model that the ones before give. Held-out rows are
 * evaluated when the plan's data is there and is the data behind the sums.
 */
export async function fitFromStatsJob(environment: Environment, params: FitFromStatsParams, control: JobControl): Promise<FitDocument> {
  const read = await readPlan(params.path);
  // The sums stand in for the data, which may be on other machines only.
  const { plan, modelPath } = runnablePlan({ ...read, diagnostics: read.diagnostics.filter((d) => d.code !== 'missing-file') });
  const statsPaths = params.stats.map((path) => resolve(path));
  const given = params.model === undefined ? [] : [resolve(params.model)];
  const output = await prepareOutput(params.out, modelPath, [
    read.path,
    ...(read.dataPath === null ? [] : [read.dataPath]),
    ...statsPaths,
    ...given,
  ]);
  const opened = await openModel(environment, modelPath);
  const runnable = runnableModel(opened);
  const start = await startOf(environment, modelPath, params.model);
  const sums = await readAll(statsPaths, runnable, plan);
  const numerics = cpuNumerics();
  const backend: BackendInfo = {
    kind: 'cpu',
    device: numerics.description,
    image: environment.version,
    note: 'Solved from sums that were made before; no row was read for the solve.',
  };
  const facts = { opened, data: { sha256: sums[0]!.problem.data } };
  let model = start.model;
  let hash = start.sha256;
  const layers: LayerFit[] = [];
  for (const [at, { job, file }] of fitOrder(sums, runnable, plan).entries()) {
    checkAbort(control.abort);
    control.onProgress?.({ stage: 'solving', message: job.layer.id, fraction: at / sums.length });
    requireModel(file, hash);
    const { fit, weights } = await solveLayer(job, file, numerics, control);
    layers.push(fit);
    const bytes = encodeModel(withMetadata(withInitializers(model, weights), fitMetadata({ weights, layers: [fit] }, backend, facts)));
    model = reread(bytes);
    hash = sha256(bytes);
  }
  const fitted = encodeModel(model);
  const runtime = modelRuntime();
  const judged = await judge(read, plan, runnable, start.model, fitted, facts.data.sha256, runtime, control);
  const record = fitRecord({
    prepared: { plan, planPath: read.path, opened, runnable, output, data: judged.data },
    result: { weights: new Map(), layers },
    backend,
    before: judged.before,
    after: judged.after,
    fitted,
    findings: [...runtime.findings(), ...judged.findings],
    version: environment.version,
    runtime: runtime.version,
  });
  await writeFit(output, fitted, record, control);
  return record;
}

/** The files, checked against the plan; at least one. */
async function readAll(paths: readonly string[], { layers }: RunnableModel, plan: Plan): Promise<readonly Sums[]> {
  const all: Sums[] = [];
  for (const path of paths) {
    const file = { ...(await readSums(path)), path };
    const { problem, parts } = file;
    const bad = (message: string, advice: string): TierwiseError => new TierwiseError('sums-do-not-fit', `${path} ${message}`, advice);
    const job = fitJobs(layers, plan).find(({ layer }) => layer.id === problem.layer);
    if (job === undefined)
      throw bad(`holds sums of layer ${JSON.stringify(problem.layer)}, which the plan does not fit`, 'Give files of this plan.');
    if (problem.plan !== sha256(sumsFacts(plan, problem.layer)))
      throw bad('was made with another data clause, split, targets or seed', 'Make the statistics again with the plan as it is now.');
    const { inputs, outputs } = job.layer.linear ?? { inputs: 0, outputs: 0 };
    if (problem.columns !== inputs || (problem.pass === 'sums' && problem.outputs !== outputs))
      throw bad(
        `holds sums of ${problem.columns} inputs and ${problem.outputs} outputs; the layer has ${inputs} and ${outputs}`,
        'Make them again.',
      );
    if (parts.length !== problem.shards)
      throw bad(`holds ${parts.length} of ${problem.shards} shards`, 'Merge all shards first: tierwise merge FILES --out FILE.');
    const isRandom = job.tier.kind === 'lower' && job.tier.targets === 'random' && !job.answersLabels;
    if ((problem.pass === 'means') !== isRandom)
      throw bad(
        `is a ${problem.pass === 'means' ? 'first pass with means only' : 'file of sums, but random weights need means'}`,
        'Give the file of the other pass.',
      );
    if (all.some((other) => other.problem.layer === problem.layer))
      throw bad(`is the second file for layer ${JSON.stringify(problem.layer)}`, 'Give one file per layer.');
    if (all[0] !== undefined && all[0].problem.data !== problem.data)
      throw bad(`was made from other data than ${all[0].path}`, 'Give files of the same data.');
    all.push(file);
  }
  return all;
}

function fitOrder(sums: readonly Sums[], { layers }: RunnableModel, plan: Plan): readonly { readonly job: FitJob; readonly file: Sums }[] {
  return fitJobs(layers, plan).flatMap((job) => {
    const file = sums.find(({ problem }) => problem.layer === job.layer.id);
    return file === undefined ? [] : [{ job, file }];
  });
}

function requireModel({ path, problem }: Sums, hash: string): void {
  if (problem.model === hash) return;
  throw new TierwiseError(
    'sums-of-another-model',
    `${path} was made with a model of hash ${problem.model.slice(0, 12)}; the one before layer ${JSON.stringify(problem.layer)} has ${hash.slice(0, 12)}`,
    'Give the model it was made with by --model, or make it again with that model: the inputs of a layer come from the fitted layers below.',
  );
}

async function solveLayer(
  job: FitJob,
  file: Sums,
  numerics: Numerics,
  control: JobControl,
): Promise<{ readonly fit: LayerFit; readonly weights: Map<string, WeightTensor> }> {
  const { layer, tier } = job;
  const started = nodeHost.nowMs();
  const context = contextOf(control, 'solving');
  const isRandom = file.problem.pass === 'means';
  const solution = isRandom ? null : await solveFrom(file.sums, tier.lambda, layer.bias !== null, numerics, context);
  const { w, b } = solution ?? (await randomWeights(job, file, numerics, control));
  const fit: LayerFit = {
    id: layer.id,
    tier: tier.kind,
    tierName: tier.name,
    rows: file.sums.rows,
    columns: file.problem.columns + (layer.bias === null ? 0 : 1),
    outputs: layer.linear?.outputs ?? 0,
    targets: isRandom ? 'random' : file.problem.targets,
    solution,
    seconds: (nodeHost.nowMs() - started) / 1000,
  };
  return { fit, weights: storedWeights(layer, w, b) };
}

/** λ as the plan says: for `auto` by generalised cross-validation, which needs the sums alone. */
async function solveFrom(
  sums: RidgeSums,
  choice: LambdaChoice,
  bias: boolean,
  numerics: Numerics,
  context: SolveContext,
): Promise<RidgeSolution> {
  const noRows: RowSource = { rows: sums.rows, columns: sums.columns, outputs: sums.outputs, async *chunks() {} };
  const chosen = choice === 'auto' ? await chooseLambda({ source: noRows, bias, numerics, context, sums, method: 'gcv' }) : null;
  const lambda = choice === 'auto' ? chosen?.lambda : choice;
  const solution = await solveSums({ sums, lambda, bias }, numerics, context);
  return {
    ...solution,
    quality: {
      liveInputs: sums.columns - solution.deadInputs.length,
      rank: chosen?.rank ?? null,
      degreesOfFreedom: chosen?.degreesOfFreedom ?? null,
      lambdaFrom: lambda === undefined ? 'default' : chosen === null ? 'given' : chosen.method,
    },
  };
}

/** Weights that are drawn, and a bias that centres every unit on the means. */
async function randomWeights(
  job: FitJob,
  { sums }: Sums,
  numerics: Numerics,
  control: JobControl,
): Promise<{ w: Float64Array; b: Float64Array }> {
  const { layer, tier } = job;
  const never = (): Promise<never> =>
    Promise.reject(new TierwiseError('internal', 'random weights need no rows', 'Report this.', { category: 'internal' }));
  const drawn = await targetStrategy('random')?.prepare({
    id: layer.id,
    outputs: layer.linear?.outputs ?? 0,
    bias: layer.bias !== null,
    activation: layer.activation,
    seed: tier.kind === 'lower' ? tier.seed : 0,
    input: { rows: sums.rows, columns: sums.columns, positions: 1, means: sums.sumX.map((sum) => sum / sums.rows), async *chunks() {} },
    labels: { width: 0, kind: 'values', fill: () => undefined },
    context: contextOf(control, 'solving'),
    lambda: undefined,
    numerics,
    solve: never,
    teacher: never,
  });
  if (drawn?.kind !== 'weights') return never();
  return { w: drawn.w, b: drawn.b };
}

function reread(bytes: Uint8Array): OnnxModel {
  const { value } = readModel(bytes);
  if (value === undefined)
    throw new TierwiseError('internal', 'the fitted model cannot be read back', 'This is a defect in Tierwise; please report it.', {
      category: 'internal',
    });
  return value;
}

interface Judgement {
  readonly before: Evaluation | null;
  readonly after: Evaluation | null;
  readonly data: { readonly name: string; readonly sha256: string; readonly diagnostics: readonly Diagnostic[] };
  readonly findings: readonly Diagnostic[];
}

/** Held-out rows before and after, where the data behind the sums is at hand. */
async function judge(
  read: ReadPlan,
  plan: Plan,
  runnable: RunnableModel,
  startModel: OnnxModel,
  fitted: Uint8Array,
  dataHash: string,
  runtime: ModelRuntime,
  control: JobControl,
): Promise<Judgement> {
  const without = (message: string): Judgement => ({
    before: null,
    after: null,
    data: { name: '', sha256: dataHash, diagnostics: [] },
    findings: [{ severity: 'warning', code: 'not-evaluated', message, where: { path: read.path } }],
  });
  if (read.dataPath === null || plan.data === undefined) return without('The plan names no data, so the fitted model was not evaluated.');
  const found = await sha256File(read.dataPath);
  if (found === null) return without('The data is not on this machine, so the fitted model was not evaluated on held-out rows.');
  if (found !== dataHash) return without('The data here is not the data behind the statistics, so the fitted model was not evaluated.');
  const data = await openRows(read.dataPath, plan.data, { abort: control.abort });
  try {
    const heldOut = data.take(splitRows(data.rows.rows, plan.data.split, plan.data.seed).heldOut);
    const host = data.where === 'file' ? streamingHost() : nodeHost;
    const evaluateOn = async (bytes: Uint8Array, stage: string): Promise<Evaluation> => {
      const runner = await runtime.open(bytes);
      try {
        return await evaluate(runner, runnable.output, heldOut, runnable.input, contextOf(control, stage, host));
      } finally {
        await runner.dispose();
      }
    };
    const before = await evaluateOn(encodeModel(startModel), 'evaluating before');
    const after = await evaluateOn(fitted, 'evaluating after');
    return { before, after, data: { name: data.name, sha256: data.sha256, diagnostics: data.diagnostics }, findings: [] };
  } finally {
    await data.close();
  }
}
