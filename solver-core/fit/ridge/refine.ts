import type { RowSource, SolveContext } from '../backend.ts';
import { applyNormalMatrix, frobenius, ridgeResidual } from './residual.ts';
import type { Centring } from './statistics.ts';

/** Applies an approximate inverse of XᵀX + λI to r, [live, k]; returns a new array of the same shape. */
export type Preconditioner = (r: Float64Array) => Float64Array | Promise<Float64Array>;

export interface RefineProblem {
  readonly source: RowSource;
  readonly statistics: Centring;
  readonly lambda: number;
  /** [live, k] first guess. */
  readonly start: Float64Array;
  readonly precondition: Preconditioner;
  readonly context: SolveContext;
  /** Relative residual to reach. Default 1e-10. */
  readonly target?: number;
  /** Passes of plain refinement before conjugate gradients. Default 4; 0 when they are known to be slow. */
  readonly maxRefinementSteps?: number;
}

export interface Refined {
  /** [live, k] the best weights seen. */
  readonly w: Float64Array;
  /** ‖C − (G+λI)W‖ / ‖C‖ of these weights, from the data; 0 when C is 0. */
  readonly relativeResidual: number;
  /** Passes of plain refinement; each costs one application of the preconditioner and one pass over the rows. */
  readonly refinementSteps: number;
  /** Steps of the conjugate gradient method that followed; same cost. */
  readonly gradientSteps: number;
}

/** Plain refinement that gains less than a factor 10 per pass is slower than conjugate gradients on the same factor (hardware reference 1.4). */
const slowRatio = 0.1;
const defaultRefinementSteps = 4;
const maxGradientSteps = 40;
const maxRestarts = 3;

interface State {
  w: Float64Array;
  residual: Float64Array;
  norm: number;
}

/**
 * Improves a solution of the ridge equations with an approximate factor, all residuals in fp64 from the data: up to 4 passes of
 * iterative refinement, then preconditioned conjugate gradients when refinement is slow or not enough. Stops at the target or when
 * nothing improves any more, and returns the best weights seen, never worse than W = 0.
 */
export async function refineRidge(problem: RefineProblem): Promise<Refined> {
  const { source, statistics, lambda, start, context } = problem;
  const target = problem.target ?? 1e-10;
  const maxRefinementSteps = problem.maxRefinementSteps ?? defaultRefinementSteps;
  const zero = new Float64Array(start.length);
  const rightSide = await ridgeResidual(source, statistics, lambda, zero, context);
  const scale = frobenius(rightSide);
  if (scale === 0) return { w: zero, relativeResidual: 0, refinementSteps: 0, gradientSteps: 0 };

  let state = await evaluate(problem, start);
  if (!(state.norm <= scale)) state = { w: zero, residual: rightSide, norm: scale };
  let refinementSteps = 0;
  while (state.norm > target * scale && refinementSteps < maxRefinementSteps) {
    const next = await evaluate(problem, sum(state.w, await problem.precondition(state.residual)));
    refinementSteps++;
    const isSlow = !(next.norm <= slowRatio * state.norm);
    if (next.norm < state.norm) state = next;
    if (isSlow) break;
  }
  let gradientSteps = 0;
  for (let restart = 0; restart < maxRestarts && state.norm > target * scale; restart++) {
    const run = await conjugateGradients(problem, state, 0.5 * target * scale, maxGradientSteps - gradientSteps);
    gradientSteps += run.steps;
    const next = await evaluate(problem, run.w);
    const gain = next.norm / state.norm;
    if (next.norm < state.norm) state = next;
    if (!(gain < 0.5) || gradientSteps >= maxGradientSteps) break;
  }
  return { w: state.w, relativeResidual: state.norm / scale, refinementSteps, gradientSteps };
}

async function evaluate(problem: RefineProblem, w: Float64Array): Promise<State> {
  const residual = await ridgeResidual(problem.source, problem.statistics, problem.lambda, w, problem.context);
  return { w, residual, norm: frobenius(residual) };
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v + b[i]!);
}

/** Conjugate gradients with all outputs side by side, each with its own step length (Saad, Iterative Methods, algorithm 9.1). */
async function conjugateGradients(
  problem: RefineProblem,
  from: State,
  goal: number,
  maxSteps: number,
): Promise<{ w: Float64Array; steps: number }> {
  const { source, statistics, lambda, precondition, context } = problem;
  const k = statistics.outputs;
  const w = Float64Array.from(from.w);
  const r = Float64Array.from(from.residual);
  let z = await precondition(r);
  const direction = Float64Array.from(z);
  let rz = columnDots(r, z, k);
  let steps = 0;
  while (steps < maxSteps && frobenius(r) > goal) {
    const q = await applyNormalMatrix(source, statistics, lambda, direction, context);
    const curvature = columnDots(direction, q, k);
    const length = curvature.map((v, o) => (v > 0 ? rz[o]! / v : 0));
    for (let i = 0; i < w.length; i++) {
      const a = length[i % k]!;
      w[i] = w[i]! + a * direction[i]!;
      r[i] = r[i]! - a * q[i]!;
    }
    steps++;
    z = await precondition(r);
    const next = columnDots(r, z, k);
    const ratio = next.map((v, o) => (rz[o]! > 0 ? v / rz[o]! : 0));
    rz = next;
    for (let i = 0; i < direction.length; i++) direction[i] = z[i]! + ratio[i % k]! * direction[i]!;
  }
  return { w, steps };
}

/** Dot product of equal columns of two [rows, k] arrays. */
function columnDots(a: Float64Array, b: Float64Array, k: number): Float64Array {
  const dots = new Float64Array(k);
  for (let i = 0; i < a.length; i++) dots[i % k] = dots[i % k]! + a[i]! * b[i]!;
  return dots;
}
