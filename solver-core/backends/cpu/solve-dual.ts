import type { RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';
import { addCrossProduct } from '../../fit/kernels/gram.ts';
import { centredBlocks } from '../../fit/ridge/centred-blocks.ts';
import { frobenius, ridgeResidual } from '../../fit/ridge/residual.ts';
import { expandWeights } from '../../fit/ridge/solution.ts';
import { askedLambda } from '../../fit/ridge/statistics.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import { conditionOf, spectrum } from './condition.ts';
import { factorRidge } from './factor.ts';

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
export async function solveDual(problem: RidgeProblem, statistics: RidgeStatistics, context: SolveContext): Promise<RidgeSolution> {
  const d = statistics.live.length;
  const k = statistics.outputs;
  const n = statistics.rows;
  const padded = (n + 3) & ~3;
  const x = new Float64Array(padded * d);
  const alpha = new Float64Array(padded * k);
  let rows = 0;
  for await (const block of centredBlocks(problem.source, statistics, context)) {
    x.set(block.x.subarray(0, block.rows * d), rows * d);
    alpha.set(block.y.subarray(0, block.rows * k), rows * k);
    rows += block.rows;
  }
  const kernel = rowProducts(x, n, d);
  context.onProgress?.(0.6, `multiplied ${n} rows with each other`);
  const factor = factorRidge(kernel, n, askedLambda(problem, statistics), statistics.meanDiagonal, context.abort);
  forwardSubstitute(factor.l, n, alpha, k);
  backSubstitute(factor.l, n, alpha, k);
  const w = new Float64Array(d * k);
  addCrossProduct(x, alpha, padded, d, k, w);
  const scale = frobenius(await ridgeResidual(problem.source, statistics, factor.lambda, new Float64Array(d * k), context));
  const residual = frobenius(await ridgeResidual(problem.source, statistics, factor.lambda, w, context));
  context.onProgress?.(1, 'solved');
  return {
    ...expandWeights(statistics, w),
    lambda: factor.lambda,
    conditionEstimate: dualCondition(kernel, factor.l, n, factor.lambda),
    relativeResidual: scale === 0 ? 0 : residual / scale,
    refinementPasses: 0,
    deadInputs: statistics.dead,
    engine: null,
    method: `fp64 Cholesky on the host, dual form${factor.retries > 0 ? `; a pivot failed, lambda raised ${factor.retries} times` : ''}`,
  };
}

/** Lower triangle of X Xᵀ, [n, n]. */
function rowProducts(x: Float64Array, n: number, d: number): Float64Array {
  const products = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = 0;
      for (let c = 0; c < d; c++) s += x[i * d + c]! * x[j * d + c]!;
      products[i * n + j] = s;
    }
  }
  return products;
}

/** XᵀX + λI has the eigenvalues of XXᵀ + λI and, because d > n, λ itself. */
function dualCondition(kernel: Float64Array, l: Float64Array, n: number, lambda: number): number | null {
  const shifted = Float64Array.from(kernel);
  for (let i = 0; i < n; i++) shifted[i * n + i] = shifted[i * n + i]! + lambda;
  return conditionOf({ largest: spectrum(shifted, l, n).largest, smallest: lambda });
}
