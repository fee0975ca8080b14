import { budgetSearch } from './budget.ts';
import { Evaluator } from './evaluator.ts';
import { sequentialSearch } from './sequential.ts';
import type { SparsifyControl, SparsifyModel, SparsifyOptions, SparsifyOutcome } from './types.ts';
import { uniformSearch } from './uniform.ts';

/**
 * Searches thresholds without training, within a bound on the loss of the whole model. Deterministic: no clock, no randomness; a run
 * that goes on from a checkpoint decides as one that was never interrupted.
 *
 * Rejects with AbortError when cancelled (between passes over rows) and as the model's runtime and the solver do.
 */
export async function sparsify(model: SparsifyModel, options: SparsifyOptions, control: SparsifyControl): Promise<SparsifyOutcome> {
  const evaluator = new Evaluator(model, options, control);
  switch (options.method) {
    case 'uniform':
      return await uniformSearch(evaluator);
    case 'sequential':
      return await sequentialSearch(evaluator);
    case 'budget':
      return await budgetSearch(evaluator);
  }
}
