import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { largestEigenvalue } from '../../fit/kernels/condition.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';

/** Up to this size a full eigenvalue decomposition costs well under a second. */
const exactUpTo = 200;

/** The ends of the spectrum of a symmetric positive definite matrix. */
export interface Spectrum {
  readonly largest: number;
  readonly smallest: number;
}

/**
 * Largest and smallest eigenvalue of the symmetric positive definite matrix a = L Lᵀ.
 * a: [d, d], lower triangle read; l: its Cholesky factor. Exact (ml-matrix) for d <= 200, else from inside by power iteration.
 */
export function spectrum(a: Float64Array, l: Float64Array, d: number): Spectrum {
  return d <= exactUpTo ? exactSpectrum(a, d) : iteratedSpectrum(a, l, d);
}

/** largest / smallest; null when the smallest eigenvalue is lost in rounding. */
export function conditionOf(ends: Spectrum): number | null {
  const value = ends.largest / ends.smallest;
  return Number.isFinite(value) && value >= 1 ? value : null;
}

function exactSpectrum(a: Float64Array, d: number): Spectrum {
  const full = new Matrix(d, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      full.set(i, j, a[i * d + j]!);
      full.set(j, i, a[i * d + j]!);
    }
  }
  const values = new EigenvalueDecomposition(full, { assumeSymmetric: true }).realEigenvalues;
  return { largest: Math.max(...values), smallest: Math.min(...values) };
}

function iteratedSpectrum(a: Float64Array, l: Float64Array, d: number): Spectrum {
  const inverse = largestEigenvalue(d, (v, out) => {
    out.set(v);
    forwardSubstitute(l, d, out, 1);
    backSubstitute(l, d, out, 1);
  });
  return { largest: largestEigenvalue(d, (v, out) => multiplySymmetric(a, d, v, out)), smallest: 1 / inverse };
}

/** out = A v from the lower triangle of A. */
function multiplySymmetric(a: Float64Array, d: number, v: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < d; i++) {
    const row = i * d;
    const vi = v[i]!;
    let s = a[row + i]! * vi;
    for (let j = 0; j < i; j++) {
      s += a[row + j]! * v[j]!;
      out[j] = out[j]! + a[row + j]! * vi;
    }
    out[i] = out[i]! + s;
  }
}
