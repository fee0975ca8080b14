/** A symmetric positive definite operator on vectors of length d: writes A·v into `out`. */
export type Operator = (v: Float64Array, out: Float64Array) => void;

/**
 * Estimates κ₂ of a symmetric positive definite operator from its largest eigenvalue and that of its inverse (power iteration).
 * Both eigenvalues are approached from inside, so the estimate never exceeds the true value beyond rounding; with 60 steps it is
 * usually within a few per cent. The start vector is fixed, so equal operators give equal bits. NaN when an operator gives NaN.
 */
export function estimateCondition(d: number, apply: Operator, applyInverse: Operator, nSteps = 60): number {
  return largestEigenvalue(d, apply, nSteps) * largestEigenvalue(d, applyInverse, nSteps);
}

/** Largest eigenvalue of a symmetric positive definite operator by power iteration: the last Rayleigh quotient, a lower bound. */
export function largestEigenvalue(d: number, apply: Operator, nSteps = 60): number {
  let v: Float64Array = startVector(d);
  let next: Float64Array = new Float64Array(d);
  let value = 0;
  for (let step = 0; step < nSteps; step++) {
    apply(v, next);
    let dot = 0;
    let square = 0;
    for (let i = 0; i < d; i++) {
      dot += v[i]! * next[i]!;
      square += next[i]! * next[i]!;
    }
    const norm = Math.sqrt(square);
    if (!(norm > 0) || norm === Infinity) return norm === 0 ? 0 : NaN;
    const settled = Math.abs(dot - value) <= 1e-6 * dot;
    value = dot;
    for (let i = 0; i < d; i++) next[i] = next[i]! / norm;
    [v, next] = [next, v];
    if (settled && step >= 8) break;
  }
  return value;
}

/** A unit vector without structure that an eigenvector could be orthogonal to: a low-discrepancy sequence with both signs. */
function startVector(d: number): Float64Array {
  const v = new Float64Array(d);
  let square = 0;
  for (let i = 0; i < d; i++) {
    const t = (i + 1) * 0.6180339887498949;
    v[i] = (t - Math.floor(t) + 0.25) * (i % 3 === 1 ? -1 : 1);
    square += v[i]! * v[i]!;
  }
  const norm = Math.sqrt(square);
  for (let i = 0; i < d; i++) v[i] = v[i]! / norm;
  return v;
}
