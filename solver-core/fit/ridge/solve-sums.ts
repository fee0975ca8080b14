import { TierwiseError } from '../../model/error.ts';
import type { RidgeSolution, SolveContext } from '../backend.ts';
import { largestEigenvalue } from '../kernels/condition.ts';
import { backSubstitute, forwardSubstitute } from '../kernels/substitute.ts';
import type { Numerics } from '../numerics.ts';
import { centredGram } from './centred-sums.ts';
import { factorRidge } from './factor-ridge.ts';
import type { RidgeSums } from './sums.ts';

/** A ridge problem of which only the sums are known. As `RidgeProblem`, without rows. */
export interface SumsProblem {
  readonly sums: RidgeSums;
  /** Undefined: 1e-3 of the mean diagonal of the centred Gram. */
  readonly lambda: number | undefined;
  readonly bias: boolean;
}

/** A solution from sums, with what the sums tell of the rows it was fitted to. */
export interface SumsSolution extends RidgeSolution {
  /** Mean over rows and outputs of the squared error on the rows behind the sums (method 2.1): from the sums, no row is read. */
  readonly trainingMse: number;
}

/** Above this the estimate of the condition costs more memory than the solve. */
const conditionUpTo = 2048;
/**
 * A centred square below this part of the plain one is rounding of sums of float32 products, about 2⁻²⁴ each: the column is taken for
 * constant.
 */
const constantBelow = 2 ** -22;

/**
 * W = (G + λI)⁻¹C from the sums alone, fp64: centred when there is a bias, constant columns left out, λ raised tenfold up to 4 times
 * when a pivot fails, one step of refinement. Memory 3·d² doubles, time O(d³/6 + d²·k).
 * Rejects with `too-few-rows`, `non-finite-rows` and `singular-gram`.
 */
export async function solveSums(problem: SumsProblem, numerics: Numerics, context: SolveContext): Promise<SumsSolution> {
  const centred = centre(problem);
  const { live, d, k, g, c } = centred;
  const meanDiagonal = centred.trace / Math.max(1, problem.sums.columns);
  const asked = problem.lambda ?? 1e-3 * meanDiagonal;
  if (d === 0) return finish(problem, centred, new Float64Array(0), { lambda: asked, retries: 0, residual: 0, condition: null });
  context.onProgress?.(0.2, `factoring ${d} x ${d}`);
  const { factor, lambda, retries } = await factorRidge(numerics, g.slice(), d, asked, meanDiagonal, context.abort);
  let w = await factor.solve(c, k);
  const shifted = fullMatrix(g, d, lambda);
  const residualOf = async (weights: Float64Array): Promise<Float64Array> => {
    const product = await numerics.multiply({ a: shifted, b: weights, m: d, k: d, n: k });
    return c.map((v, i) => v - product[i]!);
  };
  context.onProgress?.(0.8, 'checking the residual');
  const scale = norm(c);
  let r = await residualOf(w);
  const step = await factor.solve(r, k);
  const refined = w.map((v, i) => v + step[i]!);
  const after = await residualOf(refined);
  if (norm(after) < norm(r)) [w, r] = [refined, after];
  const condition = d > conditionUpTo ? null : conditionOf(shifted, factor.lower(), d);
  context.onProgress?.(1, `solved ${live.length} inputs`);
  return finish(problem, centred, w, { lambda, retries, residual: scale === 0 ? 0 : norm(r) / scale, condition });
}

interface Centred {
  /** Columns that carry information. */
  readonly live: readonly number[];
  readonly dead: readonly number[];
  readonly d: number;
  readonly k: number;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  /** [d, d] lower triangle over the live columns. */
  readonly g: Float64Array;
  /** [d, k] */
  readonly c: Float64Array;
  readonly trace: number;
  /** Σ y² of the centred targets over all outputs. */
  readonly squareY: number;
}

