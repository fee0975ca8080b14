import type { RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import { centredBlocks } from '../../fit/ridge/centred-blocks.ts';
import { frobenius, ridgeResidual } from '../../fit/ridge/residual.ts';
import { constantSolution, expandWeights } from '../../fit/ridge/solution.ts';
import { askedLambda, ridgeStatistics } from '../../fit/ridge/statistics.ts';
import { factorRidge, retriesText } from '../../fit/ridge/factor-ridge.ts';
import { conditionEstimate, degreesOfFreedom, gramRank, lambdaFrom, traceProbes } from './quality.ts';

/** Multiply-adds of the primal and the dual form (method reference 2.1); the dual form also needs all rows in memory. */
export function dualIsCheaper(n: number, d: number, k: number): boolean {
  if (n >= d) return false;
  const primal = (n * d * d) / 2 + d ** 3 / 6 + d * d * k;
  const dual = (n * n * d) / 2 + n ** 3 / 6 + n * n * k + n * d * k;
  return dual < primal;
}

/**
 * Ridge with fewer rows than columns: W = Xᵀ(XXᵀ + λI)⁻¹Y, the same W as the primal form through an n × n system.
 * Memory: n·d + 2·n² doubles with n < d. A λ of 0 is raised as in `factorRidge`: centred rows always make XXᵀ singular.
 */
export async function solveDual(problem: RidgeProblem, context: SolveContext, numerics: Numerics): Promise<RidgeSolution> {
  const statistics = await ridgeStatistics(problem, context);
  const asked = askedLambda(problem, statistics);
  const d = statistics.live.length;
  if (d === 0) return constantSolution(statistics, asked);
  const k = statistics.outputs;
  const n = statistics.rows;
  const { x, y } = await centredRows(problem, context, { n, d, k }, statistics);
  const kernel = await numerics.multiply({ a: x, b: x, m: n, k: d, n, transposeB: true });
  context.onProgress?.(0.6, `multiplied ${n} rows with each other`);
  const rank = gramRank(kernel, n);
  const { factor, lambda, retries } = await factorRidge(numerics, kernel, n, asked, statistics.meanDiagonal, context.abort);
  const alpha = await factor.solve(y, k);
  const w = await numerics.multiply({ a: x, b: alpha, m: d, k: n, n: k, transposeA: true });
  const scale = frobenius(await ridgeResidual(problem.source, statistics, lambda, new Float64Array(d * k), context));
  const residual = frobenius(await ridgeResidual(problem.source, statistics, lambda, w, context));
  const { signs, count } = traceProbes(n);
  const degrees = await degreesOfFreedom(factor, lambda, signs, count === 0 ? signs : await factor.solve(signs, count));
  // XᵀX + λI has the eigenvalues of XXᵀ + λI and, because d > n, λ itself, which is the smallest.
  const smallest = { ...factor, solve: (b: Float64Array) => Promise.resolve(b.map((v) => v / lambda)) };
  context.onProgress?.(1, 'solved');
  return {
    ...expandWeights(statistics, w),
    lambda,
    conditionEstimate: await conditionEstimate(kernel, smallest, numerics),
    relativeResidual: scale === 0 ? 0 : residual / scale,
    refinementPasses: 0,
    deadInputs: statistics.dead,
    engine: null,
    method: `fp64 Cholesky on the host, dual form${retriesText(retries)}`,
    // XᵀX and XXᵀ have the same eigenvalues but for zeros, so rank and degrees of freedom are those of the small system.
    quality: { liveInputs: d, rank, degreesOfFreedom: degrees, lambdaFrom: lambdaFrom(problem.lambda) },
  };
}

async function centredRows(
  problem: RidgeProblem,
  context: SolveContext,
  { n, d, k }: { readonly n: number; readonly d: number; readonly k: number },
  statistics: Parameters<typeof centredBlocks>[1],
): Promise<{ x: Float64Array; y: Float64Array }> {
  const x = new Float64Array(n * d);
  const y = new Float64Array(n * k);
  let rows = 0;
  for await (const block of centredBlocks(problem.source, statistics, context)) {
    x.set(block.x.subarray(0, block.rows * d), rows * d);
    y.set(block.y.subarray(0, block.rows * k), rows * k);
    rows += block.rows;
  }
  return { x, y };
}
