import type { DriftState, PolicyEvent, PolicyState } from '../learn/index.ts';
import type { UpperLearner } from '../learn/learner.ts';
import type { CompoundDecision, CompoundStep, Quantity } from '../protocol/index.ts';

export type Joules = Quantity<'J'>;

/** Where a decision leaves the compound model: the head on the lower module's output, or the head above the upper module. */
export type Exit = 'lower' | 'upper';

/** What a module reads: tokens of one context from its start, or the bytes of one row. Equal contents give equal representations. */
export type Content =
  | { readonly kind: 'tokens'; readonly tokens: Int32Array }
  | { readonly kind: 'row'; /** The row's numbers as the module reads them. */ readonly values: Float32Array };

/** What the cache keeps of a content. Its arrays are shared with the cache: read them, never write to them. */
export interface Representation {
  /** [decisions, width] row-major: what the lower exit's head reads, one row per decision that the content serves. */
  readonly features: Float32Array;
  /** Recurrent state behind the last token; a longer content goes on from it. Empty: such contents start over. */
  readonly states: readonly Float32Array[];
}

/** One content to represent. */
export interface LowerRequest {
  readonly content: Content;
  /** The longest beginning that is known, with states; null: start at the first token. Its features are part of the answer again. */
  readonly known: { readonly tokens: number; readonly representation: Representation } | null;
}

/** What came of one request. */
export interface LowerResult extends Representation {
  /** Tokens (or 1 row) that were computed; what is known costs nothing. */
  readonly computed: number;
  /** Beginnings worth keeping beside the whole content, each with its states. */
  readonly beginnings: readonly { readonly tokens: number; readonly representation: Representation }[];
}

/** The lower module: frozen or solved, represents contents. The same content gives the same bits. */
export interface LowerModule {
  /** Hash of everything a representation depends on: weights, split, thresholds, vocabulary. */
  readonly version: string;
  /** Values per row of features. */
  readonly width: number;
  /** One result per request, in their order. */
  represent(requests: readonly LowerRequest[]): Promise<readonly LowerResult[]>;
}

/** A decision that goes to the upper module. */
export interface UpperRequest {
  /** Position in the batch. */
  readonly item: number;
  /** As in the item. */
  readonly context: string;
  /** Tokens (or rows) of the context that the upper module has seen, and up to which it now reads: from < to <= the item's position. */
  readonly from: number;
  readonly to: number;
}

/** The upper module: small, decides what the lower exit is not sure of. */
export interface UpperModule {
  readonly version: string;
  /** Values per row of features of its own head. */
  readonly width: number;
  /** [requests, width]; requests of one context come in the order of the text. Called at most once per batch. */
  represent(requests: readonly UpperRequest[]): Promise<Float32Array>;
}

/** Joules of the parts, on the plan's target. Everything is modelled by multiply-adds and bytes. */
export interface StreamPrices {
  /** Representing so many tokens (or rows) by the lower module, and by the upper module behind it. */
  lower(tokens: number): Joules;
  upper(tokens: number): Joules;
  /** One row of scores of an exit's head. */
  head(exit: Exit, outputs: number): Joules;
  readonly lookup: Joules;
  read(bytes: number): Joules;
  write(bytes: number): Joules;
  /** One update of a head with so many rows; representing them is deciding and not counted. */
  update(exit: Exit, learner: UpperLearner, rows: number): Joules;
  /** Full retraining by gradient descent over so many rows (baseline). */
  retraining(rows: number): Joules;
  readonly none: Joules;
  /** True: the upper module reads the rows itself, so that always asking it needs no lower module. Default false. */
  readonly isUpperAlone?: boolean;
}

/** One decision to make. */
export interface StreamItem {
  /** What was read, for people; shortened here to 200 characters. */
  readonly input: string;
  readonly cache: CompoundDecision['cache'];
  /** Tokens (or rows) the decision would take without a cache: 1 for a next token or a row, the whole text for its class. */
  readonly tokens: number;
  /** Of them, computed by the lower module for this decision: 0 when the cache had all. */
  readonly computed: number;
  /** Look-ups, and bytes of the cache read and written for this decision; 0 without a cache. */
  readonly lookups: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Names the context: the upper module goes on where it stopped in the same context, and starts anew in another. Contexts do not come back. */
  readonly context: string;
  /** Tokens (or rows) of the context up to and with this decision, 1 or more, increasing within a context. */
  readonly position: number;
  /** Class or token id that turned out right; null: not known (it is then not learned from). */
  readonly label: number | null;
}

