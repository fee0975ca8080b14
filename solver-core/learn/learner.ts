import type { RowLabels } from '../fit/rows.ts';
import type { WeightTensor } from '../fit/model-editor.ts';
import type { Learner } from '../model/plan.ts';

/** Rows that a learner sees: what enters the upper tier (outputs of the tiers below), with labels. */
export interface LearnRows {
  readonly rows: number;
  /** [rows, d] row-major. */
  readonly x: Float32Array;
  readonly labels: RowLabels;
}

/** Dense weights of a head, as the model computes them: scores = expand(x)·w + b. */
export interface HeadWeights {
  /** x·w + b before the non-linearity, w: [d, features], b: [features]; null when the head reads x itself. */
  readonly expansion: { readonly features: number; readonly w: Float32Array; readonly b: Float32Array } | null;
  /** [features or d, outputs] on relu(expansion), or on x. */
  readonly w: Float32Array;
  /** [outputs] */
  readonly b: Float32Array;
  /** [features, outputs] on tanh(expansion), already scaled by the compensation factor; null without that stream. */
  readonly compensation: Float32Array | null;
  readonly outputs: number;
}

/** What a learner hands to the model that is written. */
export type LearnedWeights =
  | { readonly kind: 'head'; readonly head: HeadWeights }
  /** New values by initializer name. */
  | { readonly kind: 'initializers'; readonly weights: ReadonlyMap<string, WeightTensor> };

/** A learner's state as a header and named fp64 arrays; jobs put it into a checksummed file (data/array-file.ts). */
export interface LearnerState {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, Float64Array>;
}

/**
 * The upper tier while it learns. Immutable from outside: `updated` and `without` give a new learner and leave this one as it was, so
 * that a candidate can be tried, judged and dropped.
 */
export interface UpperLearner {
  readonly kind: Learner;
  /** Columns of the scores: classes, or outputs of a regression. Grows with new classes where the learner can grow. */
  readonly outputs: number;
  /** Rows absorbed so far (weighted when forgetting). */
  readonly rows: number;
  /** [rows, outputs]. */
  scores(rows: LearnRows): Promise<Float32Array>;
  /** The learner after these rows. Labels beyond `outputs` grow it, or reject with `class-growth-unsupported`. */
  updated(rows: LearnRows): Promise<UpperLearner>;
  /** The learner as if these rows had never been seen. Rejects with `unlearn-unsupported` or `unlearn-not-contained`. */
  without(rows: LearnRows): Promise<UpperLearner>;
  /** Multiply-adds that `updated` spends on so many rows, the forward pass below not counted; and the precision they run in. */
  updateCost(rows: number): { readonly macs: number; readonly bits: 32 | 64; readonly memoryBytes: number };
  weights(): Promise<LearnedWeights>;
  state(): LearnerState;
}
