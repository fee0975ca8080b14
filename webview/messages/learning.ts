import type { FigureView, JoulesView } from './figures.ts';
import type { Problem } from './runs.ts';

/** One decided batch of a learning run. */
export interface LearningBatchView {
  readonly index: number;
  readonly rows: string;
  readonly decision: 'skip' | 'update' | 'refit' | 'restored';
  readonly reason: string;
  /** Quality on this batch before and after learning from it. */
  readonly before: string;
  readonly after: string;
  readonly running: string;
  readonly gain: string;
  readonly energy: FigureView;
  /** Drift signals that were up and labels first seen, in words; empty when none. */
  readonly signals: string;
}

/** A point of the two curves of a learning run. */
export interface LearningPoint {
  readonly index: number;
  /** Accuracy in 0..1, or an error of 0 or more. */
  readonly running: number;
  /** The same of this batch alone. */
  readonly batch: number;
  /** Spent so far, in joules. */
  readonly spent: JoulesView;
  readonly decision: 'skip' | 'update' | 'refit' | 'restored';
}

/** Learning from data: live while it runs, and its result afterwards. */
export interface LearningView {
  readonly plan: string;
  readonly data: string;
  readonly tier: string;
  readonly policy: string;
  readonly metric: 'accuracy' | 'mse';
  readonly metricText: string;
  /** Set while it runs; `stopping` after the user asked it to stop. */
  readonly running: { readonly message: string; readonly fraction: number | null; readonly stopping: boolean } | null;
  /** Newest first; `batchCount` says how many there are in all. */
  readonly batches: readonly LearningBatchView[];
  readonly batchCount: number;
  /** Thinned to a few hundred, in order. */
  readonly points: readonly LearningPoint[];
  readonly totals: {
    readonly rows: string;
    readonly updates: string;
    readonly skips: string;
    readonly quality: string;
    readonly energy: FigureView | null;
    /** What updating on every batch would have cost; null until the run is over. */
    readonly always: FigureView | null;
  };
  readonly result: {
    readonly output: string;
    readonly state: string;
    readonly resumed: boolean;
    readonly heldOut: { readonly before: string; readonly after: string; readonly rows: string } | null;
  } | null;
  readonly problems: readonly Problem[];
}
