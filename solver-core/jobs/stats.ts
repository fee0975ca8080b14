import { basename, dirname, extname, join, resolve } from 'node:path';
import { cpuNumerics } from '../backends/cpu/index.ts';
import { fitJobs } from '../fit/fit-tiers.ts';
import { fitTiers, preflight, splitRows } from '../fit/index.ts';
import type { FitRows, RidgeSums } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Plan } from '../model/plan.ts';
import type { StatsDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import { collectSums } from './collect-sums.ts';
import type { Environment } from './environment.ts';
import { checkWritable, sha256, writeWhole } from './files.ts';
import { contextOf, editorOf } from './fit-context.ts';
import { refuseToOverwrite } from './fit-outputs.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { openModel } from './open-model.ts';
import { openRows } from './open-rows.ts';
import { startOf } from './partly-fitted.ts';
import type { FitStart } from './partly-fitted.ts';
import { hasErrorsError, readPlan, runnablePlan } from './read-plan.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { runnableModel } from './runnable-model.ts';
import type { RunnableModel } from './runnable-model.ts';
import type { Shard } from './shard.ts';
import { shardRows } from './shard.ts';
import { streamingHost } from './streaming-host.ts';
import { encodeSums, readSums, sumsFacts } from './sums-file.ts';
import type { SumsProblemFacts } from './sums-file.ts';

export interface StatsParams {
  /** The plan. */
  readonly path: string;
  /** Default: the only shard. */
  readonly shard?: Shard;
  /** Default: the first layer that the plan fits and the model has not fitted yet. */
  readonly layer?: string;
  readonly out?: string;
  /** A model in which the layers below are fitted. Default: the plan's model. */
  readonly model?: string;
  /** File of sums of the same layer over all shards, for targets that need the means of its inputs. */
  readonly means?: string;
  /** Default 'sums'. */
  readonly pass?: 'sums' | 'means';
}

type FitJob = ReturnType<typeof fitJobs>[number];

/** What is kept of activations and targets while rows go by. */
const budgetBytes = 2 ** 24;

/**
 * Sums up one layer over one shard of the plan's fit rows and writes them as a file that can be merged. Rows are read from their
 * file, never held. Rejects with AbortError when cancelled; nothing is written then.
 */
export async function statsJob(environment: Environment, params: StatsParams, control: JobControl): Promise<StatsDocument> {
  const started = nodeHost.nowMs();
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, model and data', fraction: null });
  const read = await readPlan(params.path);
  const { plan, modelPath } = runnablePlan(read);
  if (read.dataPath === null || plan.data === undefined)
    throw new TierwiseError(
      'plan-without-data',
      `${read.path} names no data`,
      'Add a line such as: data "digits.npz" inputs x labels y split 0.8 seed 1',
    );
  const runnable = runnableModel(await openModel(environment, modelPath));
  const start = await startOf(environment, modelPath, params.model);
  const job = chooseLayer(runnable, plan, start, params.layer);
  const shard = params.shard ?? { index: 1, count: 1 };
  const pass = params.pass ?? (isHidden(job) && job.tier.kind === 'lower' && job.tier.targets === 'random' ? 'means' : 'sums');
  const needsMeans = pass === 'sums' && requireShardable(job, shard, params.means);
  const output = resolve(params.out ?? defaultSumsPath(read.path, job.layer.id, shard));
  await refuseToOverwrite(output, [modelPath, read.dataPath, read.path, ...(params.model === undefined ? [] : [resolve(params.model)])]);
  await checkWritable(output);
  const data = await openRows(read.dataPath, plan.data, { memoryBytes: 0, abort: control.abort });
  try {
    checkAgainstModel(data, runnable);
    const fitRows = splitRows(data.rows.rows, plan.data.split, plan.data.seed).fit;
    const rows = data.take(shardRows(fitRows, shard));
    const facts = {
      layer: job.layer.id,
      plan: sha256(sumsFacts(plan, job.layer.id)),
      model: start.sha256,
      data: data.sha256,
      fitRows: fitRows.length,
      shards: shard.count,
    };
    if (pass === 'sums') refuseScaledLabels(job, shard, data.rows);
    const means = needsMeans && params.means !== undefined ? await readMeans(params.means, facts) : undefined;
    const single = onlyLayer(plan, job, pass);
    const findings = preflight({
      input: runnable.input,
      layers: runnable.layers,
      plan: single,
      data: rows,
      fitRows: fitRows.length,
    }).diagnostics;
    const errors = findings.filter((d) => d.severity === 'error');
    if (errors.length > 0) throw hasErrorsError(read.path, errors);
    const { sums, targets, arithmetic } = await sumUp(runnable, single, rows, start, means, pass, control);
    const problem: SumsProblemFacts = { ...facts, targets, pass, columns: sums.columns, outputs: sums.outputs };
    const content = encodeSums({ problem, parts: [shard.index], sums, arithmetic: [arithmetic] });
    control.onProgress?.({ stage: 'writing', message: output, fraction: null });
    await writeWhole(output, content);
    return {
      schema: 'tierwise.stats/1',
      output,
      plan: read.path,
      model: start.path,
      layer: job.layer.id,
      pass,
      targets,
      columns: sums.columns,
      outputs: sums.outputs,
      shard,
      rows: sums.rows,
      fitRows: fitRows.length,
      sizeBytes: content.length,
      seconds: (nodeHost.nowMs() - started) / 1000,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      arithmetic,
      hashes: { plan: facts.plan, model: facts.model, data: facts.data, output: sha256(content) },
      diagnostics: [...data.diagnostics, ...findings.filter((d) => d.code === 'few-rows')],
    };
  } finally {
    await data.close();
  }
}

/** `digits.fc1_Gemm.2-of-4.stats` beside the plan. */
function defaultSumsPath(planPath: string, layer: string, { index, count }: Shard): string {
  const name = basename(planPath, extname(planPath));
  const slug = layer
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 80);
  return join(dirname(planPath), `${name}.${slug === '' ? 'layer' : slug}.${index}-of-${count}.stats`);
}

