import type { Refined } from '../../fit/ridge/refine.ts';
import { refineRidge } from '../../fit/ridge/refine.ts';
import type { Limbs } from './device.ts';
import { DeviceSolver } from './device-solve.ts';
import type { ScaledFactor } from './refine-factor.ts';
import { factorCondition, factorPreconditioner } from './refine-factor.ts';
import type { RefinedProblem, Refinement } from './refine-on-device.ts';
import { refineOnDevice, startRefinement } from './refine-on-device.ts';
import type { EngineResults } from './run-engine.ts';
import { isReliable } from './run-engine.ts';
import type { DeviceFactor, EngineRun } from './solve-group.ts';

/** Above this relative residual an answer made with the engine's factor is finished with a host factor of the engine's Gram. */
const acceptable = 1e-8;

/** Relative residual that conjugate gradients aim at: what is left of the error in W is up to the condition times that. */
const gradientTarget = 1e-12;

/** What made the last step to an answer. */
export type SolvePath = 'engine' | 'gradients' | 'host';

/** Refined weights and how they came about. */
export interface Answer {
  /** [d, k]. */
  readonly w: Float64Array;
  readonly relativeResidual: number;
  readonly lambda: number;
  readonly condition: number | null;
  readonly path: SolvePath;
  /** Limbs of the last factor the engine made; null when every one broke down. */
  readonly limbs: Limbs | null;
  /** Words of two limbs were taken because refinement with shorter ones was slow. */
  readonly isLengthenedLate: boolean;
  /** Passes with corrections by the engine. */
  readonly enginePasses: number;
  /** Passes with corrections by the host's factor. */
  readonly hostPasses: number;
  readonly gradientSteps: number;
}

/** Passes on the engine's factors so far. */
interface EngineStage {
  readonly refinement: Refinement;
  readonly held: DeviceFactor;
  readonly passes: number;
  readonly isDone: boolean;
  readonly isLengthenedLate: boolean;
}

/** Refines the engine's weights, on the engine as long as that goes fast. See `solveOnDevice`. */
export async function answerOf(run: EngineRun, engine: EngineResults, problem: RefinedProblem, rightSide: Float64Array): Promise<Answer> {
  const { lambda } = problem;
  const stage = engine.held === null ? null : await engineStage(run, engine, engine.held, problem, rightSide);
  // Beyond what the words can hold only the exact Gram tells the condition, and whether the equations have a solution at all.
  const isTold = stage !== null && isReliable(stage.held, run.device.info.wordBits);
  const host = isTold ? null : await engine.hostFactor(lambda);
  const passes = stage?.passes ?? 0;
  const common = { lambda, limbs: stage?.held.limbs ?? null, isLengthenedLate: stage?.isLengthenedLate ?? false, enginePasses: passes };
  let gradientSteps = 0;
  if (stage !== null && (host === null || host.lambda === lambda)) {
    const condition = factorCondition(host?.factor ?? stage.held.factor);
    const { w, relativeResidual } = stage.refinement;
    if (stage.isDone) return { ...common, w, relativeResidual, condition, path: 'engine', hostPasses: 0, gradientSteps };
    const refined = await onHost(problem, stage.held.factor, w, { maxRefinementSteps: 0, target: gradientTarget });
    gradientSteps = refined.gradientSteps;
    if (refined.relativeResidual <= acceptable) {
      return {
        ...common,
        w: refined.w,
        relativeResidual: refined.relativeResidual,
        condition,
        path: 'gradients',
        hostPasses: 0,
        gradientSteps,
      };
    }
  }
  const last = host ?? (await engine.hostFactor(lambda));
  // From zero: the engine's start may have grown along directions that the equations hardly determine.
  const refined = await onHost({ ...problem, lambda: last.lambda }, last.factor, new Float64Array(engine.weights.length), {});
  return {
    ...common,
    w: refined.w,
    relativeResidual: refined.relativeResidual,
    lambda: last.lambda,
    condition: factorCondition(last.factor),
    path: 'host',
    hostPasses: refined.refinementSteps,
    gradientSteps: gradientSteps + refined.gradientSteps,
  };
}

/** Passes on the factor in the device, then on one of two limbs where the first was slow. */
async function engineStage(
  run: EngineRun,
  engine: EngineResults,
  held: DeviceFactor,
  problem: RefinedProblem,
  rightSide: Float64Array,
): Promise<EngineStage> {
  const solver = (factor: DeviceFactor): DeviceSolver =>
    new DeviceSolver(run.device, factor.factor, factor.limbs, engine.perSolve, run.statistics.outputs, run.context.abort);
  const start = await startRefinement(problem, engine.weights, rightSide);
  const first = await refineOnDevice(problem, start, solver(held));
  const short = { refinement: first.refinement, held, passes: first.passes, isDone: first.isDone, isLengthenedLate: false };
  if (first.isDone || held.limbs === 2) return short;
  const longer = await engine.lengthen();
  // The device no longer holds the short factor, but its words are on the host: conjugate gradients can still use it.
  if (longer === null) return short;
  const second = await refineOnDevice(problem, first.refinement, solver(longer));
  return {
    refinement: second.refinement,
    held: longer,
    passes: first.passes + second.passes,
    isDone: second.isDone,
    isLengthenedLate: true,
  };
}

/** `options` as in `refineRidge`. */
function onHost(
  problem: RefinedProblem,
  factor: ScaledFactor,
  start: Float64Array,
  options: { readonly maxRefinementSteps?: number; readonly target?: number },
): Promise<Refined> {
  const { source, statistics, lambda, context } = problem;
  return refineRidge({
    source,
    statistics,
    lambda,
    start,
    precondition: factorPreconditioner(factor, statistics.outputs),
    context,
    ...options,
  });
}
