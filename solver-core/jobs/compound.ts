import { cpuNumerics } from '../backends/cpu/index.ts';
import { createCache } from '../compound/index.ts';
import type { PreparedExits, RepresentationCache, StreamPrices, StreamState } from '../compound/index.ts';
import type { CompoundPrices } from '../energy/compound-energy.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { CompoundDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Reading } from './compound-batch.ts';
import { exitWidthOf, upperWidthOf } from './compound-batch.ts';
import { exitFeatures, openPlanContexts } from './compound-calibration.ts';
import type { ExitFeatures, PlanContexts } from './compound-calibration.ts';
import { compoundPricesFor, streamPrices } from './compound-energy.ts';
import { heldOutAccuracy } from './compound-held-out.ts';
import { openLog } from './compound-log.ts';
import type { DecisionLog } from './compound-log.ts';
import { openModules } from './compound-modules.ts';
import type { CompoundModules } from './compound-modules.ts';
import { checkWritten, writtenModules } from './compound-models.ts';
import { checkCompoundPaths, compoundPaths } from './compound-outputs.ts';
import type { CompoundPaths } from './compound-outputs.ts';
import { goThrough } from './compound-pass.ts';
import { placeBehind, startIn } from './compound-place.ts';
import { compoundRecord, factsOf } from './compound-record.ts';
import type { StartFacts } from './compound-record.ts';
import type { CompoundParams, CompoundRun } from './compound-run.ts';
import { compoundSetup, valueOf, workOf } from './compound-setup.ts';
import type { CompoundSetup } from './compound-setup.ts';
import { openStream } from './compound-source.ts';
import { continuedStream, policyOf, preparedExits, requireCacheFits, requireFewBatches, startedStream } from './compound-start.ts';
import type { StartTools } from './compound-start.ts';
import { encodeCompound, readCompound, resumedCache, resumedStream } from './compound-state.ts';
import type { ReadCompound } from './compound-state.ts';
import type { Environment } from './environment.ts';
import { sha256, sha256File, writeTogether } from './files.ts';
import type { JobControl } from './job.ts';

const defaultBatch = 64;
const maxBatch = 65_536;

/**
 * Decides a stream with the compound model of a plan, learns from it as the plan allows, and tells every decision with its joules. Starts from
 * the state when there is one, and in its stream where the state is in it, else from heads that are chosen and calibrated on the plan's own
 * text or data. Writes record, both
 * modules with their heads, the log of decisions and the state together. Rejects with AbortError when cancelled, unless `keepOnCancel`:
 * then what was decided up to the last whole batch is written and returned.
 */
export async function compoundJob(environment: Environment, params: CompoundParams, control: JobControl): Promise<CompoundDocument> {
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, models, stream and state', fraction: null });
  const batch = params.batchRows ?? defaultBatch;
  if (!Number.isSafeInteger(batch) || batch < 1 || batch > maxBatch)
    throw new TierwiseError('usage', `a batch has ${batch} decisions; 1 to ${maxBatch} are possible`, 'Give another --batch.', {
      category: 'usage',
    });
  const setup = await compoundSetup(environment, params.path, params.stream);
  requireCacheFits(setup.compound.cacheBytes);
  const paths = compoundPaths(setup.modelPath, params);
  const { read, opened, language } = setup;
  const precious = [read.path, read.dataPath, ...opened.map(({ path }) => path), language?.path ?? null, language?.vocabularyPath ?? null];
  await checkCompoundPaths(paths, params.stream === '-' ? precious : [...precious, params.stream]);
  const state = params.fresh === true ? null : await readCompound(paths.state);
  if (state !== null && state.saved.task !== setup.task)
    throw new TierwiseError(
      'state-wrong-kind',
      `${paths.state} is of a stream of the kind ${state.saved.task}, this one is of the kind ${setup.task}`,
      'Name another state with --state, or start over with --fresh.',
    );
  const plan = await openPlanContexts(setup, control);
  const stream = await openStream(setup, params, state?.saved.labels ?? plan?.labels ?? null, control);
  try {
    const start = await startIn(stream, state === null ? null : state.saved.place);
    requireFewBatches(stream.behind(start.extent).decisions, batch);
    return await decideStream(environment, { params, setup, paths, state, plan, stream, start, batch }, control);
  } finally {
    await stream.close();
  }
}