/** A batch of decisions. */
export interface StreamBatch {
  readonly items: readonly StreamItem[];
  /** [items, lower width] */
  readonly features: Float32Array;
}

/** How confident is confident enough; the plan's `escalate` and budgets. */
export interface StreamSettings {
  readonly escalate: { readonly confidence: number | 'auto' | 'never' | 'always'; readonly within: number };
  /** Most joules (high bound) of one decision; an escalation that would exceed it is not made. Null: no limit. */
  readonly decisionBudgetJ: number | null;
  /** False: heads, temperatures and threshold stay as they are. */
  readonly learns: boolean;
}

/** One exit: the head that decides there and the temperature its scores are divided by. */
export interface ExitState {
  readonly learner: UpperLearner;
  readonly temperature: number;
}

/**
 * Results of the newest labelled decisions that the threshold is chosen by, oldest first; at most `poolRows` of them. Each was made by heads
 * that had not learned the row.
 */
export interface CalibrationPool {
  /** Calibrated confidence of the lower exit. */
  readonly confidence: Float64Array;
  /** 1 right, 0 wrong. */
  readonly lower: Float64Array;
  /** 1 right, 0 wrong, or the expected share where the upper exit was not asked. */
  readonly upper: Float64Array;
  /** 1: the upper exit was asked. */
  readonly asked: Float64Array;
}

/** Labelled rows that wait to be learned or that candidates are judged on (method 3.8), oldest first. */
export interface WaitingDecisions {
  /** Position in the stream of labelled rows of the first one. */
  readonly first: number;
  readonly rows: number;
  /** [rows, lower width] */
  readonly lower: Float32Array;
  /** [rows with an upper result, upper width], and which of the rows each belongs to, increasing. */
  readonly upper: Float32Array;
  readonly upperRows: Float64Array;
  /** [rows] */
  readonly labels: Float64Array;
  /** [rows] 1 where the upper exit decided. */
  readonly exits: Float64Array;
}

/** Running counts over the stream; doubles, so that they go into a file as they are. */
export interface StreamCounts {
  readonly batches: number;
  readonly decisions: number;
  readonly escalated: number;
  readonly labelled: number;
  /** Tokens (or rows) of the labelled decisions. */
  readonly labelledTokens: number;
  readonly correct: number;
  /** Sum of the cross-entropies of labelled decisions, nats. */
  readonly loss: number;
  readonly lookups: number;
  readonly hits: number;
  readonly prefixHits: number;
  readonly updates: number;
  readonly skips: number;
  readonly restored: number;
  readonly alarms: number;
}

/** Running joules over the stream. */
export interface StreamSums {
  readonly deciding: Joules;
  readonly learning: Joules;
  readonly alwaysLower: Joules;
  readonly alwaysUpper: Joules;
  readonly retraining: Joules;
}

/** Everything that changes while a stream is decided. A batch gives a new one and leaves this one as it was. Bounded. */
export interface StreamState {
  readonly settings: StreamSettings;
  /** Module versions that the heads belong to. */
  readonly versions: { readonly lower: string; readonly upper: string };
  readonly lower: ExitState;
  readonly upper: ExitState;
  /** A lower exit with less confidence than this is not believed: 0 never escalates, above 1 always does. */
  readonly threshold: number;
  readonly pool: CalibrationPool;
  /** The log is empty between batches: `StepOutcome.events` holds it. */
  readonly policy: PolicyState;
  readonly drift: DriftState;
  readonly waiting: WaitingDecisions;
  /** Position in the stream of labelled rows from which a drift alarm has not been dealt with; null: there is none. */
  readonly alarmAt: number | null;
  /** Rows seen of each class. */
  readonly classRows: Float64Array;
  /** The newest context and how many of its tokens the upper module has seen. */
  readonly context: { readonly name: string; readonly seen: number };
  readonly counts: StreamCounts;
  readonly sums: StreamSums;
}

/** What a stream works with. */
export interface StreamTools {
  readonly upper: UpperModule;
  readonly prices: StreamPrices;
  /** Class or token in words. */
  nameOf(label: number): string;
}

/** What became of one batch. */
export interface StepOutcome {
  readonly state: StreamState;
  /** Every decision of the batch, in order. */
  readonly decisions: readonly CompoundDecision[];
  /** For live views and the record; `shown` holds at most the last 64 decisions. */
  readonly step: CompoundStep;
  /** What the update policy was asked and answered in this batch: with those of earlier batches `replayPolicy` comes to the same decisions. */
  readonly events: readonly PolicyEvent[];
}
