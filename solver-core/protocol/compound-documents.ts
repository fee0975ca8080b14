import type { DiagnosticDocument } from './documents.ts';
import type { LearnDecision } from './learn-documents.ts';
import type { Quantity } from './quantity.ts';

/** What a compound model decides: the next token of a text, the class of a text, or the class of a row (an image, for example). */
export type CompoundTask = 'next-token' | 'text-class' | 'row-class';

/** How a head learns: exact recursive ridge, or gradient steps on its cross-entropy. */
export type CompoundHead = 'rls' | 'adam';

/** Joules of one decision by part; they sum to the total. */
export interface CompoundEnergy {
  readonly total: Quantity<'J'>;
  /** Representation by the lower module; 0 when the cache had all of it. */
  readonly lower: Quantity<'J'>;
  /** Looking up, reading and writing the cache. */
  readonly cache: Quantity<'J'>;
  /** The head that decides on the representation. */
  readonly head: Quantity<'J'>;
  /** The upper module's blocks and head; 0 without escalation. */
  readonly upper: Quantity<'J'>;
}

/** One decision of a stream. */
export interface CompoundDecision {
  /** From 0 over the whole stream, earlier runs of the same state included. */
  readonly index: number;
  /** What was read, shortened to 200 characters, inert; or "row 17". */
  readonly input: string;
  readonly exit: 'lower' | 'upper';
  /** `hit`: the whole representation came from the cache; `prefix`: a beginning of it did; `miss`; `off`: there is no cache. */
  readonly cache: 'hit' | 'prefix' | 'miss' | 'off';
  /** Calibrated probability that the lower exit is right, 0 to 1; what decided about escalation. */
  readonly confidence: number;
  /** Class or token in words. */
  readonly prediction: string;
  /** Null without a label. */
  readonly label: string | null;
  readonly correct: boolean | null;
  /** Cross-entropy of the exit that decided, nats; null without a label. */
  readonly loss: number | null;
  readonly energy: CompoundEnergy;
  /** One sentence. */
  readonly reason: string;
}

/** What was done about learning after a batch of decisions. */
export interface CompoundUpdate {
  readonly decision: LearnDecision;
  readonly reason: string;
  /** The head that would learn or has learned. */
  readonly head: CompoundHead;
  /** Expected errors avoided over the policy's horizon; null when nothing was estimated. */
  readonly expectedGain: number | null;
  readonly gain: Quantity<'1/J'> | null;
  /** Spent on this batch beyond deciding: probe and update. */
  readonly energy: Quantity<'J'>;
  /** Drift signals that are up. */
  readonly drift: readonly string[];
  /** Classes first seen in this batch, in words. */
  readonly newClasses: readonly string[];
}

/** What the same stream would have cost otherwise, modelled; running sums. */
export interface CompoundSums {
  /** This run: decisions and learning. */
  readonly compound: Quantity<'J'>;
  /** Only the lower exit, no cache, no learning. */
  readonly alwaysLower: Quantity<'J'>;
  /** Always the whole depth, no cache, no learning. */
  readonly alwaysUpper: Quantity<'J'>;
  /** Always the whole depth, and full retraining by gradient descent at every alarm. */
  readonly retraining: Quantity<'J'>;
}

/** A batch of decisions and what was learned from it: an event for live views, and an entry of the record. */
export interface CompoundStep {
  readonly index: number;
  /** Decisions of this batch, and those of them that are told one by one (at most 64, the last ones). */
  readonly decisions: number;
  readonly shown: readonly CompoundDecision[];
  readonly update: CompoundUpdate | null;
  /** Over the stream so far: accuracy of decisions made before their label was learned (prequential); null without labels. */
  readonly running: {
    readonly accuracy: number | null;
    readonly loss: number | null;
    /** Share of decisions that went to the upper module. */
    readonly escalated: number;
    /** Share of look-ups whose whole representation was there; null without a cache. */
    readonly hitRate: number | null;
  };
  /** Accuracy of this batch alone. */
  readonly accuracy: number | null;
  readonly sums: CompoundSums;
}