async function decideStream(environment: Environment, run: CompoundRun, control: JobControl): Promise<CompoundDocument> {
  const { setup, stream, state: read, plan, paths, params } = run;
  const runtime = modelRuntime();
  const vocabulary = setup.language === null ? null : sha256(JSON.stringify(setup.language.vocabulary.tokens));
  const rowShape = stream.rowShape;
  const modules = await openModules(setup.parts, runtime, JSON.stringify([vocabulary, rowShape]), rowShape);
  let log: DecisionLog | undefined;
  try {
    const reading: Reading = setup.task === 'text-class' ? 'pooled' : 'each';
    const { prices, all } = await pricesOf(environment, run, modules, reading);
    const policy = policyOf(setup, params.policy ?? 'plan', exitWidthOf(modules, reading) + upperWidthOf(modules, reading));
    const tools: StartTools = { setup, modules, prices, numerics: cpuNumerics(), reading, policy };
    const heldOut =
      plan === null || plan.heldOut.length === 0
        ? null
        : await exitFeatures(modules, plan.heldOut, reading, control, 'reading held-out rows');
    const started = read === null ? await startFresh(tools, plan, control) : resumeRun(tools, read, paths);
    const cache = openCache(setup, modules, read);
    const before = heldOut === null ? null : await heldOutAccuracy(started.state, heldOut);
    log = await openLog(paths.log, started.state.counts.decisions);
    const outcome = await goThrough({ run, tools, reading, log }, started.state, cache, control);
    if (outcome.isStopped && (params.keepOnCancel !== true || outcome.steps.length === 0)) checkAbort({ aborted: true });
    const after = heldOut === null ? null : await heldOutAccuracy(outcome.state, heldOut);
    control.onProgress?.({ stage: 'writing', message: paths.record, fraction: null });
    const names = stream.labels.names;
    const files = await writtenModules(setup.parts, outcome.state, reading, names);
    await checkWritten(files, { parts: setup.parts, modules, runtime, state: outcome.state, reading, rowShape }, outcome.lastContexts);
    const { bytes, hasCache } = encodeCompound(outcome.state, cache, {
      facts: { ...started.facts },
      labels: stream.labels,
      task: setup.task,
      place: await placeBehind(stream, outcome.read),
    });
    const record = compoundRecord({
      ...{ environment, run, modules, all, prices, policy, outcome, files, hasCache },
      ...{ started: started.facts, cache: cache?.statistics() ?? null, runtime: runtime.version },
      heldOut: before === null || after === null || heldOut === null ? null : { rows: heldOut.rows, before, after },
    });
    if (read !== null && (await sha256File(paths.state)) !== read.sha256)
      throw new TierwiseError(
        'state-changed',
        `${paths.state} was written by somebody else while this run went on; nothing was written`,
        'Run the command again.',
      );
    await log.sync();
    // The state's name is the moment at which a run counts: a log that is longer than the state says is cut when it is gone on with.
    await log.finish();
    await writeTogether([
      { path: paths.lower, content: files.lower },
      { path: paths.upper, content: files.upper },
      { path: paths.record, content: `${JSON.stringify(record, null, 2)}\n` },
      { path: paths.state, content: bytes },
    ]);
    return record;
  } finally {
    await log?.discard();
    await modules.dispose();
  }
}

interface Started {
  readonly state: StreamState;
  readonly facts: StartFacts;
}

async function startFresh(tools: StartTools, plan: PlanContexts | null, control: JobControl): Promise<Started> {
  const contexts = plan?.calibration ?? [];
  const features: ExitFeatures | null =
    contexts.length === 0 ? null : await exitFeatures(tools.modules, contexts, tools.reading, control, 'reading calibration rows');
  control.onProgress?.({ stage: 'calibrating', message: 'trying heads, fitting temperature and threshold', fraction: null });
  const prepared: PreparedExits = await preparedExits(tools, features);
  return { state: startedStream(tools, prepared), facts: factsOf(prepared) };
}

function resumeRun(tools: StartTools, read: ReadCompound, paths: CompoundPaths): Started {
  const { modules, numerics, reading } = tools;
  const identity = {
    versions: { lower: modules.lower.version, upper: modules.upperVersion },
    widths: { lower: exitWidthOf(modules, reading), upper: upperWidthOf(modules, reading) },
    numerics,
  };
  const state = continuedStream(tools, resumedStream(paths.state, read, identity));
  return { state, facts: read.saved.facts as unknown as StartFacts };
}

function openCache({ compound }: CompoundSetup, modules: CompoundModules, read: ReadCompound | null): RepresentationCache | null {
  const { cacheBytes } = compound;
  if (cacheBytes === null) return null;
  const { version } = modules.lower;
  return (read === null ? null : resumedCache(read, version, cacheBytes)) ?? createCache(version, cacheBytes);
}

async function pricesOf(
  environment: Environment,
  { setup, stream, plan }: CompoundRun,
  modules: CompoundModules,
  reading: Reading,
): Promise<{ readonly prices: StreamPrices; readonly all: CompoundPrices }> {
  const contexts = plan?.calibration ?? [];
  const tokens = contexts.reduce((sum, { content }) => sum + (content.kind === 'tokens' ? content.tokens.length : 1), 0);
  // The price of a look-up is that of a typical context; the same in every run of a plan.
  const mean = contexts.length === 0 ? (setup.language?.context ?? 1) : Math.max(1, Math.round(tokens / contexts.length));
  const outputs = Math.max(setup.outputs, stream.labels.names?.length ?? 0, 2);
  const work = workOf({ ...setup, outputs }, { lower: exitWidthOf(modules, reading), upper: upperWidthOf(modules, reading) }, mean);
  const all = valueOf(await compoundPricesFor(setup.read.path, setup.plan.target, work, { environment, opened: setup.opened }));
  return { prices: { ...streamPrices(all, work), isUpperAlone: setup.parts.upper.reads === 'source' }, all };
}
