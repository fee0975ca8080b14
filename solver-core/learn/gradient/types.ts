import type { ModelRuntime } from '../../fit/model-runner.ts';
import type { Layer } from '../../model/layer.ts';
import type { UpperTier } from '../../model/plan.ts';
import type { ExternalReader, OnnxModel } from '../../onnx/index.ts';
import type { LearnRows, UpperLearner } from '../learner.ts';

/** What the rows are labelled with: decides the loss. */
export type GradientTask = 'class' | 'regression';

/**
 * What the passes use in the place of a trained tensor, e.g. its quantised form: same length, row-major in `dims`. Must not change what it
 * is given and must give the same numbers for the same ones.
 */
export type ForwardForm = (name: string, values: Float32Array, dims: readonly number[]) => Float32Array;

/** What a gradient learner is made from. */
export interface GradientOptions {
  /** The model as fitted so far; it is not changed. */
  readonly model: OnnxModel;
  /** All layers of that model, from findLayers. */
  readonly layers: readonly Layer[];
  /** The tier that learns; `learner` is sgd or adam. */
  readonly tier: UpperTier;
  /** class: softmax cross-entropy, or squared error against the class index for a single output. regression: mean squared error. */
  readonly task: GradientTask;
  readonly runtime: ModelRuntime;
  /** The model's output that holds the scores. Default: the first. */
  readonly output?: string;
  /** Fetches weights kept outside the file. */
  readonly external?: ExternalReader;
  /** Rows per gradient step, 1 to 4096. Default 32. */
  readonly batchRows?: number;
  /** Rows the Fisher information is estimated from at most, per call; a seeded sample of a larger batch. Default 256. */
  readonly fisherRows?: number;
}

/** An upper tier that learns by gradient steps. Its rows are the value `UpperPart.input` of the model, flattened per sample. */
export interface GradientLearner extends UpperLearner {
  readonly kind: 'sgd' | 'adam';
  /** Name of the model's value that `LearnRows.x` holds, and its shape without the batch. */
  readonly input: { readonly value: string; readonly shape: readonly number[] };
  updated(rows: LearnRows): Promise<GradientLearner>;
  /**
   * The learner with these rows added to what elastic weight consolidation protects, and the present weights as its anchor; nothing is
   * trained. Call it once with rows of the old task before the first update; updates do it by themselves afterwards.
   */
  consolidated(rows: LearnRows): Promise<GradientLearner>;
  /**
   * The learner whose forward and backward passes use this form of the weights while its steps change the weights themselves
   * (straight-through estimator, Bengio et al., arXiv 1308.3432). Scores and losses are those of the form; `weights()` are the weights
   * behind it. Undefined: the weights as they are.
   */
  inForm(form: ForwardForm | undefined): GradientLearner;
  /**
   * Diagonal Fisher information over the rows by name of the trained tensor, labels drawn from the model with the plan's seed: to second
   * order a change δ of a weight costs ½·F·δ² of loss per row.
   */
  importance(rows: LearnRows): Promise<ReadonlyMap<string, Float32Array>>;
  /** Mean loss over the rows, without the consolidation term. */
  loss(rows: LearnRows): Promise<number>;
  /** Frees the runtime's sessions, which all learners grown from the same start share. None of them can be used afterwards. */
  dispose(): Promise<void>;
}