/** One module of a compound model. */
export interface CompoundModule {
  /** "blocks 0..3 of rwkv.onnx", "small.onnx". */
  readonly name: string;
  /** Hash of weights, split and vocabulary: what the cache and the learned heads belong to. */
  readonly version: string;
  readonly macs: number | null;
  readonly parameters: number;
  /** Of one decision, without cache. */
  readonly energy: Quantity<'J'> | null;
}

/** One point of the curve over the confidence below which a decision is escalated, on the rows that calibrate. */
export interface CompoundThreshold {
  readonly threshold: number;
  readonly accuracy: number;
  readonly escalated: number;
  readonly energy: Quantity<'J'>;
  readonly chosen: boolean;
}

/** A head that was tried, on rows that it had not seen. */
export interface CompoundHeadTrial {
  readonly exit: 'lower' | 'upper';
  readonly head: CompoundHead;
  readonly loss: number;
  readonly accuracy: number;
  /** Of learning it from the calibration rows. */
  readonly energy: Quantity<'J'>;
  readonly chosen: boolean;
  readonly reason: string;
}

/** `tierwise.compound/1`. */
export interface CompoundDocument {
  readonly schema: 'tierwise.compound/1';
  readonly plan: string;
  readonly stream: string;
  readonly task: CompoundTask;
  readonly target: string;
  readonly resumed: boolean;
  /** Which part of the stream this run decided. */
  readonly from: {
    /**
     * `start`: there was no state; `continued`: where an earlier run was stopped; `grown`: behind what was once the end; `again`: all of it
     * once more, it had been read to its end; `another`: its beginning, the state had read another stream last.
     */
    readonly how: 'start' | 'continued' | 'grown' | 'again' | 'another';
    /** Decisions of this stream before this run, behind it, and in all. */
    readonly before: number;
    readonly after: number;
    readonly of: number;
  };
  readonly lower: CompoundModule;
  readonly upper: CompoundModule;
  readonly calibration: {
    readonly rows: number;
    /** Divides the scores of the lower exit before the softmax. */
    readonly temperature: number;
    /** Expected calibration error (15 bins) before and after. */
    readonly calibrationError: { readonly before: number; readonly after: number };
    /** A decision below this confidence goes to the upper module. */
    readonly threshold: number;
    readonly curve: readonly CompoundThreshold[];
  };
  readonly heads: readonly CompoundHeadTrial[];
  readonly cache: {
    readonly limitBytes: number;
    readonly bytes: number;
    readonly entries: number;
    readonly lookups: number;
    readonly hits: number;
    readonly prefixHits: number;
    readonly evictions: number;
    /** Hit rate above which the cache saves energy; null when it never does. */
    readonly breakEvenHitRate: number | null;
  } | null;
  /** Every batch; `shown` is empty here: the log holds every decision. */
  readonly steps: readonly CompoundStep[];
  readonly totals: {
    readonly decisions: number;
    readonly escalated: number;
    readonly updates: number;
    readonly skips: number;
    readonly accuracy: number | null;
    readonly loss: number | null;
    readonly energy: { readonly deciding: Quantity<'J'>; readonly learning: Quantity<'J'> };
    readonly sums: CompoundSums;
  };
  /** On the plan's held-out rows, with the heads before and after the stream: what was forgotten. Null without them. */
  readonly heldOut: { readonly rows: number; readonly before: number; readonly after: number } | null;
  /** Files written: this record, the two modules with their heads, the state a later run continues from, and every decision as a line of JSON. */
  readonly outputs: {
    readonly record: string;
    readonly lower: string;
    readonly upper: string;
    readonly state: string;
    readonly log: string;
  };
  readonly hashes: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly diagnostics: readonly DiagnosticDocument[];
}
