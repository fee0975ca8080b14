import type { DiagnosticDocument } from './documents.ts';
import type { Quantity } from './quantity.ts';

/** What was done with one batch of a stream (method 3.8). */
export type LearnDecision = 'skip' | 'update' | 'refit' | 'restored';

/** One batch of `tierwise.learn/1`. */
export interface LearnBatch {
  readonly index: number;
  readonly rows: number;
  readonly decision: LearnDecision;
  /** Why, in one sentence. */
  readonly reason: string;
  /** Expected errors avoided over the policy's horizon; null when nothing was estimated. */
  readonly expectedGain: number | null;
  /** `gain` as a bare number. */
  readonly gainPerJoule: number | null;
  /** Expected errors avoided per joule, at the high bound of the energy; null when nothing was estimated. Absent in records of older versions. */
  readonly gain?: Quantity<'1/J'> | null;
  /** Spent on this batch beyond inference: probe and update. */
  readonly energy: Quantity<'J'>;
  /** What `before`, `after` and `running` measure. */
  readonly metric: 'accuracy' | 'mse';
  /** The metric on this batch before learning from it: prequential. */
  readonly before: number;
  /** The same on this batch afterwards; equal to `before` when nothing changed. */
  readonly after: number;
  /** Running prequential accuracy (or error) over the stream so far. */
  readonly running: number;
  /** Drift signals that are up, e.g. "page-hinkley". */
  readonly drift: readonly string[];
  /** Labels first seen in this batch. */
  readonly newClasses: readonly number[];
}

/** `tierwise.learn/1`: the record of a learning run. */
export interface LearnDocument {
  readonly schema: 'tierwise.learn/1';
  readonly plan: string;
  readonly tier: string;
  readonly learner: string;
  /** The learned model and the state it continues from. */
  readonly output: string;
  readonly state: string;
  readonly resumed: boolean;
  readonly policy: string;
  readonly batches: readonly LearnBatch[];
  readonly totals: {
    readonly batches: number;
    readonly rows: number;
    readonly updates: number;
    readonly skips: number;
    readonly energy: Quantity<'J'>;
    /** What updating on every batch would have cost. */
    readonly energyAlways: Quantity<'J'>;
    readonly classes: number | null;
  };
  readonly evaluation: {
    readonly metric: 'accuracy' | 'mse';
    /** On the rows that the plan holds out; null when the plan has no data. */
    readonly heldOut: { readonly rows: number; readonly before: number; readonly after: number } | null;
    /** Prequential, over the stream. */
    readonly stream: number;
  };
  /** Of the learned model; absent in records of older versions. */
  readonly hashes?: { readonly output: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** `tierwise.unlearn/1`. */
export interface UnlearnDocument {
  readonly schema: 'tierwise.unlearn/1';
  readonly plan: string;
  readonly output: string;
  readonly state: string;
  readonly rows: number;
  readonly rowsLeft: number;
  /** Whether the result equals one that never saw the rows; if not, why. */
  readonly exact: boolean;
  readonly reason: string;
  readonly energy: Quantity<'J'>;
  readonly evaluation: {
    readonly metric: 'accuracy' | 'mse';
    readonly rows: number;
    readonly before: number;
    readonly after: number;
  } | null;
  readonly diagnostics: readonly DiagnosticDocument[];
}
