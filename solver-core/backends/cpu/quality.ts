import type { SolveQuality } from '../../fit/backend.ts';
import type { CholeskyFactor, Numerics } from '../../fit/numerics.ts';
import { createRandom } from '../../fit/prng.ts';

/** Up to this size trace and rank are computed, above they are estimated or left out: they would cost as much as the factorisation. */
const exactUpTo = 256;
/**
 * Power iteration: one vector and many steps for small matrices; above, 8 vectors side by side, which cost little more than one, and
 * few steps. Both approach the condition from below.
 */
const iteration = (d: number): { readonly width: number; readonly steps: number } =>
  d <= exactUpTo ? { width: 1, steps: 60 } : { width: 8, steps: 2 };
/** Random sign vectors of the trace estimate. */
const probes = 8;

/**
 * Estimate of κ₂ of A = L·Lᵀ from the largest eigenvalues of A and of its inverse (power iteration), never above the true value beyond
 * rounding; null when it is lost in rounding. a: [d, d], both triangles.
 */
export async function conditionEstimate(a: Float64Array, factor: CholeskyFactor, numerics: Numerics): Promise<number | null> {
  const d = factor.d;
  const largest = await largestEigenvalue(d, (v, width) => numerics.multiply({ a, b: v, m: d, k: d, n: width }));
  const inverse = await largestEigenvalue(d, (v, width) => factor.solve(v, width));
  const value = largest * inverse;
  return Number.isFinite(value) && value >= 1 ? value : null;
}

/** The largest Rayleigh quotient of any of the vectors; apply: [d, width] -> [d, width]. */
async function largestEigenvalue(d: number, apply: (v: Float64Array, width: number) => Promise<Float64Array>): Promise<number> {
  const { width, steps } = iteration(d);
  const random = createRandom(d, 'condition');
  let v: Float64Array = Float64Array.from({ length: d * width }, () => random.uniform() - 0.4);
  let value = 0;
  for (let step = 0; step <= steps; step++) {
    const norms = columnDots(v, v, width);
    if (norms.every((s) => s === 0)) return 0;
    const next = await apply(v, width);
    const quotient = Math.max(...columnDots(v, next, width).map((s, o) => (norms[o] === 0 ? 0 : s / norms[o]!)));
    if (!Number.isFinite(quotient)) return NaN;
    const isSettled = Math.abs(quotient - value) <= 1e-6 * quotient;
    value = Math.max(value, quotient);
    const scales = columnDots(next, next, width).map((s) => (s === 0 ? 0 : 1 / Math.sqrt(s)));
    for (let i = 0; i < next.length; i++) next[i] = next[i]! * scales[i % width]!;
    v = next;
    if (isSettled && step >= 8) break;
  }
  return value;
}

/** Dot product of equal columns of two [d, width] arrays. */
function columnDots(a: Float64Array, b: Float64Array, width: number): number[] {
  const dots = new Array<number>(width).fill(0);
  for (let i = 0; i < a.length; i++) dots[i % width] = dots[i % width]! + a[i]! * b[i]!;
  return dots;
}

/** Right-hand sides whose solutions tell tr(A⁻¹): none where it is computed exactly. [d, count] of ±1. */
export function traceProbes(d: number): { readonly signs: Float64Array; readonly count: number } {
  if (d <= exactUpTo) return { signs: new Float64Array(0), count: 0 };
  const random = createRandom(d, 'trace');
  return { signs: Float64Array.from({ length: d * probes }, () => (random.uint32() % 2 === 0 ? 1 : -1)), count: probes };
}

/**
 * tr((G+λI)⁻¹G) = d − λ·tr((G+λI)⁻¹). Exact up to 256 inputs, above by Hutchinson's estimate from `solved` = A⁻¹·signs.
 */
export async function degreesOfFreedom(
  factor: CholeskyFactor,
  lambda: number,
  signs: Float64Array,
  solved: Float64Array,
): Promise<number | null> {
  const d = factor.d;
  let trace = 0;
  if (d <= exactUpTo) {
    const inverse = await factor.inverse();
    for (let i = 0; i < d; i++) trace += inverse[i * d + i]!;
  } else {
    for (let i = 0; i < signs.length; i++) trace += (signs[i]! * solved[i]!) / probes;
  }
  const value = d - lambda * trace;
  return Number.isFinite(value) ? Math.min(d, Math.max(0, value)) : null;
}

/**
 * Rank of a symmetric positive semidefinite [d, d] (lower triangle read) at fp64's accuracy: pivots of a Cholesky factorisation with
 * complete pivoting above d·2⁻⁵²·largest diagonal (Higham, Accuracy and Stability, 10.3.2). null above 256 inputs.
 */
export function gramRank(g: Float64Array, d: number): number | null {
  if (d > exactUpTo) return null;
  const a = Float64Array.from(g);
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) a[j * d + i] = a[i * d + j]!;
  const left = new Set(Array.from({ length: d }, (_, i) => i));
  let limit = 0;
  for (let rank = 0; rank < d; rank++) {
    let pivot = -1;
    for (const i of left) if (pivot < 0 || a[i * d + i]! > a[pivot * d + pivot]!) pivot = i;
    const value = a[pivot * d + pivot]!;
    if (rank === 0) limit = d * 2 ** -52 * value;
    if (!(value > limit)) return rank;
    left.delete(pivot);
    for (const i of left) {
      const ratio = a[i * d + pivot]! / value;
      for (const j of left) a[i * d + j] = a[i * d + j]! - ratio * a[pivot * d + j]!;
    }
  }
  return d;
}

/** Where the λ of a solve came from, as far as a backend knows. */
export function lambdaFrom(asked: number | undefined): SolveQuality['lambdaFrom'] {
  return asked === undefined ? 'default' : 'given';
}
