import { resolve } from 'node:path';
import { cpuNumerics } from '../backends/cpu/index.ts';
import type { Evaluation } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Quantity, SolverRequests, UnlearnDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';
import type { JobControl } from './job.ts';
import { learnPrices, plus } from './learn-energy.ts';
import type { LearnPrices } from './learn-energy.ts';
import { alignLabels } from './learn-labels.ts';
import { writeLearned } from './learn.ts';
import { disposeLearner, followed } from './learn-learner.ts';
import { toSaved } from './learn-memory.ts';
import type { LearnMemory } from './learn-memory.ts';
import { evaluateHeldOut, learnedModel } from './learn-model.ts';
import { checkLearnPaths, learnPaths } from './learn-outputs.ts';
import { rememberPolicy } from './learn-policy.ts';
import { labelledBatches, openLower } from './learn-rows.ts';
import type { SeenRows } from './learn-rows.ts';
import { learnSetup } from './learn-setup.ts';
import { openPlanRows, pairFindings, readFittingState, resumeMemory, seenRows } from './learn-start.ts';
import type { LearnTools } from './learn-start.ts';
import { filterRows, rowsBetween } from './learn-waiting.ts';
import { openRows } from './open-rows.ts';
import type { OpenedRows } from './open-rows.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { encodeState } from './state-file.ts';
import type { ReadState } from './state-file.ts';
import { parseRowList } from './unlearn-rows.ts';
import { splitForUnlearning } from './unlearn-split.ts';

export type UnlearnParams = SolverRequests['tierwise/unlearn']['params'];

/** Rows of features that are removed in one step. */
const rowsAtOnce = 4096;

/**
 * Takes rows out of what an upper tier has learned: the result is the head that never saw them. Rows are known by what they hold, so any
 * data file with the same rows will do. Writes the learned model and the state anew, each whole or not at all. Rejects with
 * `no-state`, `rows-invalid`, `rows-out-of-range`, `rows-not-learned` (none of them was), `unlearn-unsupported`, `unlearn-not-contained`.
 */
export async function unlearnJob(environment: Environment, params: UnlearnParams, control: JobControl): Promise<UnlearnDocument> {
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, model, data and state', fraction: null });
  const setup = await learnSetup(environment, params.path);
  const paths = learnPaths(setup.modelPath, params);
  const dataPath = resolve(params.data);
  await checkLearnPaths(paths, [setup.modelPath, setup.base.opened.path, setup.read.path, setup.read.dataPath, dataPath]);
  const state = await readFittingState(paths.state, setup);
  if (state === null)
    throw new TierwiseError(
      'no-state',
      `there is no state ${paths.state}, so nothing was learned that could be removed`,
      'Name the state with --state.',
    );
  if (setup.tier.learner !== 'rls')
    throw new TierwiseError(
      'unlearn-unsupported',
      `\`learn ${setup.tier.learner}\` cannot unlearn: gradient steps cannot be taken back`,
      'Use `learn rls`, or learn anew without the rows.',
    );
  const names = { inputs: params.inputs ?? setup.plan.data?.inputs, labels: params.labels ?? setup.plan.data?.labels };
  const data = await openRows(dataPath, names, { abort: control.abort });
  const runtime = modelRuntime();
  const lower = await openLower(setup.lower, runtime);
  try {
    checkAgainstModel(data, { ...setup.base.runnable, layers: [] });
    const tools: LearnTools = { setup, numerics: cpuNumerics(), runtime, lower, control };
    return await unlearnOn(environment, { tools, state, data, paths, rows: params.rows }, control);
  } finally {
    await lower.dispose();
    await data.close();
  }
}

interface UnlearnRun {
  readonly tools: LearnTools;
  readonly state: ReadState;
  readonly data: OpenedRows;
  readonly paths: ReturnType<typeof learnPaths>;
  readonly rows: string;
}

async function unlearnOn(environment: Environment, run: UnlearnRun, control: JobControl): Promise<UnlearnDocument> {
  const { tools, state, data, paths } = run;
  const { setup } = tools;
  // No decision falls here: the policy's memory stays as it is, but for rows that waited and are gone.
  const memory = await resumeMemory(tools, { options: { kind: 'gain' }, text: '' }, state);
  if (!memory.prints.isComplete)
    throw new TierwiseError('rows-not-tracked', 'this state has learned more rows than are kept track of', 'Learn anew without the rows.');
  try {
    const numbers = parseRowList(run.rows, data.rows.rows);
    const prices = await learnPrices(environment, setup);
    const removal = await removed(run, memory, numbers, prices);
    const model = await learnedModel(setup, removal.memory);
    const evaluation = await evaluations(run, memory, model, control);
    const { absorbed, latched, quietUntil } = rememberPolicy(removal.memory.policy);
    const learned = toSaved(removal.memory, setup, state.saved.lowerSawPlanRows, sha256(model));
    const saved = { ...learned, policy: { ...state.saved.policy, absorbed, latched, quietUntil } };
    const findings = await pairFindings(paths, state);
    await writeLearned(paths, { model, record: null, state: encodeState(saved), readState: state }, control);
    const notes = removal.unknown === 0 ? [] : [unknownNote(removal.unknown)];
    return {
      schema: 'tierwise.unlearn/1',
      plan: setup.read.path,
      output: paths.output,
      state: paths.state,
      rows: removal.rows,
      rowsLeft: removal.memory.open.learner.rows,
      ...exactness(removal, state),
      energy: removal.energy,
      evaluation,
      diagnostics: [...setup.diagnostics, ...data.diagnostics, ...findings, ...notes],
    };
  } finally {
    await disposeLearner(memory.open);
  }
}

