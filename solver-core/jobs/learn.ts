import { resolve } from 'node:path';
import { cpuNumerics } from '../backends/cpu/index.ts';
import { checkAbort } from '../model/abort.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { LearnDocument, SolverRequests } from '../protocol/index.ts';
import { encodeModel } from '../onnx/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { sha256, sha256File, writeTogether } from './files.ts';
import type { JobControl } from './job.ts';
import { learnPrices } from './learn-energy.ts';
import type { LearnPrices } from './learn-energy.ts';
import { alignLabels } from './learn-labels.ts';
import { disposeLearner } from './learn-learner.ts';
import { toSaved } from './learn-memory.ts';
import type { LearnMemory } from './learn-memory.ts';
import { evaluateHeldOut, learnedModel, requireRuns } from './learn-model.ts';
import { checkLearnPaths, learnPaths } from './learn-outputs.ts';
import type { LearnPaths } from './learn-outputs.ts';
import { choosePolicy, hasSameSettings, withinBudget } from './learn-policy.ts';
import { learnRecord } from './learn-record.ts';
import { openLower } from './learn-rows.ts';
import { learnSetup } from './learn-setup.ts';
import type { LearnSetup } from './learn-setup.ts';
import { openPlanRows, pairFindings, readFittingState, resumeMemory, startMemory } from './learn-start.ts';
import type { LearnTools, PlanRows } from './learn-start.ts';
import { learnStream } from './learn-stream.ts';
import type { OpenedRows } from './open-rows.ts';
import { openRows } from './open-rows.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { encodeState } from './state-file.ts';
import type { ReadState } from './state-file.ts';

export type LearnParams = SolverRequests['tierwise/learn']['params'];

const defaultBatchRows = 64;
const maxBatchRows = 65_536;

/**
 * Learns a stream batch by batch in the upper tier of a plan: scores each batch first, asks the policy, updates or not. Starts from the
 * state file when there is one, else from the plan's own rows, or from nothing when `fresh`. Writes the learned model, the record and
 * the state, in this order and each whole or not at all; the state is what a later run continues from. Rejects with AbortError when
 * cancelled, unless `keepOnCancel`: then what was learned up to the last whole batch is written and returned.
 */
export async function learnJob(environment: Environment, params: LearnParams, control: JobControl): Promise<LearnDocument> {
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, model, data and state', fraction: null });
  const batchRows = params.batchRows ?? defaultBatchRows;
  if (!Number.isSafeInteger(batchRows) || batchRows < 1 || batchRows > maxBatchRows)
    throw new TierwiseError('usage', `a batch has ${batchRows} rows; 1 to ${maxBatchRows} are possible`, 'Give another --batch.', {
      category: 'usage',
    });
  const setup = await learnSetup(environment, params.path);
  const paths = learnPaths(setup.modelPath, params);
  const dataPath = resolve(params.data);
  await checkLearnPaths(paths, [setup.modelPath, setup.base.opened.path, setup.read.path, setup.read.dataPath, dataPath]);
  const state = params.fresh === true ? null : await readFittingState(paths.state, setup);
  const names = { inputs: params.inputs ?? setup.plan.data?.inputs, labels: params.labels ?? setup.plan.data?.labels };
  const stream = await openRows(dataPath, names, { abort: control.abort });
  let planRows: PlanRows | null = null;
  try {
    checkAgainstModel(stream, { ...setup.base.runnable, layers: [] });
    planRows = await openPlanRows(setup, control);
    return await learnOn(environment, { params, setup, paths, state, stream, planRows, batchRows }, control);
  } finally {
    await stream.close();
    await planRows?.opened.close();
  }
}

/** Everything that a run reads, open and checked. */
interface OpenRun {
  readonly params: LearnParams;
  readonly setup: LearnSetup;
  readonly paths: LearnPaths;
  readonly state: ReadState | null;
  readonly stream: OpenedRows;
  readonly planRows: PlanRows | null;
  readonly batchRows: number;
}

