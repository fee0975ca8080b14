import type { ErrorData, SelectDocument, SelectPoint } from '../solver-core/protocol/index.ts';
import type { OptimiseOptions } from '../webview/messages/index.ts';

/** What is known about the search of one plan: point by point while it runs, completed by its document. */
export interface OptimiseRun {
  readonly plan: string;
  readonly running: {
    readonly message: string;
    readonly fraction: number | null;
    readonly stopping: boolean;
    readonly writes: boolean;
  } | null;
  /** The allowed loss that `points` were judged by. */
  readonly limit: number;
  /** Tried so far in the run that is under way, else those of `document`. */
  readonly points: readonly SelectPoint[];
  /** The newest finished run with the options it was given. */
  readonly result: {
    readonly options: OptimiseOptions;
    readonly document: SelectDocument;
    readonly restored: boolean;
    /** Of the plan's text that was searched; null when not known. */
    readonly planHash: string | null;
  } | null;
  /** Files that were written and not deleted since; `earlier`: they hold the weights of an earlier search, not of `result`. */
  readonly written: { readonly output: string; readonly files: readonly string[]; readonly earlier: boolean } | null;
  readonly error: ErrorData | null;
}

/** One point of accuracy, every weight allowed, in closed form, on the plain multiplier. */
export const defaultOptions: OptimiseOptions = { maxDrop: 0.01, bits: 8, values: 'all', method: 'closed-form', cell: 'array' };

/** More points than a search tries; what a broken one sends beyond them is dropped. */
const maxPoints = 1000;

export function idleRun(plan: string): OptimiseRun {
  return { plan, running: null, limit: defaultOptions.maxDrop, points: [], result: null, written: null, error: null };
}

/** The run at its start. An earlier result stays until there is a new one. */
export function startedRun(run: OptimiseRun, options: OptimiseOptions, writes: boolean, message: string): OptimiseRun {
  return { ...run, running: { message, fraction: null, stopping: false, writes }, limit: options.maxDrop, points: [], error: null };
}

/** The run after one more point; a point that comes again replaces its earlier form. */
export function withPoint(run: OptimiseRun, point: SelectPoint): OptimiseRun {
  const others = run.points.filter(({ id }) => id !== point.id);
  return others.length >= maxPoints ? run : { ...run, points: [...others, point] };
}

/** The run as its document tells it. Only a run that was asked to write has files. */
export function finishedRun(
  run: OptimiseRun,
  options: OptimiseOptions,
  document: SelectDocument,
  planHash: string | null = null,
): OptimiseRun {
  const { output } = document;
  const before = run.written && { ...run.written, earlier: true };
  const written = output === null ? before : writtenFiles(output, false);
  return {
    ...run,
    running: null,
    limit: options.maxDrop,
    points: document.points,
    result: { options, document, restored: false, planHash },
    written,
    error: null,
  };
}

/** The run after it was stopped or failed: what the newest finished one said stands again. */
export function brokenRun(run: OptimiseRun, error: ErrorData | null): OptimiseRun {
  const limit = run.result?.options.maxDrop ?? run.limit;
  return { ...run, running: null, limit, points: run.result?.document.points ?? [], error };
}

/** A written model with its record. */
export function writtenFiles(output: string, earlier: boolean): NonNullable<OptimiseRun['written']> {
  return { output, files: [output, recordOf(output)], earlier };
}

/** The record beside a model: `digits.selected.onnx` has `digits.selected.json`. */
export function recordOf(output: string): string {
  return output.replace(/\.onnx$/i, '.json');
}
