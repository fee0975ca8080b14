import { createDriftMonitor, createPolicy } from '../learn/index.ts';
import { splitRows } from '../fit/index.ts';
import type { FitRows, LabelledRows, ModelRuntime, Numerics } from '../fit/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { sha256File } from './files.ts';
import type { JobControl } from './job.ts';
import { nodeHost } from './host.ts';
import { alignLabels, labelKindOf } from './learn-labels.ts';
import type { LabelKind } from './learn-labels.ts';
import { followed, newLearner, resumedLearner } from './learn-learner.ts';
import { fromSaved, noPrints, withPrints } from './learn-memory.ts';
import type { LearnMemory } from './learn-memory.ts';
import type { LearnPaths } from './learn-outputs.ts';
import type { ChosenPolicy } from './learn-policy.ts';
import { labelledBatches } from './learn-rows.ts';
import type { LowerRunner, SeenRows } from './learn-rows.ts';
import type { LearnSetup } from './learn-setup.ts';
import { joinedRows, noRows } from './learn-waiting.ts';
import type { OpenedRows } from './open-rows.ts';
import { openRows } from './open-rows.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { readState } from './state-file.ts';
import type { ReadState } from './state-file.ts';

/** What the parts of a run share. */
export interface LearnTools {
  readonly setup: LearnSetup;
  readonly numerics: Numerics;
  readonly runtime: ModelRuntime;
  readonly lower: LowerRunner;
  readonly control: JobControl;
}

/** The plan's own data, split as the plan says. Close it in the end. */
export interface PlanRows {
  readonly opened: OpenedRows;
  readonly fitRows: FitRows;
  readonly heldOut: FitRows;
}

/** Rows of features that one call of a learner may take at once, in bytes. */
const startBytes = 2 ** 29;

