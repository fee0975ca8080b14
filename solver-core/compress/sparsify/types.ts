import type { Numerics } from '../../fit/numerics.ts';
import type { AbortFlag } from '../../model/abort.ts';
import type { Layer } from '../../model/layer.ts';
import type { SparsitySite } from '../../model/sites.ts';
import type { SparsifyMethod, SparsifyPoint } from '../../protocol/sparsify-documents.ts';

/** What is done at one site: y = |x − centre| > threshold ? x − centre : 0. */
export interface SiteSetting {
  /** [channels] 0 or larger and finite; null: nothing is made zero. */
  readonly threshold: Float32Array | null;
  /** [channels]; null: nothing is taken from the values. */
  readonly centre: Float32Array | null;
}

/** Other weights of a layer, as onnx/thresholds.ts takes them: stored layout, and the whole bias (a centre's share included). */
export interface CorrectedLayer {
  readonly layer: string;
  readonly weights: Float32Array;
  readonly bias: Float32Array | null;
}

/** A model with thresholds: site id -> setting, layer id -> other weights. Sites and layers that are missing are as they were. */
export interface SparsityState {
  readonly settings: ReadonlyMap<string, SiteSetting>;
  readonly corrections: ReadonlyMap<string, CorrectedLayer>;
}

/** The model as it was given. */
export const denseState: SparsityState = { settings: new Map(), corrections: new Map() };

/** Rows that thresholds and weights are made from and that steer the search, and rows that decide whether a bound holds. */
export type RowsKind = 'calibration' | 'deciding';

/** A pass over rows. */
export interface Evaluation {
  /** [tokens or rows] nats, in a fixed order that is the same for every state. */
  readonly losses: Float64Array;
  /** Site id -> share of values that are zero where the layers read them, all sites of the model. */
  readonly zeros: ReadonlyMap<string, number>;
}

/** Weights of a dense layer: y = x · weights + bias (a Gemm's alpha and beta are in them). */
export interface LayerWeights {
  /** [inputs, outputs] row-major. */
  readonly weights: Float64Array;
  /** [outputs] */
  readonly bias: Float64Array;
  /** Turns weights [inputs, outputs] and a bias into what is stored. */
  store(weights: Float64Array, bias: Float64Array): CorrectedLayer;
}

/** What is asked of some rows under one state: names of values, one row of numbers per token or row (or per position). */
export interface ValuesRequest {
  readonly state: SparsityState;
  readonly names: readonly string[];
}

/** A model that thresholds are searched for. Bound to files and runtimes in jobs/sparsify-model.ts; tests give small ones. */
export interface SparsifyModel {
  /** All sites, in graph order; those that stay dense (options.active) count in the total, too. */
  readonly sites: readonly SparsitySite[];
  /** Layers of the sites in groups that do not depend on each other, in graph order (stages.ts). */
  readonly stages: readonly (readonly Layer[])[];
  /** One pass; every call with the same state gives the same bits. */
  evaluate(state: SparsityState, rows: RowsKind): Promise<Evaluation>;
  /**
   * Values of the calibration rows under several states, chunk by chunk: one map per request, name -> [n, channels] of the same rows.
   * `share`: part of the rows (0 to 1, at least one chunk). Values of convolutions come channels last, one row per position.
   */
  values(requests: readonly ValuesRequest[], share: number): AsyncIterable<readonly ReadonlyMap<string, Float32Array>[]>;
  /** Weights of a layer that can be corrected; null for convolutions and others that cannot. */
  weights(layer: string): LayerWeights | null;
  /** [channels] square of the norm of the weights that each channel of a layer's input meets. */
  channelNorms(layer: string): Float64Array;
}

export interface SparsifyOptions {
  /** Default 'budget'. */
  readonly method: SparsifyMethod;
  /** Allowed relative increase of the loss of the whole model: 0.02 is 2 %. Above 0. */
  readonly maxLoss: number;
  /** Least-squares correction of the layers that read thresholded values. Used by `budget`. */
  readonly correct: boolean;
  /** One threshold for each channel, by the norm of the weights that it meets (default), or one per site. Used by `budget`. */
  readonly per: 'site' | 'channel';
  /** Ids of the sites that may be thresholded; null: all. */
  readonly active: ReadonlySet<string> | null;
  /**
   * `sequential` only. null: the bound per site that makes up maxLoss, Γ^(share of the site's MACs). A number such as 1.0005: as
   * published, relative to the loss before the site and compounding; maxLoss is then not looked at.
   */
  readonly siteBound: number | null;
}

/** One evaluation, as a checkpoint keeps it. */
export interface RecordedEvaluation {
  readonly id: string;
  readonly rows: RowsKind;
  readonly loss: number;
  /** Mean of the paired difference to the loss before, relative to that loss; 0 for the model as it was given. */
  readonly increase: number;
  /** Standard error of `increase`. */
  readonly error: number;
  /** Share of zeros in the order of the model's sites. */
  readonly zeros: readonly number[];
}

/** What makes a run go on where it stopped: plain data. The same options and rows with it give the same decisions. */
export interface SparsifyCheckpoint {
  readonly version: 1;
  readonly evaluations: readonly RecordedEvaluation[];
}

export interface SparsifyProgress {
  /** 0 to 1. */
  readonly fraction: number;
  /** What is done, for people. */
  readonly text: string;
  /** Evaluations so far. */
  readonly evaluations: number;
  /** Set when a point of the curve was found. */
  readonly point: SparsifyPoint | null;
}

/** What the search needs from outside. */
export interface SparsifyControl {
  readonly numerics: Numerics;
  /** Looked at before every pass over rows; rejects with AbortError. */
  readonly abort?: AbortFlag | undefined;
  readonly onProgress?: (progress: SparsifyProgress) => void;
  /** Called after every evaluation with all of them; awaited. */
  readonly onCheckpoint?: (checkpoint: SparsifyCheckpoint) => void | Promise<void>;
  /** From an interrupted run with the same model, rows and options. */
  readonly resume?: SparsifyCheckpoint | undefined;
}

export interface SparsifyOutcome {
  /** The state that was chosen; `denseState` when nothing was within the bound. */
  readonly state: SparsityState;
  /** Points on the deciding rows, in the order they were found; the first is the model as it was given ("natural"). */
  readonly points: readonly SparsifyPoint[];
  /** Site id -> why it stayed as it was, as the end of "left as it is: …". */
  readonly left: ReadonlyMap<string, string>;
  /** Passes over rows that computed a loss, those of the checkpoint included. */
  readonly evaluations: number;
  /** Of these, taken from the checkpoint. */
  readonly resumed: number;
  /** The chosen state on the deciding rows. */
  readonly chosen: { readonly loss: number; readonly increase: number; readonly error: number; readonly sparsity: number };
}
