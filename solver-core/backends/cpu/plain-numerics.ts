import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { RowSource, SolveContext } from '../../fit/backend.ts';
import { cholesky } from '../../fit/kernels/cholesky.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';
import type { CholeskyFactor, Eigenpairs, FailedPivot, Numerics, Product, Tridiagonal } from '../../fit/numerics.ts';
import { emptySums } from '../../fit/ridge/sums.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import { plainRankUpdate } from './rank-update-plain.ts';

/** Linear algebra in plain fp64 loops: the reference that faster kernels are compared with, and enough for small sizes. */
export function plainNumerics(): Numerics {
  return {
    description: 'fp64 loops',
    sums: plainSums,
    multiply: (product) => Promise.resolve(plainMultiply(product)),
    factor: (a, d) => Promise.resolve(plainFactor(a, d)),
    topEigenpairs: (a, d, count) => Promise.resolve(plainEigenpairs(a, d, count)),
    tridiagonalise: (a, d, c, k) => Promise.resolve(plainTridiagonal(a, d, c, k)),
    rankUpdate: (update) => Promise.resolve(plainRankUpdate(update)),
  };
}

/** The sums in loops: row by row, fp64. */
export async function plainSums(source: RowSource, context: SolveContext): Promise<RidgeSums> {
  const { columns: d, outputs: k } = source;
  const sums = emptySums(d, k);
  const { sumX, sumY, gram, cross, squareY } = sums;
  let rows = 0;
  for await (const chunk of source.chunks()) {
    checkAbort(context.abort);
    for (let r = 0; r < chunk.rows; r++) {
      const x = chunk.x.subarray(r * d, (r + 1) * d);
      const y = chunk.y.subarray(r * k, (r + 1) * k);
      if (!x.every(Number.isFinite) || !y.every(Number.isFinite)) throw notFinite(rows + r);
      for (let i = 0; i < d; i++) {
        const v = x[i]!;
        sumX[i] = sumX[i]! + v;
        if (v === 0) continue;
        for (let j = 0; j <= i; j++) gram[i * d + j] = gram[i * d + j]! + v * x[j]!;
        for (let o = 0; o < k; o++) cross[i * k + o] = cross[i * k + o]! + v * y[o]!;
      }
      for (let o = 0; o < k; o++) {
        sumY[o] = sumY[o]! + y[o]!;
        squareY[o] = squareY[o]! + y[o]! * y[o]!;
      }
    }
    rows += chunk.rows;
    context.onProgress?.(rows / source.rows, `summed ${rows} of ${source.rows} rows`);
    await context.host.pause();
  }
  return { ...sums, rows };
}

/** The error for a row that cannot be summed; `row` counts from 0. */
export function notFinite(row: number): TierwiseError {
  return new TierwiseError(
    'non-finite-rows',
    `row ${row} holds a value that is infinite or not a number`,
    'Check the data for such values, and the layers below for weights that overflow.',
  );
}

/** The product in loops: A row by row, fp64. */
export function plainMultiply({ a, b, m, k, n, transposeA = false, transposeB = false, alpha = 1 }: Product): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const v = alpha * (transposeA ? a[l * m + i]! : a[i * k + l]!);
      if (v === 0) continue;
      for (let j = 0; j < n; j++) c[i * n + j] = c[i * n + j]! + v * (transposeB ? b[j * k + l]! : b[l * n + j]!);
    }
  }
  return c;
}

function plainFactor(a: Float64Array, d: number): CholeskyFactor | FailedPivot {
  const l = Float64Array.from(a);
  const { failedPivot } = cholesky(l, d);
  if (failedPivot >= 0) return { failedPivot };
  for (let i = 0; i < d; i++) l.fill(0, i * d + i + 1, (i + 1) * d);
  const solve = (b: Float64Array, k: number): Float64Array => {
    const z = Float64Array.from(b);
    forwardSubstitute(l, d, z, k);
    backSubstitute(l, d, z, k);
    return z;
  };
  const identity = (): Float64Array => {
    const eye = new Float64Array(d * d);
    for (let i = 0; i < d; i++) eye[i * d + i] = 1;
    return eye;
  };
  return {
    d,
    lower: () => Float64Array.from(l),
    solve: (b, k) => Promise.resolve(solve(b, k)),
    inverse: () => Promise.resolve(solve(identity(), d)),
    inverseLower() {
      const inverse = identity();
      forwardSubstitute(l, d, inverse, d);
      return Promise.resolve(inverse);
    },
  };
}

function plainEigenpairs(a: Float64Array, d: number, count: number): Eigenpairs {
  const evd = new EigenvalueDecomposition(Matrix.from1DArray(d, d, a), { assumeSymmetric: true });
  const values = new Float64Array(count);
  const vectors = new Float64Array(d * count);
  for (let e = 0; e < count; e++) {
    const column = evd.eigenvectorMatrix.getColumn(d - 1 - e);
    const largest = column.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0);
    values[e] = evd.realEigenvalues[d - 1 - e]!;
    column.forEach((v, i) => (vectors[i * count + e] = largest < 0 ? -v : v));
  }
  return { values, vectors };
}

/** By the full decomposition: a diagonal matrix is tridiagonal. */
function plainTridiagonal(a: Float64Array, d: number, c: Float64Array, k: number): Tridiagonal {
  const full = Float64Array.from(a);
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) full[j * d + i] = full[i * d + j]!;
  const { values, vectors } = plainEigenpairs(full, d, d);
  return {
    diagonal: values,
    offDiagonal: new Float64Array(Math.max(0, d - 1)),
    rotated: plainMultiply({ a: vectors, b: c, m: d, k: d, n: k, transposeA: true }),
  };
}