/** Opens the data of the plan; null when it names none. Throws what `openRows` and `checkAgainstModel` throw. */
export async function openPlanRows({ read, plan, base }: LearnSetup, control: JobControl): Promise<PlanRows | null> {
  if (read.dataPath === null || plan.data === undefined) return null;
  const opened = await openRows(read.dataPath, plan.data, { abort: control.abort });
  try {
    // More classes than outputs are no fault here: a head grows.
    checkAgainstModel(opened, { ...base.runnable, layers: [] });
    const split = splitRows(opened.rows.rows, plan.data.split, plan.data.seed);
    return { opened, fitRows: opened.take(split.fit), heldOut: opened.take(split.heldOut) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * A learner that has seen the plan's rows for fitting (`planRows`), or nothing. Recursive ridge takes them in at once; gradient learners
 * start from the model's weights, which a fit has solved on those rows, and only note them as what consolidation protects.
 */
export async function startMemory(
  tools: LearnTools,
  policy: ChosenPolicy,
  first: OpenedRows,
  planRows: PlanRows | null,
): Promise<LearnMemory> {
  const { setup, numerics, runtime } = tools;
  const labels = labelKindOf(planRows?.fitRows.labels ?? first.rows.labels);
  const open = await newLearner(setup, labels.kind, numerics, runtime);
  const labelWidth = labels.kind === 'class' ? 1 : open.learner.outputs;
  const empty: LearnMemory = {
    open,
    drift: createDriftMonitor(),
    policy: createPolicy(policy.options),
    waiting: noRows(setup.lower.width, labelWidth),
    labels,
    classRows: new Float64Array(0),
    prints: noPrints(),
    isExpanded: setup.tier.expand !== undefined,
  };
  if (planRows === null) return empty;
  tools.control.onProgress?.({ stage: 'starting', message: `learning the plan's own ${planRows.fitRows.rows} rows`, fraction: null });
  return absorbPlanRows(tools, empty, planRows.fitRows);
}

async function absorbPlanRows(tools: LearnTools, start: LearnMemory, data: FitRows): Promise<LearnMemory> {
  const { setup } = tools;
  let memory = start;
  const rowsAtOnce = setup.tier.forgetting < 1 ? data.rows : Math.max(1, Math.floor(startBytes / (4 * setup.lower.width)));
  for await (const chunk of seenChunks(tools, data, memory.labels, rowsAtOnce)) {
    const { open } = memory;
    const next = open.kind === 'ridge' ? await open.learner.updated(chunk.rows) : await protectedRows(open.learner, chunk, setup);
    const counts = countRows(memory.classRows, chunk);
    const prints =
      open.kind === 'ridge' ? withPrints(memory.prints, chunk.prints, 'fit', memory.isExpanded && open.learner.rows === 0) : memory.prints;
    memory = { ...memory, open: followed(open, next), classRows: counts, prints };
  }
  return memory;
}

async function protectedRows<T extends { consolidated(rows: SeenRows['rows']): Promise<T> }>(
  learner: T,
  chunk: SeenRows,
  setup: LearnSetup,
): Promise<T> {
  return setup.tier.ewc > 0 ? learner.consolidated(chunk.rows) : learner;
}

/** The rows as the learner sees them, at most `size` together, the model being run on a few hundred at a time. */
async function* seenChunks(tools: LearnTools, data: FitRows, labels: LabelKind, size: number): AsyncGenerator<SeenRows> {
  const aligned = alignLabels(data.labels, labels, "the plan's data").labels;
  let parts: SeenRows[] = [];
  let held = 0;
  for await (const batch of labelledBatches(data, aligned, Math.min(1024, size))) {
    parts.push(await seenRows(tools, batch));
    held += batch.rows;
    if (held < size) continue;
    yield joinedRows(parts, aligned);
    [parts, held] = [[], 0];
  }
  if (held > 0) yield joinedRows(parts, aligned);
}

/** One batch run through the part below the tier. */
export function seenRows(tools: LearnTools, batch: LabelledRows): Promise<SeenRows> {
  const { abort } = tools.control;
  return tools.lower.run(batch, { host: nodeHost, ...(abort === undefined ? {} : { abort }) });
}

function countRows(before: Float64Array, { rows: { labels } }: SeenRows): Float64Array {
  if (labels.kind !== 'class') return before;
  const counts = new Float64Array(Math.max(before.length, labels.values.reduce((high, v) => Math.max(high, v), -1) + 1));
  counts.set(before);
  for (const label of labels.values) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** A state that fits the plan, read from its file; null when there is none. Throws TierwiseError saying which part does not fit. */
export async function readFittingState(path: string, setup: LearnSetup): Promise<ReadState | null> {
  const found = await readState(path);
  if (found === null) return null;
  const { saved } = found;
  const startOver = 'Start anew: name another state with --state, move this one away, or use --fresh to start from nothing.';
  if (saved.head !== setup.head.id || saved.upper !== setup.upperFacts)
    throw new TierwiseError(
      'state-other-learner',
      `${path} was learned with other clauses of the upper tier (its layers, learner, lambda, forgetting, expansion or seed changed)`,
      `Take the change back, or start anew. ${startOver}`,
    );
  if (saved.lower !== setup.lowerHash || saved.waiting.width !== setup.lower.width)
    throw new TierwiseError(
      'state-other-lower-tier',
      `${path} was learned on other layers below the upper tier: the model is another one, or its lower tier was fitted again`,
      `What was learned on the old features says nothing about the new ones. ${startOver}`,
    );
  return found;
}

/** The memory of a state that fits, its learner running again. */
export async function resumeMemory(
  { setup, numerics, runtime }: LearnTools,
  policy: ChosenPolicy,
  { saved }: ReadState,
): Promise<LearnMemory> {
  return fromSaved(
    saved,
    await resumedLearner(setup, saved.labels.kind, saved.learner, numerics, runtime),
    policy,
    setup.tier.expand !== undefined,
  );
}

/** Says when the learned model beside a state is not the one that was written with it. */
export async function pairFindings(paths: LearnPaths, { saved }: ReadState): Promise<readonly Diagnostic[]> {
  const present = await sha256File(paths.output);
  if (present === saved.model) return [];
  const message =
    present === null
      ? `The model ${paths.output} of the state ${paths.state} is not there; it is written anew from the state.`
      : `The model ${paths.output} is not the one of the state ${paths.state}: a run ended between writing the two, or one of them was changed. The state counts; rows of that run are not in it and can be learned again. The model is written anew from the state.`;
  return [{ severity: 'warning', code: 'learned-model-differs', message, where: { path: paths.output } }];
}
