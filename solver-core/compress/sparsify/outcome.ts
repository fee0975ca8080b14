import type { Evaluator, Judged } from './evaluator.ts';
import { denseState, type SparsifyOutcome, type SparsityState } from './types.ts';

/** What a search hands back: the chosen state marked among the points; null: nothing was allowed, the model stays as it is. */
export function outcome(
  evaluator: Evaluator,
  chosen: { readonly state: SparsityState; readonly judged: Judged } | null,
  left: ReadonlyMap<string, string>,
): SparsifyOutcome {
  const base = evaluator.points[0];
  const points = evaluator.points.map((point) => ({ ...point, chosen: point.id === (chosen?.judged.id ?? base?.id) }));
  evaluator.progress(1, 'done');
  return {
    state: chosen?.state ?? denseState,
    points,
    left,
    evaluations: evaluator.evaluations,
    resumed: evaluator.resumed,
    chosen: {
      loss: chosen?.judged.loss ?? base?.loss ?? 0,
      increase: chosen?.judged.increase ?? 0,
      error: chosen?.judged.error ?? 0,
      sparsity: chosen?.judged.sparsity ?? base?.sparsity ?? 0,
    },
  };
}
