import type { LambdaChoice } from '../model/plan.ts';
import type { RowSource, SolveContext, SolveQuality } from './backend.ts';
import type { FitRequest } from './fit-request.ts';

/** λ for a solve, and how it came about. `lambda` undefined: the default of `RidgeProblem`. */
export interface ResolvedLambda {
  readonly lambda: number | undefined;
  readonly lambdaFrom: SolveQuality['lambdaFrom'];
}

/** What a plan says about λ, for the rows of one problem. */
export async function resolveLambda(
  choice: LambdaChoice,
  _problem: { readonly source: RowSource; readonly bias: boolean },
  _request: FitRequest,
  _context: SolveContext,
): Promise<ResolvedLambda> {
  if (typeof choice === 'number') return { lambda: choice, lambdaFrom: 'given' };
  return { lambda: undefined, lambdaFrom: 'default' };
}
