import { checkAbort } from '../../model/abort.ts';
import type { AbortFlag } from '../../model/abort.ts';
import { cholesky } from '../../fit/kernels/cholesky.ts';
import { estimateCondition } from '../../fit/kernels/condition.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';
import { lambdaLadder, singularGram } from '../../fit/ridge/lambda-ladder.ts';
import type { EngineWords } from './device.ts';
import type { Quantisation } from './quantise.ts';

/**
 * An approximate factor of the ridge equations as seen from the data: G + λI ≈ M = unit · S L Lᵀ S with S = diag(s_j).
 */
export interface ScaledFactor {
  readonly d: number;
  /** [d, d] lower triangle. */
  readonly l: Float64Array;
  /** [d] s_j. */
  readonly columnNorm: Float64Array;
  readonly unit: number;
}

/**
 * The engine's own factor: L = Rᵀ, from the Gram of words shifted right by sh, so unit = 2^(sh + 2F) / α² whatever the length of R's words.
 * words: [d, columns], R in the first d columns; wordBits: F + 1. null when a diagonal word is not positive.
 */
export function deviceFactor(
  words: EngineWords,
  columns: number,
  plan: Quantisation,
  shift: number,
  wordBits: number,
): ScaledFactor | null {
  const d = plan.columnNorm.length;
  const { values, fractionBits } = words;
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    if (!(values[i * columns + i]! > 0)) return null;
    for (let j = i; j < d; j++) l[j * d + i] = values[i * columns + j]! * 2 ** -fractionBits;
  }
  return { d, l, columnNorm: plan.columnNorm, unit: 2 ** (shift + 2 * (wordBits - 1)) / (plan.alpha * plan.alpha) };
}

/** A factor made on the host, with the λ it took. */
export interface HostFactor {
  readonly factor: ScaledFactor;
  readonly lambda: number;
}

/**
 * Factors the engine's exact Gram on the host in fp64, for equations whose condition is too much for short words. The Gram has only
 * the rounding of the rows in it, so as a preconditioner this is good far beyond the reach of the engine's factor.
 *
 * gram: [d, columns] exact integers, G in the first d columns. A failed pivot multiplies λ by 10, at most 4 times; a λ of 0 continues
 * with 1e-8 of the mean diagonal, as on the cpu backend. Rejects with `singular-gram` after that.
 */
export function hostFactor(
  gram: Float64Array,
  columns: number,
  plan: Quantisation,
  lambda: number,
  meanDiagonal: number,
  abort: AbortFlag | undefined,
): HostFactor {
  const d = plan.columnNorm.length;
  const square = plan.alpha * plan.alpha;
  for (const { used } of lambdaLadder(lambda, meanDiagonal)) {
    checkAbort(abort);
    const l = new Float64Array(d * d);
    for (let i = 0; i < d; i++) {
      for (let j = i; j < d; j++) l[j * d + i] = gram[i * columns + j]! / square;
      l[i * d + i] = l[i * d + i]! + (used - lambda) / (plan.columnNorm[i]! * plan.columnNorm[i]!);
    }
    if (cholesky(l, d).failedPivot < 0) return { factor: { d, l, columnNorm: plan.columnNorm, unit: 1 }, lambda: used };
  }
  throw singularGram(lambda);
}

/** M⁻¹ r with both substitutions on the host in fp64: what conjugate gradients need, a factor applied the same way every time. */
export function factorPreconditioner(factor: ScaledFactor, outputs: number): (r: Float64Array) => Float64Array {
  const { d, l, columnNorm, unit } = factor;
  return (r) => {
    const z = divideRows(r, columnNorm, outputs, 1);
    forwardSubstitute(l, d, z, outputs);
    backSubstitute(l, d, z, outputs);
    return divideRows(z, columnNorm, outputs, unit);
  };
}

/** κ₂ of M, as good an estimate of κ₂(G + λI) as the factor is of the equations; null when it is not a number. */
export function factorCondition(factor: ScaledFactor): number | null {
  const { d, l, columnNorm } = factor;
  const precondition = factorPreconditioner({ ...factor, unit: 1 }, 1);
  const inner = new Float64Array(d);
  const value = estimateCondition(
    d,
    (v, out) => {
      // out = S L (Lᵀ (S v))
      inner.fill(0);
      for (let i = 0; i < d; i++) {
        const scaled = v[i]! * columnNorm[i]!;
        for (let j = 0; j <= i; j++) inner[j] = inner[j]! + l[i * d + j]! * scaled;
      }
      for (let i = 0; i < d; i++) {
        let s = 0;
        for (let j = 0; j <= i; j++) s += l[i * d + j]! * inner[j]!;
        out[i] = s * columnNorm[i]!;
      }
    },
    (v, out) => out.set(precondition(v)),
  );
  // The estimate of a condition of 1 may be an ulp below it.
  return Number.isFinite(value) && value > 0.5 ? Math.max(1, value) : null;
}

/** A copy of [d, k] with row j divided by divisors[j] · by. */
function divideRows(values: Float64Array, divisors: Float64Array, k: number, by: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let j = 0; j < divisors.length; j++) {
    const divisor = divisors[j]! * by;
    for (let o = 0; o < k; o++) out[j * k + o] = values[j * k + o]! / divisor;
  }
  return out;
}
