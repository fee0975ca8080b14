import type { RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import { frobenius, ridgeResidual } from '../../fit/ridge/residual.ts';
import { constantSolution, expandWeights } from '../../fit/ridge/solution.ts';
import { askedLambda, ridgeStatistics, singularLambda } from '../../fit/ridge/statistics.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import type { EngineDevice } from './device.ts';
import { answerOf } from './finish-solve.ts';
import { planQuantisation } from './quantise.ts';
import { describeSolve } from './describe-solve.ts';
import { runEngine } from './run-engine.ts';
import type { EngineRun } from './solve-group.ts';

/**
 * Solves a ridge problem on an engine: centre, scale to equal column norms, quantise, exact Gram, factor and substitute on the
 * device; then refine against the rows themselves, residuals in fp64 on the host, corrections by the engine's own factor (hardware
 * reference 1.3, 1.4). Where that gains less than a factor 10 per pass, and where a factor breaks down, the next of these takes over:
 * words of two limbs, when the engine has them and they fit; conjugate gradients on the host with the engine's factor; the host's
 * factor of the engine's exact Gram. `method` tells which of them produced the answer.
 *
 * The λ of the answer is the λ asked for; only when the host cannot factor the Gram either λ is raised, at most 4 times by 10, and
 * reported. Same rows and same engine parameters give the same bits at every level of the engine. Progress and cancel between blocks
 * of rows.
 *
 * Rejects with AbortError, with the device's errors (`engine-too-small` when not even one output fits), with those of
 * `ridgeStatistics`, and with `singular-gram`.
 */
export async function solveOnDevice(problem: RidgeProblem, device: EngineDevice, context: SolveContext): Promise<RidgeSolution> {
  const statistics = await ridgeStatistics(problem, context);
  const asked = askedLambda(problem, statistics);
  if (statistics.live.length === 0) return constantSolution(statistics, asked);
  const lambda = asked === 0 && isSingular(problem, statistics) ? singularLambda(statistics.meanDiagonal) : asked;
  const run: EngineRun = { problem, statistics, plan: planQuantisation(statistics, lambda, device.info), device, context };
  const engine = await runEngine(run);
  context.onProgress?.(0.9, 'refining');
  const rightSide = await ridgeResidual(
    problem.source,
    statistics,
    lambda,
    new Float64Array(statistics.live.length * statistics.outputs),
    context,
  );
  const refined = { source: problem.source, statistics, lambda, context, scale: frobenius(rightSide) };
  const answer = await answerOf(run, engine, refined, rightSide);
  context.onProgress?.(1, 'solved');
  return {
    ...expandWeights(statistics, answer.w),
    lambda: answer.lambda,
    conditionEstimate: answer.condition,
    relativeResidual: answer.relativeResidual,
    refinementPasses: answer.enginePasses + answer.hostPasses + answer.gradientSteps,
    deadInputs: statistics.dead,
    engine: { ...engine.totals(), lanes: device.info.lanes, wordBits: device.info.wordBits, level: device.info.level },
    method: describeSolve(device.info, engine, answer, asked),
  };
}

/** True when the equations without a ridge term cannot have one solution, whatever the rows are. */
function isSingular(problem: RidgeProblem, statistics: RidgeStatistics): boolean {
  return statistics.rows - (problem.bias ? 1 : 0) < statistics.live.length;
}
