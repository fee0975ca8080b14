import type { ErrorData } from '../solver-core/protocol/index.ts';

/** What a search tells of itself at its end: what it tried, and the model that it wrote, if any. */
export interface SearchDocument<P> {
  readonly output: string | null;
  readonly points: readonly P[];
}

/** What is known about a search of one plan: point by point while it runs, completed by its document. `O` are its options. */
export interface SearchRun<O, P extends { readonly id: string }, D extends SearchDocument<P>> {
  readonly plan: string;
  readonly running: {
    readonly message: string;
    readonly fraction: number | null;
    readonly stopping: boolean;
    readonly writes: boolean;
  } | null;
  /** The options that `points` were tried with. */
  readonly asked: O;
  /** Tried so far in the run that is under way, else those of `document`. */
  readonly points: readonly P[];
  /** The newest finished run with the options it was given. */
  readonly result: {
    readonly options: O;
    readonly document: D;
    readonly restored: boolean;
    /** Of the plan's text that was searched; null when not known. */
    readonly planHash: string | null;
  } | null;
  /** Files that were written and not deleted since; `earlier`: they hold what an earlier search found, not `result`. */
  readonly written: { readonly output: string; readonly files: readonly string[]; readonly earlier: boolean } | null;
  readonly error: ErrorData | null;
}

/** More points than a search tries; what a broken one sends beyond them is dropped. */
const maxPoints = 1000;

/** A plan that was not searched yet. */
export function idleSearch<O, P extends { readonly id: string }, D extends SearchDocument<P>>(
  plan: string,
  options: O,
): SearchRun<O, P, D> {
  return { plan, running: null, asked: options, points: [], result: null, written: null, error: null };
}

/** The run at its start. An earlier result stays until there is a new one. */
export function startedRun<O, P extends { readonly id: string }, D extends SearchDocument<P>>(
  run: SearchRun<O, P, D>,
  options: O,
  writes: boolean,
  message: string,
): SearchRun<O, P, D> {
  return { ...run, running: { message, fraction: null, stopping: false, writes }, asked: options, points: [], error: null };
}

/** The run after one more point; a point that comes again replaces its earlier form. */
export function withPoint<O, P extends { readonly id: string }, D extends SearchDocument<P>>(
  run: SearchRun<O, P, D>,
  point: P,
): SearchRun<O, P, D> {
  const others = run.points.filter(({ id }) => id !== point.id);
  return others.length >= maxPoints ? run : { ...run, points: [...others, point] };
}

/** The run as its document tells it. Only a run that was asked to write has files. */
export function finishedRun<O, P extends { readonly id: string }, D extends SearchDocument<P>>(
  run: SearchRun<O, P, D>,
  options: O,
  document: D,
  planHash: string | null = null,
): SearchRun<O, P, D> {
  const { output } = document;
  const before = run.written && { ...run.written, earlier: true };
  const written = output === null ? before : writtenFiles(output, false);
  const result = { options, document, restored: false, planHash };
  return { ...run, running: null, asked: options, points: document.points, result, written, error: null };
}

/** The run after it was stopped or failed: what the newest finished one said stands again. */
export function brokenRun<O, P extends { readonly id: string }, D extends SearchDocument<P>>(
  run: SearchRun<O, P, D>,
  error: ErrorData | null,
): SearchRun<O, P, D> {
  const asked = run.result?.options ?? run.asked;
  return { ...run, running: null, asked, points: run.result?.document.points ?? [], error };
}

/** A written model with its record. */
export function writtenFiles(
  output: string,
  earlier: boolean,
): { readonly output: string; readonly files: readonly string[]; readonly earlier: boolean } {
  return { output, files: [output, recordOf(output)], earlier };
}

/** The record beside a model: `digits.selected.onnx` has `digits.selected.json`. */
export function recordOf(output: string): string {
  return output.replace(/\.onnx$/i, '.json');
}
