import type { RowSource, SolveContext } from '../../fit/backend.ts';
import { frobenius, ridgeResidual } from '../../fit/ridge/residual.ts';
import type { Centring } from '../../fit/ridge/statistics.ts';
import type { DeviceSolver } from './device-solve.ts';

/** A pass that leaves more than this part of the residual is slow (hardware reference 1.4): another factor or method is quicker. */
const slowRatio = 0.1;
/** Done when what a pass leaves is this small beside the weights: its correction times the ratio of the last two corrections. */
const smallRest = 1e-10;
/** The residual has to be this small as well. */
const smallResidual = 1e-10;
/** A slow pass whose correction and residual are this small has met the end of fp64, not a bad factor. */
const finalSize = 1e-8;
/** Residuals relative to the right-hand side below this are rounding. */
const roundingResidual = 1e-15;
const maxPasses = 12;

/** Where a refinement stands: weights with their residual. */
export interface Refinement {
  /** [d, k] the best weights so far. */
  readonly w: Float64Array;
  /** XᵀY - (XᵀX + λI)W of these weights, from the rows in fp64. */
  readonly residual: Float64Array;
  /** ‖residual‖ / ‖XᵀY‖; 0 when XᵀY is. */
  readonly relativeResidual: number;
}

/** What one run of passes on the engine's factor did. */
export interface DevicePasses {
  readonly refinement: Refinement;
  readonly passes: number;
  /** True: as good as fp64 gets. False: too slow; try a better factor. */
  readonly isDone: boolean;
}

/** What refinement needs to know of a problem. */
export interface RefinedProblem {
  readonly source: RowSource;
  readonly statistics: Centring;
  readonly lambda: number;
  readonly context: SolveContext;
  /** ‖XᵀY‖. */
  readonly scale: number;
}

/** Evaluates weights, or W = 0 when that is better. `rightSide`: XᵀY, the residual of 0. */
export async function startRefinement(problem: RefinedProblem, start: Float64Array, rightSide: Float64Array): Promise<Refinement> {
  const zero = { w: new Float64Array(start.length), residual: rightSide };
  if (problem.scale === 0) return { ...zero, relativeResidual: 0 };
  const begun = await evaluate(problem, start);
  return begun.relativeResidual <= 1 ? begun : { ...zero, relativeResidual: 1 };
}

/**
 * Iterative refinement on the engine's own factor: residual from the rows on the host in fp64, correction by FSUB and BACKV. Ends when
 * corrections no longer matter, or when a pass gains less than a factor 10. Never returns worse weights than it was given.
 */
export async function refineOnDevice(
  problem: RefinedProblem,
  from: Refinement,
  solver: Pick<DeviceSolver, 'apply'>,
): Promise<DevicePasses> {
  let refinement = from;
  let lastSize = 1;
  for (let passes = 0; ; passes++) {
    if (refinement.relativeResidual <= roundingResidual) return { refinement, passes, isDone: true };
    if (passes === maxPasses) return { refinement, passes, isDone: false };
    const correction = await solver.apply(refinement.residual);
    const next = await evaluate(problem, sum(refinement.w, correction));
    const size = frobenius(correction) / frobenius(next.w);
    const isSlow = !(next.relativeResidual <= slowRatio * refinement.relativeResidual);
    if (next.relativeResidual < refinement.relativeResidual) refinement = next;
    const rest = size * Math.min(1, size / lastSize);
    lastSize = size;
    const isSmall = rest <= smallRest && refinement.relativeResidual <= smallResidual;
    const isFinal = isSlow && size <= finalSize && refinement.relativeResidual <= finalSize;
    if (isSmall || isFinal) return { refinement, passes: passes + 1, isDone: true };
    if (isSlow) return { refinement, passes: passes + 1, isDone: false };
  }
}

async function evaluate(problem: RefinedProblem, w: Float64Array): Promise<Refinement> {
  const { source, statistics, lambda, context, scale } = problem;
  const residual = await ridgeResidual(source, statistics, lambda, w, context);
  return { w, residual, relativeResidual: frobenius(residual) / scale };
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v + b[i]!);
}