async function learnOn(environment: Environment, run: OpenRun, control: JobControl): Promise<LearnDocument> {
  const { params, setup, paths, state, stream, planRows, batchRows } = run;
  const runtime = modelRuntime();
  const lower = await openLower(setup.lower, runtime);
  const tools: LearnTools = { setup, numerics: cpuNumerics(), runtime, lower, control };
  const policy = choosePolicy(params.policy ?? 'plan', setup.plan, setup.tier, setup.lower.width);
  let memory: LearnMemory | undefined;
  try {
    memory =
      state === null
        ? await startMemory(tools, policy, stream, params.fresh === true ? null : planRows)
        : await resumeMemory(tools, policy, state);
    const { labels, kind } = alignLabels(stream.rows.labels, memory.labels, stream.name);
    const started: LearnMemory = { ...memory, labels: kind };
    const base = state === null ? encodeModel(setup.base.runnable.model) : await learnedModel(setup, started);
    const before = planRows === null ? null : await evaluateHeldOut(base, planRows.heldOut, kind, tools, control, 'evaluating before');
    const prices = await learnPrices(environment, setup);
    const ready = state !== null && hasSameSettings(policy.options, state.saved.policy) ? started : affordable(started, prices);
    const outcome = await learnStream(tools, ready, { data: stream, labels, batchRows }, prices);
    if (outcome.isStopped && (params.keepOnCancel !== true || outcome.batches.length === 0)) checkAbort({ aborted: true });
    // From here on the run is completed, also when it was asked to stop: what is kept was learned before.
    const last: JobControl = params.keepOnCancel === true ? withoutAbort(control) : control;
    const model = await learnedModel(setup, outcome.memory);
    await requireRuns(model, stream.take(Uint32Array.of(0)), outcome.memory, tools);
    const after = planRows === null ? null : await evaluateHeldOut(model, planRows.heldOut, kind, tools, last, 'evaluating after');
    const lowerSawPlanRows = state?.saved.lowerSawPlanRows ?? setup.base.isFitted;
    const outputHash = sha256(model);
    const saved = toSaved(outcome.memory, setup, lowerSawPlanRows, outputHash);
    const findings = [...runtime.findings(), ...(state === null ? [] : await pairFindings(paths, state))];
    const record = learnRecord({ run, policy, outcome, before, after, outputHash, findings, environment, runtime: runtime.version });
    await writeLearned(paths, { model, record, state: encodeState(saved), readState: state }, last);
    return record;
  } finally {
    if (memory !== undefined) await disposeLearner(memory.open);
    await lower.dispose();
  }
}

/** No more rows wait than one decision can pay for. */
function affordable(memory: LearnMemory, prices: LearnPrices): LearnMemory {
  const { learner } = memory.open;
  const { window } = memory.policy.options;
  const judging = 2 * prices.judge(learner, window).high;
  return { ...memory, policy: withinBudget(memory.policy, (rows) => prices.update(learner, rows).high + judging) };
}

/**
 * Model and record get their names before the state: the state's name is the moment at which a run counts. When the machine stops in
 * between, the old state still says what was learned, and the next run finds the newer model beside it. Throws `state-changed` when
 * somebody else has written the state since it was read.
 */
export async function writeLearned(
  paths: LearnPaths,
  files: {
    readonly model: Uint8Array;
    readonly record: LearnDocument | null;
    readonly state: Uint8Array;
    readonly readState: ReadState | null;
  },
  control: { readonly abort?: AbortFlag | undefined } & JobControl,
): Promise<void> {
  control.onProgress?.({ stage: 'writing', message: paths.output, fraction: null });
  if (files.readState !== null && (await sha256File(paths.state)) !== files.readState.sha256)
    throw new TierwiseError(
      'state-changed',
      `${paths.state} was written by somebody else while this run learned; nothing was written`,
      'Run the command again.',
    );
  checkAbort(control.abort);
  await writeTogether([
    { path: paths.output, content: files.model },
    ...(files.record === null ? [] : [{ path: paths.record, content: `${JSON.stringify(files.record, null, 2)}\n` }]),
    { path: paths.state, content: files.state },
  ]);
}

function withoutAbort({ onProgress }: JobControl): JobControl {
  return onProgress === undefined ? {} : { onProgress };
}