function centre({ sums, bias }: SumsProblem): Centred {
  const { rows, columns, outputs: k, gram } = sums;
  if (!(rows >= 1))
    throw new TierwiseError('too-few-rows', 'the layer cannot be solved: the sums hold no rows', 'Check the data clause and the shards.');
  requireFinite(sums);
  const { gram: whole, cross: wholeCross, meanX, meanY, squareY: squares } = centredGram(sums, bias);
  const live: number[] = [];
  const dead: number[] = [];
  let trace = 0;
  for (let j = 0; j < columns; j++) {
    const plain = gram[j * columns + j]!;
    const square = whole[j * columns + j]!;
    const isConstant = bias ? square <= constantBelow * plain : plain === 0;
    (isConstant ? dead : live).push(j);
    if (!isConstant) trace += square;
  }
  const d = live.length;
  const g = new Float64Array(d * d);
  const c = new Float64Array(d * k);
  for (let a = 0; a < d; a++) {
    const i = live[a]!;
    for (let b = 0; b <= a; b++) g[a * d + b] = whole[i * columns + live[b]!]!;
    c.set(wholeCross.subarray(i * k, (i + 1) * k), a * k);
  }
  const square = squares.reduce((sum, v) => sum + v, 0);
  return { live, dead, d, k, meanX, meanY, g, c, trace, squareY: square };
}

function requireFinite(sums: RidgeSums): void {
  for (const values of [sums.sumX, sums.sumY, sums.cross, sums.squareY]) if (!values.every(Number.isFinite)) throw notFinite();
  for (let i = 0; i < sums.columns; i++)
    for (let j = 0; j <= i; j++) if (!Number.isFinite(sums.gram[i * sums.columns + j]!)) throw notFinite();
}

function notFinite(): TierwiseError {
  return new TierwiseError(
    'non-finite-rows',
    'the layer cannot be solved: the sums hold a value that is infinite or not a number',
    'Check the data for values too large to square, and the layers below for weights that overflow.',
  );
}

function fullMatrix(g: Float64Array, d: number, lambda: number): Float64Array {
  const full = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) full[i * d + j] = full[j * d + i] = g[i * d + j]!;
    full[i * d + i] = g[i * d + i]! + lambda;
  }
  return full;
}

function conditionOf(full: Float64Array, l: Float64Array, d: number): number | null {
  const largest = largestEigenvalue(d, (v, out) => {
    for (let i = 0; i < d; i++) {
      let s = 0;
      for (let j = 0; j < d; j++) s += full[i * d + j]! * v[j]!;
      out[i] = s;
    }
  });
  const inverse = largestEigenvalue(d, (v, out) => {
    out.set(v);
    forwardSubstitute(l, d, out, 1);
    backSubstitute(l, d, out, 1);
  });
  const value = largest * inverse;
  return Number.isFinite(value) && value >= 1 ? value : null;
}

function finish(
  { sums }: SumsProblem,
  centred: Centred,
  liveWeights: Float64Array,
  how: { readonly lambda: number; readonly retries: number; readonly residual: number; readonly condition: number | null },
): SumsSolution {
  const { live, dead, d, k, meanX, meanY, g, c, squareY } = centred;
  const w = new Float64Array(sums.columns * k);
  const b = Float64Array.from(meanY);
  live.forEach((j, a) => {
    for (let o = 0; o < k; o++) {
      const v = liveWeights[a * k + o]!;
      w[j * k + o] = v;
      b[o] = b[o]! - meanX[j]! * v;
    }
  });
  const error = squareY + quadratic(g, c, liveWeights, d, k);
  return {
    w,
    b,
    lambda: how.lambda,
    conditionEstimate: how.condition,
    relativeResidual: how.residual,
    refinementPasses: d === 0 ? 0 : 1,
    deadInputs: dead,
    engine: null,
    method: `fp64 Cholesky from merged sums; the residual is that of the sums, no row was read${how.retries > 0 ? `; a pivot failed, lambda raised ${how.retries} times` : ''}`,
    trainingMse: Math.max(0, error) / (sums.rows * k),
  };
}

/** tr(WᵀGW) − 2·tr(WᵀC); g: lower triangle. */
function quadratic(g: Float64Array, c: Float64Array, w: Float64Array, d: number, k: number): number {
  let sum = 0;
  for (let a = 0; a < d; a++) {
    for (let o = 0; o < k; o++) {
      const v = w[a * k + o]!;
      let gw = 0.5 * g[a * d + a]! * v;
      for (let b = 0; b < a; b++) gw += g[a * d + b]! * w[b * k + o]!;
      sum += 2 * v * (gw - c[a * k + o]!);
    }
  }
  return sum;
}

function norm(values: Float64Array): number {
  let square = 0;
  for (const v of values) square += v * v;
  return Math.sqrt(square);
}
