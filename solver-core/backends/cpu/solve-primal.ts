import type { RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import type { CholeskyFactor, Numerics } from '../../fit/numerics.ts';
import { refineRidge } from '../../fit/ridge/refine.ts';
import { frobenius } from '../../fit/ridge/residual.ts';
import { constantSolution, expandWeights } from '../../fit/ridge/solution.ts';
import { askedLambda } from '../../fit/ridge/statistics.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import { centredSums, type CentredSums } from './centred-sums.ts';
import type { CpuEngine } from './engine.ts';
import { factorOnce, factorRidge, retriesText, type RidgeFactor } from '../../fit/ridge/factor-ridge.ts';
import { conditionEstimate, degreesOfFreedom, gramRank, lambdaFrom, traceProbes } from './quality.ts';

/** Up to this many multiply-adds per pass over the rows, the residual is taken and improved from the rows themselves. */
const refineUpTo = 2 ** 23;
/**
 * Above this condition sums of fp32 products, which are good to about 1e-7, no longer fix three digits of the weights: the rows are
 * read again and multiplied in fp64.
 */
const fp32UpToCondition = 1e6;
/** Relative residual that refinement works towards. */
const residualGoal = 1e-10;

/**
 * Ridge by the normal equations: W = (XᵀX + λI)⁻¹ XᵀY over the live columns. One pass over the rows for all sums, a second one when
 * fp32 products do not suffice; small problems read the rows again for the residual and its refinement.
 * Memory: 2·d² + 3·d·k doubles and three chunks of rows. Time O(n·d·(d/2 + k) + d³/6 + d²·k) multiply-adds.
 */
export async function solvePrimal(
  problem: RidgeProblem,
  context: SolveContext,
  engine: CpuEngine,
  options: { readonly wide?: boolean } = {},
): Promise<RidgeSolution> {
  const { source, bias } = problem;
  const { numerics } = engine;
  const sums = await engine.shifted(source, shareOfProgress(context), options);
  if (sums.rows === 0) throw noRows();
  assert(sums.rows === source.rows, `the row source announced ${source.rows} rows and gave ${sums.rows}`);
  const equations = centredSums(sums, bias);
  const { centring, dead, g, c, meanDiagonal } = equations;
  const d = centring.live.length;
  if (d === 0) return constantSolution({ ...centring, dead }, askedLambda(problem, { meanDiagonal }));

  const rank = gramRank(g, d);
  const asked = askedLambda(problem, { meanDiagonal });
  // With fp32 products a failed pivot may be theirs: only sums of fp64 products raise λ.
  const isSingle = sums.precision === 'fp32';
  const factored = isSingle
    ? await factorOnce(numerics, g, d, asked)
    : await factorRidge(numerics, g, d, asked, meanDiagonal, context.abort);
  if (factored === undefined) return solvePrimal(problem, context, engine, { wide: true });
  mirror(g, d);
  const condition = await conditionEstimate(g, factored.factor, numerics);
  if (isSingle && (condition === null || condition > fp32UpToCondition)) return solvePrimal(problem, context, engine, { wide: true });
  context.onProgress?.(0.9, 'factored; checking the residual');
  const solved = await solveWithTrace(factored.factor, c, centring.outputs);
  const refined = await refine(problem, context, numerics, equations, factored, solved.w);
  context.onProgress?.(1, 'solved');
  return {
    ...expandWeights(centring, refined.w),
    lambda: factored.lambda,
    conditionEstimate: condition,
    relativeResidual: refined.relativeResidual,
    refinementPasses: refined.passes,
    deadInputs: dead,
    engine: null,
    method: `fp64 Cholesky on the host${sums.precision === 'fp64' ? '' : `, ${sums.arithmetic}`}${retriesText(factored.retries)}`,
    quality: {
      liveInputs: d,
      rank,
      degreesOfFreedom: await degreesOfFreedom(factored.factor, factored.lambda, solved.signs, solved.solvedSigns),
      lambdaFrom: lambdaFrom(problem.lambda),
    },
  };
}

/** The error for a source without rows. */
export function noRows(): TierwiseError {
  return new TierwiseError(
    'too-few-rows',
    'the layer cannot be solved: there are no rows to fit',
    'Check the data clause of the plan and its split.',
  );
}

/** The pass over the rows is most of the work; the rest of the bar belongs to the solve. */
function shareOfProgress(context: SolveContext): SolveContext {
  const { onProgress } = context;
  return onProgress === undefined ? context : { ...context, onProgress: (fraction, message) => onProgress(0.85 * fraction, message) };
}

/** Fills the upper triangle from the lower one. */
function mirror(a: Float64Array, d: number): void {
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) a[j * d + i] = a[i * d + j]!;
}

/** Solves for the weights and, in the same call, for the sign vectors that tell the trace of the inverse. */
async function solveWithTrace(
  factor: CholeskyFactor,
  c: Float64Array,
  k: number,
): Promise<{ w: Float64Array; signs: Float64Array; solvedSigns: Float64Array }> {
  const d = factor.d;
  const { signs, count } = traceProbes(d);
  if (count === 0) return { w: await factor.solve(c, k), signs, solvedSigns: signs };
  const both = new Float64Array(d * (k + count));
  for (let i = 0; i < d; i++) {
    both.set(c.subarray(i * k, (i + 1) * k), i * (k + count));
    both.set(signs.subarray(i * count, (i + 1) * count), i * (k + count) + k);
  }
  const solved = await factor.solve(both, k + count);
  const w = new Float64Array(d * k);
  const solvedSigns = new Float64Array(d * count);
  for (let i = 0; i < d; i++) {
    const row = i * (k + count);
    w.set(solved.subarray(row, row + k), i * k);
    solvedSigns.set(solved.subarray(row + k, row + k + count), i * count);
  }
  return { w, signs, solvedSigns };
}

interface Refined {
  readonly w: Float64Array;
  readonly relativeResidual: number;
  readonly passes: number;
}

/** Small problems: from the rows, as refine.ts says. Others: the residual of the summed equations, improved once when it is large. */
async function refine(
  problem: RidgeProblem,
  context: SolveContext,
  numerics: Numerics,
  { centring, g, c }: CentredSums,
  { factor, lambda }: RidgeFactor,
  start: Float64Array,
): Promise<Refined> {
  const { source } = problem;
  const d = factor.d;
  const k = centring.outputs;
  if (source.rows * d * k <= refineUpTo) {
    const precondition = (r: Float64Array): Promise<Float64Array> => factor.solve(r, k);
    const refined = await refineRidge({ source, statistics: centring, lambda, start, precondition, context, target: residualGoal });
    return { w: refined.w, relativeResidual: refined.relativeResidual, passes: refined.refinementSteps + refined.gradientSteps };
  }
  const residualOf = async (w: Float64Array): Promise<Float64Array> => {
    const product = await numerics.multiply({ a: g, b: w, m: d, k: d, n: k });
    for (let i = 0; i < product.length; i++) product[i] = c[i]! - product[i]!;
    return product;
  };
  const scale = frobenius(c);
  if (scale === 0) return { w: new Float64Array(d * k), relativeResidual: 0, passes: 0 };
  const residual = await residualOf(start);
  const before = frobenius(residual);
  if (before <= residualGoal * scale) return { w: start, relativeResidual: before / scale, passes: 0 };
  const step = await factor.solve(residual, k);
  const next = start.map((v, i) => v + step[i]!);
  const after = frobenius(await residualOf(next));
  return after < before
    ? { w: next, relativeResidual: after / scale, passes: 1 }
    : { w: start, relativeResidual: before / scale, passes: 1 };
}