/** The layer to sum up. Throws `unknown-layer`, `nothing-to-fit`, `layer-below-not-fitted` and `stats-not-possible`. */
function chooseLayer({ layers }: RunnableModel, plan: Plan, start: FitStart, named: string | undefined): FitJob {
  const jobs = fitJobs(layers, plan);
  const ids = jobs.map(({ layer }) => JSON.stringify(layer.id)).join(', ');
  const job = named === undefined ? jobs.find(({ layer }) => !start.isFitted(layer.id)) : jobs.find(({ layer }) => layer.id === named);
  if (job === undefined) {
    if (named !== undefined)
      throw new TierwiseError(
        'unknown-layer',
        `the plan does not fit a layer ${JSON.stringify(named)}`,
        `Layers it fits: ${ids === '' ? 'none' : ids}.`,
      );
    throw new TierwiseError(
      'nothing-to-fit',
      `every layer that the plan fits is fitted in ${start.path}`,
      'Name one with --layer to sum it up again.',
    );
  }
  const below = jobs.slice(0, jobs.indexOf(job)).find(({ layer }) => !start.isFitted(layer.id));
  if (below !== undefined)
    throw new TierwiseError(
      'layer-below-not-fitted',
      `layer ${JSON.stringify(job.layer.id)} reads what ${JSON.stringify(below.layer.id)} computes, which the plan fits first and ${start.path} has not fitted`,
      'Fit that layer from its own statistics, then give the result: tierwise stats PLAN --model PARTLY.onnx.',
    );
  const { linear } = job.layer;
  if (linear !== null && linear.groups !== 1)
    throw new TierwiseError(
      'stats-not-possible',
      `layer ${JSON.stringify(job.layer.id)} is ${linear.groups} problems, one per group; sums of one problem are what a file holds`,
      'Fit it on one machine with `tierwise fit`.',
    );
  if (job.layer.norm !== null)
    throw new TierwiseError(
      'stats-not-possible',
      `the batch normalisation behind layer ${JSON.stringify(job.layer.id)} is estimated anew in a fit, which takes another pass over all rows`,
      'Fit it on one machine with `tierwise fit`, or fold the normalisation into the layer when you export the model.',
    );
  return job;
}

/** Kinds of targets of hidden layers that one shard can make by itself. */
const shardable: readonly string[] = ['labels', 'forward-projection', 'teacher'];

/** True for a layer that is solved for targets of its tier, not for the labels. */
function isHidden(job: FitJob): boolean {
  return !job.answersLabels && job.tier.kind === 'lower';
}

