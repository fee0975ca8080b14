/** Steps per eigenvalue; QL with implicit shifts takes about 2. */
const mostSteps = 60;

/**
 * Eigenvalues of a symmetric tridiagonal matrix, increasing; diagonal: [d], offDiagonal: [d-1]. QL with implicit Wilkinson shifts,
 * without vectors (Golub and Van Loan, Matrix Computations, 8.3): O(d²) time. Inputs are not changed. A value that does not settle
 * within 60 steps is taken as it stands.
 */
export function tridiagonalEigenvalues(diagonal: Float64Array, offDiagonal: Float64Array): Float64Array {
  const d = Float64Array.from(diagonal);
  const n = d.length;
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(0, Math.max(0, n - 1)));
  for (let l = 0; l < n; l++) {
    for (let step = 0; step < mostSteps; step++) {
      const m = splitAfter(d, e, l);
      if (m === l) break;
      qlStep(d, e, l, m);
    }
  }
  return d.sort();
}

/** The first index from l on whose off-diagonal element is nothing beside its neighbours. */
function splitAfter(d: Float64Array, e: Float64Array, l: number): number {
  let m = l;
  while (m < d.length - 1) {
    const scale = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
    if (Math.abs(e[m]!) <= Number.EPSILON * scale) break;
    m++;
  }
  return m;
}

function qlStep(d: Float64Array, e: Float64Array, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = d[i + 1]! - p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
  }
  d[l] = d[l]! - p;
  e[l] = g;
  e[m] = 0;
}
