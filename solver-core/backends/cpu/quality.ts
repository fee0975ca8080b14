import type { SolveQuality } from '../../fit/backend.ts';
import type { CholeskyFactor } from '../../fit/numerics.ts';
import { createRandom } from '../../fit/prng.ts';

/** Up to this size trace and rank are computed, above they are estimated or left out: they would cost as much as the factorisation. */
const exactUpTo = 256;
/** Above `exactUpTo` few steps must do: each costs two passes over the factor. They approach the condition from below. */
const stepsAbove = 6;
const stepsBelow = 60;
/** Random sign vectors of the trace estimate. */
const probes = 8;

/**
 * Estimate of κ₂ of A = L·Lᵀ from the largest eigenvalues of A and of its inverse (power iteration), never above the true value beyond
 * rounding; null when it is lost in rounding. a: [d, d], both triangles.
 */
export async function conditionEstimate(a: Float64Array, factor: CholeskyFactor): Promise<number | null> {
  const d = factor.d;
  const steps = d <= exactUpTo ? stepsBelow : stepsAbove;
  const largest = await largestEigenvalue(d, steps, (v) => times(a, v, d));
  const inverse = await largestEigenvalue(d, steps, (v) => factor.solve(v, 1));
  const value = largest * inverse;
  return Number.isFinite(value) && value >= 1 ? value : null;
}

async function largestEigenvalue(
  d: number,
  steps: number,
  apply: (v: Float64Array) => Float64Array | Promise<Float64Array>,
): Promise<number> {
  const random = createRandom(d, 'condition');
  let v: Float64Array = Float64Array.from({ length: d }, () => random.uniform() - 0.4);
  let value = 0;
  for (let step = 0; step <= steps; step++) {
    const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
    if (!(norm > 0) || norm === Infinity) return norm === 0 ? 0 : NaN;
    for (let i = 0; i < d; i++) v[i] = v[i]! / norm;
    const next = await apply(v);
    let dot = 0;
    for (let i = 0; i < d; i++) dot += v[i]! * next[i]!;
    const isSettled = Math.abs(dot - value) <= 1e-6 * dot;
    value = dot;
    v = next;
    if (isSettled && step >= 8) break;
  }
  return value;
}

function times(a: Float64Array, v: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    const row = i * d;
    let s = 0;
    for (let j = 0; j < d; j++) s += a[row + j]! * v[j]!;
    out[i] = s;
  }
  return out;
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
