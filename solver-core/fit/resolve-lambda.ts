import type { LambdaChoice } from '../model/plan.ts';
import type { RowSource, SolveContext, SolveQuality } from './backend.ts';
import type { FitRequest } from './fit-request.ts';
import { chooseLambda } from './lambda/choose-lambda.ts';

/** λ for a solve, and how it came about. `lambda` undefined: the default of `RidgeProblem`. */
export interface ResolvedLambda {
  readonly lambda: number | undefined;
  readonly lambdaFrom: SolveQuality['lambdaFrom'];
  /** What the choice found out about the Gram; absent when nothing was chosen. */
  readonly spectrum?: { readonly rank: number; readonly degreesOfFreedom: number };
}

/** What a plan says about λ, for the rows of one problem. */
export async function resolveLambda(
  choice: LambdaChoice,
  problem: { readonly source: RowSource; readonly bias: boolean },
  { numerics }: FitRequest,
  context: SolveContext,
): Promise<ResolvedLambda> {
  if (typeof choice === 'number') return { lambda: choice, lambdaFrom: 'given' };
  const unknown: ResolvedLambda = { lambda: undefined, lambdaFrom: 'default' };
  if (choice === undefined) return unknown;
  context.onProgress?.(0, 'choosing lambda');
  const { onProgress: _unused, ...quiet } = context;
  const chosen = await chooseLambda({ ...problem, numerics, context: quiet });
  if (chosen === null) return unknown;
  const { lambda, method, rank, degreesOfFreedom } = chosen;
  return { lambda, lambdaFrom: method, spectrum: { rank, degreesOfFreedom } };
}
