import type { DiagnosticDocument } from './documents.ts';
import type { SavingDocument } from './evidence-documents.ts';
import type { Quantity } from './quantity.ts';

/**
 * How thresholds are chosen. `budget`: one bound on the loss of the whole model, spent where it buys most (default). `sequential`: site
 * after site with a bound per site, as published (method 6.2). `uniform`: the same quantile at every site.
 */
export type SparsifyMethod = 'budget' | 'sequential' | 'uniform';

/** One configuration that was tried: a point of the curve between loss and sparsity. */
export interface SparsifyPoint {
  /** Stable within a run, e.g. "natural", "budget-12". */
  readonly id: string;
  readonly label: string;
  readonly kind: 'baseline' | 'candidate';
  /** Share of the multiply-adds of the sites' layers that meet a zero input, 0 to 1, on the rows that decide. */
  readonly sparsity: number;
  /** Mean loss on the same rows; nats per token or per row (cross-entropy), or mean squared error. */
  readonly loss: number;
  /** loss / loss of the model as it was given - 1. */
  readonly lossIncrease: number;
  /** Whether the increase is within the bound. */
  readonly allowed: boolean;
  /** The one that was written. */
  readonly chosen: boolean;
}

/** One place where zeros are made: a value that enters one or more weight layers. */
export interface SparsifySiteDocument {
  /** Name of the value that is thresholded. */
  readonly id: string;
  /** Ids of the layers that read it. */
  readonly layers: readonly string[];
  /** Number of the repeated block it belongs to, from 0; null outside. */
  readonly block: number | null;
  /** What it is within its block, e.g. "att.key", "ffn.value", "qkv", "down"; null when the block is not of a known kind. */
  readonly role: string | null;
  readonly channels: number;
  /** Multiply-adds of the layers that read it: per token, or per row. */
  readonly macs: number;
  /** Smallest and largest threshold over the channels (equal: one for all); null: left dense. */
  readonly threshold: { readonly low: number; readonly high: number } | null;
  /** True: values near a channel's centre become the centre instead of zero, and the bias of the layers holds the centre's share. */
  readonly centred: boolean;
  /** Share of zeros that the model makes by itself (behind a rectifier), and with thresholds; on rows that chose nothing. */
  readonly naturalZeros: number;
  readonly zeros: number;
  /** True: weights of the layers that follow were corrected by a least-squares solve. */
  readonly corrected: boolean;
  /** Why the site was left as it was; null when it was changed. */
  readonly left: string | null;
}

/** Energy and time of one inference (a token, or a row) under one model of an event-driven processor. */
export interface SparsityCost {
  /** `synaptic`: the published figure per synaptic operation; `instructions`: events, weight loads and state from the table per instruction. */
  readonly model: 'synaptic' | 'instructions';
  /** Every input counts. */
  readonly dense: Quantity<'J'>;
  /** A machine that skips the zeros of rectifiers already. */
  readonly natural: Quantity<'J'>;
  readonly sparse: Quantity<'J'>;
}

/** What sparsity is worth on an event-driven target. */
export interface SparsityEnergyDocument {
  readonly target: string;
  readonly unit: 'token' | 'row';
  /** Multiply-adds of one inference that are made; all layers of the model, those without a site count in full. */
  readonly macs: { readonly dense: number; readonly natural: number; readonly sparse: number };
  readonly costs: readonly SparsityCost[];
  readonly latency: { readonly dense: Quantity<'s'>; readonly natural: Quantity<'s'>; readonly sparse: Quantity<'s'> };
  /** Against every input counting, and against a machine that skips the zeros of rectifiers already: only the second is the thresholds' own. */
  readonly againstDense: SavingDocument;
  readonly againstNatural: SavingDocument;
}

/** `tierwise.sparsify/1`. */
export interface SparsifyDocument {
  readonly schema: 'tierwise.sparsify/1';
  readonly plan: string;
  readonly model: string;
  /** The model that was written; null for a trial run, or when nothing was within the bound. */
  readonly output: string | null;
  readonly method: SparsifyMethod;
  /** Allowed relative increase of the loss of the whole model (0.02 = 2 %), on the rows that decide. */
  readonly maxLoss: number;
  /** The loss that is bounded. */
  readonly metric: 'cross-entropy' | 'mse';
  /** What a loss is the mean over. */
  readonly unit: 'token' | 'row';
  /** Tokens or rows that steered, that decided, and that judged at the end; none is in two of them. */
  readonly rows: { readonly calibration: number; readonly deciding: number; readonly heldOut: number };
  readonly sites: readonly SparsifySiteDocument[];
  readonly points: readonly SparsifyPoint[];
  /** On rows that chose nothing. `accuracy`: share of right predictions (the next token, or the label); null without labels. */
  readonly evaluation: {
    readonly loss: { readonly before: number; readonly after: number; readonly increase: number };
    readonly accuracy: { readonly before: number; readonly after: number } | null;
    /** Share of the multiply-adds of the sites' layers that meet a zero. */
    readonly sparsity: { readonly before: number; readonly after: number };
  } | null;
  /** Null when the plan's target is not event-driven and none was asked for. */
  readonly energy: SparsityEnergyDocument | null;
  /** Passes over rows that computed a loss, those of an earlier run that was continued included. */
  readonly evaluations: number;
  /** True: the search went on from what an interrupted run had found. */
  readonly resumed: boolean;
  readonly seconds: number;
  readonly hashes: { readonly plan: string; readonly model: string; readonly data: string; readonly output: string | null };
  readonly versions: Readonly<Record<string, string>>;
  readonly diagnostics: readonly DiagnosticDocument[];
}
