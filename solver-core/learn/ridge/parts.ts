import type { RidgeSums } from '../../fit/ridge/sums.ts';
import type { Expansion } from './expansion.ts';
import type { InverseForm } from './inverse-form.ts';
import type { RidgeLearnerOptions } from './options.ts';

/** Everything a ridge head knows; nothing in it is ever changed, an update makes new parts. */
export interface RidgeParts {
  readonly options: RidgeLearnerOptions;
  /** 'one-hot': classes as {0,1} columns, which may grow. 'values': the labels' own numbers. */
  readonly coding: 'one-hot' | 'values';
  /** Sums of features and targets over all rows held but the recent ones. */
  readonly sums: RidgeSums;
  /** Made from the first rows; null before them, or when the head reads its input itself. */
  readonly expansion: Expansion | null;
  /** Sums of the compensation stream; null without it. */
  readonly compensation: RidgeSums | null;
  /** R and W, when the R form holds the weights; null: they come from the sums. */
  readonly inverse: InverseForm | null;
  /** Rows that are in R but not in the sums; null without the R form. */
  readonly recent: RecentRows | null;
  /** Batches in a row that were small enough for the R form (form 'auto'). */
  readonly smallBatches: number;
  /** True when some rows count less than once: what a row has added is then not known any more. */
  readonly isWeighted: boolean;
}

/** Rows that R has taken in and the sums have not yet: adding them up together costs one pass over the Gram instead of one per batch. */
export interface RecentRows {
  readonly rows: number;
  /** [rows, features] */
  readonly x: Float64Array;
  /** [rows, outputs] */
  readonly y: Float64Array;
}

/** Columns of the Gram. */
export function featuresOf({ inputs, expand }: RidgeLearnerOptions): number {
  return expand ?? inputs;
}