interface Removal {
  readonly memory: LearnMemory;
  /** Rows taken out of the learner, or out of those that wait. */
  readonly rows: number;
  readonly unknown: number;
  readonly fromPlan: number;
  readonly fromFirst: number;
  readonly energy: Quantity<'J'>;
}

async function removed(run: UnlearnRun, start: LearnMemory, numbers: Uint32Array, prices: LearnPrices): Promise<Removal> {
  const { tools, data } = run;
  const chosen = data.take(numbers);
  const { labels } = alignLabels(chosen.labels, start.labels, data.name);
  let [memory, energy] = [start, prices.none];
  const counts = { rows: 0, unknown: 0, fromPlan: 0, fromFirst: 0 };
  for await (const batch of labelledBatches(chosen, labels, rowsAtOnce)) {
    const seen = await seenRows(tools, batch);
    const split = splitForUnlearning(memory, seen);
    const out = filterRows(
      {
        ...seen.rows,
        width: tools.setup.lower.width,
        labels: Float64Array.from(seen.rows.labels.values),
        labelWidth: memory.waiting.labelWidth,
        prints: seen.prints,
      },
      (
        (wanted) => (row: number) =>
          wanted.has(row)
      )(new Set(split.learned)),
    );
    const rows = rowsBetween(out, 0, out.rows, memory.labels.kind).rows;
    energy = plus(energy, prices.update(memory.open.learner, rows.rows));
    const learner = rows.rows === 0 ? memory.open.learner : await memory.open.learner.without(rows);
    memory = withoutWaiting({ ...memory, open: followed(memory.open, learner), prints: split.prints }, split.keptWaiting);
    memory = { ...memory, classRows: fewer(memory.classRows, seen, [...split.learned, ...split.waiting]) };
    counts.rows += split.learned.length + split.waiting.size;
    counts.unknown += split.unknown;
    counts.fromPlan += split.fromPlan;
    counts.fromFirst += split.fromFirst;
    tools.control.onProgress?.({ stage: 'unlearning', message: `${counts.rows} rows`, fraction: (batch.first + batch.rows) / chosen.rows });
  }
  if (counts.rows === 0)
    throw new TierwiseError(
      'rows-not-learned',
      `none of the ${numbers.length} rows of ${data.name} is among those that were learned`,
      'Check the row numbers, and that the file holds the rows (and labels) as they were learned. Rows of skipped batches need no removal.',
    );
  return { memory, energy, ...counts };
}

/** The memory without some of the rows that wait; the policy counts positions among them. */
export function withoutWaiting<M extends Pick<LearnMemory, 'policy' | 'waiting'>>(memory: M, keeps: (row: number) => boolean): M {
  const { policy, waiting } = memory;
  const kept = filterRows(waiting, keeps);
  if (kept === waiting) return memory;
  const before = (position: number): number => Array.from({ length: position }, (_, row) => row).filter(keeps).length;
  const absorbed = before(policy.absorbed);
  const latched = policy.latched.map(({ cause, until }) => ({ cause, until: before(Math.min(until, waiting.rows)) }));
  // A pause may end beyond the rows seen so far; it still asks for as many new ones.
  const quietUntil = before(Math.min(policy.quietUntil, waiting.rows)) + Math.max(0, policy.quietUntil - waiting.rows);
  return { ...memory, waiting: kept, policy: { ...policy, seen: kept.rows, absorbed, absorbedBefore: absorbed, quietUntil, latched } };
}

function fewer(counts: Float64Array, { rows: { labels } }: SeenRows, at: readonly number[]): Float64Array {
  if (labels.kind !== 'class') return counts;
  const left = Float64Array.from(counts);
  for (const row of at) {
    const label = labels.values[row] ?? 0;
    left[label] = Math.max(0, (left[label] ?? 0) - 1);
  }
  return left;
}

async function evaluations(
  { tools }: UnlearnRun,
  before: LearnMemory,
  model: Uint8Array,
  control: JobControl,
): Promise<UnlearnDocument['evaluation']> {
  const planRows = await openPlanRows(tools.setup, control);
  if (planRows === null) return null;
  try {
    const run = (bytes: Uint8Array, stage: string): Promise<Evaluation> =>
      evaluateHeldOut(bytes, planRows.heldOut, before.labels, tools, control, stage);
    const old = await run(await learnedModel(tools.setup, before), 'evaluating before');
    const now = await run(model, 'evaluating after');
    return { metric: now.metric, rows: now.rows, before: old.value, after: now.value };
  } finally {
    await planRows.opened.close();
  }
}

/** Whether the whole model, and not only its head, is as if the rows had never been there (method 3.4). */
function exactness(removal: Removal, { saved }: ReadState): { readonly exact: boolean; readonly reason: string } {
  if (removal.fromPlan > 0 && saved.lowerSawPlanRows)
    return {
      exact: false,
      reason: `The head never saw the rows, but ${removal.fromPlan} of them are rows of the plan that the layers below were fitted on. For an exact removal take them out of the data, fit again and learn anew.`,
    };
  if (removal.fromFirst > 0)
    return {
      exact: false,
      reason: `The head never saw the rows, but its random features were scaled by the first rows, ${removal.fromFirst} of which are among those removed. For an exact removal learn anew without them.`,
    };
  return {
    exact: true,
    reason: saved.lowerSawPlanRows
      ? 'The head equals one that never saw the rows, and the layers below were fitted without them.'
      : 'The head equals one that never saw the rows. The layers below are those of the model file; what that was trained on is not known here.',
  };
}

function unknownNote(count: number): UnlearnDocument['diagnostics'][number] {
  const message = `${count} of the rows asked for were never learned or are removed already; there was nothing to remove of them.`;
  return { severity: 'info', code: 'rows-not-learned', message, where: {} };
}