/** Whether the targets need the means of all rows. Throws when a shard cannot make them, before any row is read. */
function requireShardable({ layer, tier, answersLabels }: FitJob, shard: Shard, means: string | undefined): boolean {
  if (answersLabels || tier.kind === 'upper') return false;
  if (!shardable.includes(tier.targets))
    throw new TierwiseError(
      'stats-not-possible',
      `targets ${tier.targets} of layer ${JSON.stringify(layer.id)} are not made row by row`,
      tier.targets === 'random'
        ? 'Random weights need the means only: tierwise stats PLAN --pass means.'
        : 'Fit the layer on one machine with `tierwise fit`.',
    );
  const needsMeans = tier.targets === 'forward-projection' && layer.bias !== null;
  if (!needsMeans || means !== undefined || shard.count === 1) return needsMeans;
  throw new TierwiseError(
    'means-needed',
    `targets forward-projection of layer ${JSON.stringify(layer.id)} are centred by the means over all shards, which this one does not know`,
    'Make a first pass with --pass means on every shard, merge it, and give the result with --means FILE.',
  );
}

/** Numbers as labels are brought to mean 0 and variance 1 over all rows for the targets of hidden layers. */
function refuseScaledLabels(job: FitJob, shard: Shard, rows: FitRows): void {
  if (!isHidden(job) || rows.labels.kind !== 'regression' || shard.count === 1) return;
  throw new TierwiseError(
    'stats-not-possible',
    `targets of ${JSON.stringify(job.layer.id)} bring the labels to mean 0 and variance 1 over all rows, which a shard does not know`,
    'Use one shard, or fit the layer on one machine.',
  );
}

/** [columns] the means in a merged first pass over all shards. Throws `sums-do-not-fit` when it belongs to something else. */
async function readMeans(
  path: string,
  facts: Pick<SumsProblemFacts, 'layer' | 'plan' | 'model' | 'data' | 'fitRows'>,
): Promise<Float64Array> {
  const found = await readSums(resolve(path));
  const differs = (['layer', 'plan', 'model', 'data', 'fitRows'] as const).find((name) => found.problem[name] !== facts[name]);
  if (differs === undefined && found.parts.length === found.problem.shards) return found.sums.sumX.map((sum) => sum / found.sums.rows);
  throw new TierwiseError(
    'sums-do-not-fit',
    differs === undefined
      ? `${path} holds ${found.parts.length} of ${found.problem.shards} shards; means need all of them`
      : `${path} belongs to another ${differs === 'fitRows' ? 'split' : differs}`,
    'Make and merge the first pass with the same plan, model and data.',
  );
}

/** The plan with this layer alone, so that nothing else is computed; λ plays no part in sums. */
function onlyLayer(plan: Plan, job: FitJob, pass: 'sums' | 'means'): Plan {
  const keep = <T extends { readonly layers: readonly string[] }>(tiers: readonly T[]): T[] =>
    tiers.filter((tier) => tier.layers.includes(job.layer.id)).map((tier) => ({ ...tier, layers: [job.layer.id], lambda: 1 }));
  const lower = keep(plan.lower).map((tier) => (pass === 'means' ? { ...tier, targets: 'labels' as const } : tier));
  return { ...plan, lower, upper: keep(plan.upper) };
}

async function sumUp(
  runnable: RunnableModel,
  plan: Plan,
  rows: FitRows,
  start: FitStart,
  means: Float64Array | undefined,
  pass: 'sums' | 'means',
  control: JobControl,
): Promise<{ readonly sums: RidgeSums; readonly targets: string; readonly arithmetic: string }> {
  const numerics = cpuNumerics();
  const collector = collectSums(numerics, pass);
  await fitTiers({
    editor: editorOf(runnable.model),
    input: runnable.input,
    layers: runnable.layers,
    plan,
    data: rows,
    backend: collector.backend,
    numerics,
    runtime: modelRuntime(),
    context: contextOf(control, 'summing', streamingHost()),
    budgetBytes,
    fitted: start.weights,
    ...(means === undefined ? {} : { inputMeans: means }),
  }).catch((error: unknown) => {
    if (!collector.isDone(error)) throw error;
  });
  const job = fitJobs(runnable.layers, plan)[0];
  const answers = job?.answersLabels === true || job?.tier.kind === 'upper';
  const labels = rows.labels.kind === 'class' && (job?.layer.linear?.outputs ?? 0) > 1 ? 'one-hot' : 'values';
  const targets = pass === 'means' ? 'means' : answers ? labels : job?.tier.kind === 'lower' ? job.tier.targets : '';
  return { sums: collector.sums(), targets, arithmetic: numerics.description };
}
