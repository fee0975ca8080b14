import type { Backend, RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import { constantSolution } from '../../fit/ridge/solution.ts';
import { askedLambda, ridgeStatistics } from '../../fit/ridge/statistics.ts';
import { dualIsCheaper, solveDual } from './solve-dual.ts';
import { solvePrimal } from './solve-primal.ts';

/**
 * Solves ridge problems on the host in fp64: the reference every other backend is compared with.
 * Primal or dual form, whichever takes fewer multiply-adds. Same rows, same bits.
 */
export function cpuBackend(): Backend {
  return {
    info: { kind: 'cpu', device: 'host processor, fp64', image: 'cpu/1', note: null },
    solve,
    dispose: () => Promise.resolve(),
  };
}

async function solve(problem: RidgeProblem, context: SolveContext): Promise<RidgeSolution> {
  const statistics = await ridgeStatistics(problem, context);
  const d = statistics.live.length;
  if (d === 0) return constantSolution(statistics, askedLambda(problem, statistics));
  return dualIsCheaper(statistics.rows, d, statistics.outputs)
    ? solveDual(problem, statistics, context)
    : solvePrimal(problem, statistics, context);
}
