import type { RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import { addToGram } from '../../fit/kernels/gram.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';
import { centredBlocks } from '../../fit/ridge/centred-blocks.ts';
import { refineRidge } from '../../fit/ridge/refine.ts';
import { expandWeights } from '../../fit/ridge/solution.ts';
import { askedLambda } from '../../fit/ridge/statistics.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import { conditionOf, spectrum } from './condition.ts';
import { factorRidge } from './factor.ts';

/**
 * Ridge by the normal equations in fp64: W = (XᵀX + λI)⁻¹ XᵀY over the live columns, two passes over the rows and one to check.
 * Memory: 2·d² + 3·d·k doubles. Time O(n·d·(d/2 + k) + d³/6 + d²·k) multiply-adds.
 */
export async function solvePrimal(problem: RidgeProblem, statistics: RidgeStatistics, context: SolveContext): Promise<RidgeSolution> {
  const d = statistics.live.length;
  const k = statistics.outputs;
  const g = new Float64Array(d * d);
  const start = new Float64Array(d * k);
  let rows = 0;
  for await (const block of centredBlocks(problem.source, statistics, context)) {
    addToGram(block.x, block.y, block.paddedRows, d, k, g, start);
    rows += block.rows;
    context.onProgress?.((0.8 * rows) / statistics.rows, `summed ${rows} of ${statistics.rows} rows`);
  }
  const factor = factorRidge(g, d, askedLambda(problem, statistics), statistics.meanDiagonal, context.abort);
  const precondition = (r: Float64Array): Float64Array => {
    const z = Float64Array.from(r);
    forwardSubstitute(factor.l, d, z, k);
    backSubstitute(factor.l, d, z, k);
    return z;
  };
  context.onProgress?.(0.9, 'factored; checking the residual');
  const refined = await refineRidge({
    source: problem.source,
    statistics,
    lambda: factor.lambda,
    start: precondition(start),
    precondition,
    context,
  });
  for (let i = 0; i < d; i++) g[i * d + i] = g[i * d + i]! + factor.lambda;
  context.onProgress?.(1, 'solved');
  return {
    ...expandWeights(statistics, refined.w),
    lambda: factor.lambda,
    conditionEstimate: conditionOf(spectrum(g, factor.l, d)),
    relativeResidual: refined.relativeResidual,
    refinementPasses: refined.refinementSteps + refined.gradientSteps,
    deadInputs: statistics.dead,
    engine: null,
    method: `fp64 Cholesky on the host${factor.retries > 0 ? `; a pivot failed, lambda raised ${factor.retries} times` : ''}`,
  };
}
