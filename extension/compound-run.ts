import type {
  CompoundDecision,
  CompoundDocument,
  CompoundStep,
  CompoundSums,
  CompoundUpdate,
  ErrorData,
  LearnDecision,
} from '../solver-core/protocol/index.ts';
import { withFullRefs } from './record-refs.ts';

/** A point of the course of a stream: running figures behind so many decisions. */
export interface CoursePoint {
  readonly decisions: number;
  readonly running: CompoundStep['running'];
  readonly sums: CompoundSums;
  /** What was learned since the point before; the strongest where several batches are one point. */
  readonly learned: LearnDecision;
}

/** What was done about learning after a batch, with the batch's number. */
export interface NumberedUpdate {
  readonly index: number;
  readonly update: CompoundUpdate;
}

/** What is known about a plan's compound model on a stream: batch by batch while it runs, completed by its record. Bounded. */
export interface CompoundRun {
  readonly plan: string;
  /** The stream that was chosen last; null before the first. */
  readonly stream: string | null;
  /** Another one for every run that does not go on from the one shown before. */
  readonly number: number;
  readonly running: { readonly message: string; readonly fraction: number | null; readonly stopping: boolean } | null;
  /** The newest ones that were told, in order. */
  readonly decisions: readonly CompoundDecision[];
  /** Made in all, earlier runs of the same state included. */
  readonly decisionCount: number;
  readonly course: readonly CoursePoint[];
  readonly updates: readonly NumberedUpdate[];
  readonly updateCount: number;
  readonly record: CompoundDocument | null;
  /** The record is of an earlier session. */
  readonly restored: boolean;
  /** Whether the state that a run goes on from is there. */
  readonly hasState: boolean;
  /** Of the plan's text that was run; null when not known. */
  readonly planHash: string | null;
  readonly error: ErrorData | null;
}

/** Decisions kept for the page, the newest; the log has them all. */
export const maxDecisions = 2000;
const maxCourse = 1000;
const maxUpdates = 500;

export function idleCompound(plan: string, stream: string | null = null): CompoundRun {
  return {
    plan,
    stream,
    number: 0,
    running: null,
    decisions: [],
    decisionCount: 0,
    course: [],
    updates: [],
    updateCount: 0,
    record: null,
    restored: false,
    hasState: false,
    planHash: null,
    error: null,
  };
}

/** The run at its start. One that goes on keeps what is shown; one that starts over shows nothing of what was before. */
export function startedCompound(run: CompoundRun, stream: string, goesOn: boolean, message: string): CompoundRun {
  const running = { message, fraction: null, stopping: false };
  if (goesOn) return { ...run, stream, running, error: null };
  return { ...idleCompound(run.plan, stream), number: run.number + 1, running };
}

/** The run after one more batch. A run that does not go on from what is shown, as its numbers tell, shows nothing of it. */
export function withStep(run: CompoundRun, step: CompoundStep): CompoundRun {
  const first = step.shown[0]?.index;
  const isAnother = first !== undefined && first < run.decisionCount;
  const base = isAnother ? { ...startedCompound(run, run.stream ?? '', false, ''), running: run.running } : run;
  const last = step.shown.at(-1)?.index;
  const decisionCount = last === undefined ? base.decisionCount + step.decisions : last + 1;
  const { running, sums, update } = step;
  const point: CoursePoint = { decisions: decisionCount, running, sums, learned: update?.decision ?? 'skip' };
  const told = update !== null && update.decision !== 'skip' ? 1 : 0;
  return {
    ...base,
    decisions: newest([...base.decisions, ...step.shown], maxDecisions),
    decisionCount,
    course: thinned([...base.course, point], maxCourse),
    updates: update === null ? base.updates : newest([...base.updates, { index: step.index, update }], maxUpdates),
    updateCount: base.updateCount + told,
  };
}

/** The run as its record tells it. Decisions stay as they were told: the record has none. */
export function finishedCompound(run: CompoundRun, document: CompoundDocument, planHash: string | null): CompoundRun {
  const record = withFullRefs(document, document.totals.energy.deciding.ref);
  const done = { ...run, running: null, record: { ...record, steps: [] }, restored: false, hasState: true, planHash, error: null };
  // Told batch by batch, also before this window's newest run: nothing to add.
  if (run.decisionCount >= record.totals.decisions && run.course.length > 0)
    return { ...done, decisionCount: record.totals.decisions, updateCount: record.totals.updates };
  let decisions = Math.max(0, record.totals.decisions - record.steps.reduce((sum, step) => sum + step.decisions, 0));
  const course = record.steps.map((step): CoursePoint => {
    decisions += step.decisions;
    return { decisions, running: step.running, sums: step.sums, learned: step.update?.decision ?? 'skip' };
  });
  const updates = record.steps.flatMap(({ index, update }) => (update === null ? [] : [{ index, update }]));
  return {
    ...done,
    decisionCount: record.totals.decisions,
    course: thinned(course, maxCourse),
    updates: newest(updates, maxUpdates),
    updateCount: record.totals.updates,
  };
}

/** The run after it failed, or was stopped before anything was decided. */
export function brokenCompound(run: CompoundRun, error: ErrorData | null): CompoundRun {
  return { ...run, running: null, error };
}

/** At most `limit` points, the last one among them, evenly: neighbours become one, with the stronger of what they learned. */
export function thinned(course: readonly CoursePoint[], limit: number): readonly CoursePoint[] {
  let points = course;
  while (points.length > limit) {
    const half: CoursePoint[] = [];
    // Pairs from the end, so that the last point stays.
    for (let i = points.length - 1; i >= 0; i -= 2) {
      const [point, before] = [points[i], points[i - 1]];
      if (point) half.push({ ...point, learned: stronger(point.learned, before?.learned ?? 'skip') });
    }
    points = half.reverse();
  }
  return points;
}

const strength: readonly LearnDecision[] = ['skip', 'update', 'restored', 'refit'];
const stronger = (a: LearnDecision, b: LearnDecision): LearnDecision => (strength.indexOf(a) >= strength.indexOf(b) ? a : b);

function newest<T>(all: readonly T[], limit: number): readonly T[] {
  return all.length <= limit ? all : all.slice(-limit);
}
