import type { Numerics } from '../../fit/numerics.ts';
import type { Checked } from '../../model/diagnostic.ts';
import { TierwiseError } from '../../model/error.ts';
import type { LearnerState, LearnRows, UpperLearner } from '../learner.ts';
import type { RidgeLearnerOptions } from './options.ts';
import { requireRidgeOptions } from './options.ts';

/** What a ridge head offers beyond every learner. */
export interface RidgeLearner extends UpperLearner {
  readonly kind: 'rls';
  /** λ of the present weights; null before the first row. */
  lambdaUsed(): Promise<number | null>;
  /** Which form holds the weights now. */
  readonly form: 'statistics' | 'r';
  /** [rows] leverage of each row, 1/n + (x−μ)(G+λI)⁻¹(x−μ)ᵀ: how far it is from what the head has seen (method 3.6). */
  leverages(rows: LearnRows): Promise<Float64Array>;
  /** After drift: older rows count `keep` (0..1] times, `rows` fully, everything solved anew. Unlearning is refused from then on. */
  refitted(rows: LearnRows, settings: { readonly keep: number; readonly lambda?: number }): Promise<RidgeLearner>;
  updated(rows: LearnRows): Promise<RidgeLearner>;
  without(rows: LearnRows): Promise<RidgeLearner>;
}

/** A head that has seen nothing. Rejects with `learner-options`, `learner-too-large` or `form-unsupported`. */
export async function createRidgeLearner(options: RidgeLearnerOptions, _numerics: Numerics): Promise<RidgeLearner> {
  requireRidgeOptions(options);
  throw new TierwiseError('not-yet-available', 'the ridge learner is not built yet', 'Use fit.');
}

/**
 * The head that this state was saved from; what it does from here on is the same, bit for bit. Findings: `state-wrong-learner`,
 * `state-too-new`, `state-damaged`.
 */
export function resumeRidgeLearner(_state: LearnerState, _numerics: Numerics): Checked<RidgeLearner> {
  return { value: undefined, diagnostics: [{ severity: 'error', code: 'state-damaged', message: 'The state cannot be read.', where: {} }] };
}
