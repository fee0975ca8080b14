import { describe, expect, test } from 'vitest';
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { cholesky } from '../../../solver-core/fit/kernels/cholesky.ts';
import { estimateCondition } from '../../../solver-core/fit/kernels/condition.ts';
import { addCrossProduct, addToGram, subtractPrediction } from '../../../solver-core/fit/kernels/gram.ts';
import { backSubstitute, forwardSubstitute } from '../../../solver-core/fit/kernels/substitute.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { relativeError } from './problems.ts';
import { tolerances } from '../../tolerances.ts';

/** A well conditioned positive definite matrix, [d, d] full. */
function positive(d: number, seed: number): Float64Array {
  const b = new Matrix(d + 8, d);
  const values = normals(createRandom(seed, 'positive'), (d + 8) * d);
  values.forEach((v, i) => b.set(Math.floor(i / d), i % d, v));
  return Float64Array.from(b.transpose().mmul(b).add(Matrix.eye(d, d).mul(0.5)).to1DArray());
}

const matrix = (values: ArrayLike<number>, rows: number, columns: number): Matrix => Matrix.from1DArray(rows, columns, Array.from(values));

describe.each([1, 2, 63, 64, 65, 130])('dimension %d', (d) => {
  test('the factor is that of ml-matrix', () => {
    const a = positive(d, d);
    const l = Float64Array.from(a);
    expect(cholesky(l, d)).toEqual({ failedPivot: -1 });
    const reference = new CholeskyDecomposition(matrix(a, d, d)).lowerTriangularMatrix;
    for (let i = 0; i < d; i++) for (let j = i + 1; j < d; j++) l[i * d + j] = 0;
    expect(relativeError(l, reference.to1DArray())).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('both substitutions undo a multiplication', () => {
    const a = positive(d, d + 1);
    const l = Float64Array.from(a);
    cholesky(l, d);
    const w = normals(createRandom(d, 'w'), d * 3);
    const b = Float64Array.from(
      matrix(a, d, d)
        .mmul(matrix(w, d, 3))
        .to1DArray(),
    );
    forwardSubstitute(l, d, b, 3);
    backSubstitute(l, d, b, 3);
    expect(relativeError(b, w)).toBeLessThan(tolerances.ridgeFp64.relative);
  });

  test('the condition estimate never exceeds the eigenvalue ratio and comes close', () => {
    const a = positive(d, d + 2);
    const l = Float64Array.from(a);
    cholesky(l, d);
    const full = matrix(a, d, d);
    const values = new EigenvalueDecomposition(full, { assumeSymmetric: true }).realEigenvalues;
    const exact = Math.max(...values) / Math.min(...values);
    const estimate = estimateCondition(
      d,
      (v, out) => out.set(full.mmul(matrix(v, d, 1)).to1DArray()),
      (v, out) => {
        out.set(v);
        forwardSubstitute(l, d, out, 1);
        backSubstitute(l, d, out, 1);
      },
    );
    expect(estimate / exact).toBeLessThan(1 + tolerances.ridgeFp64.relative);
    expect(estimate / exact).toBeGreaterThan(0.5);
  });
});

test.each([
  ['a zero matrix', [0, 0, 0, 0], 0],
  ['a negative pivot', [1, 0, 0, -1], 1],
  ['a singular matrix', [1, 1, 1, 1], 1],
  ['a matrix that is singular up to rounding', [1, 0.1 + 0.2, 0.1 + 0.2, (0.1 + 0.2) ** 2 * (1 + 2 ** -52)], 1],
  ['an infinite entry', [Infinity, 0, 0, 1], 0],
  ['an entry that is not a number', [1, NaN, NaN, 1], 1],
])('the factorisation stops at the failed pivot of %s', (_name, values, failedPivot) => {
  expect(cholesky(Float64Array.from(values), 2)).toEqual({ failedPivot });
});

test('sums of products are those of ml-matrix', () => {
  const [rows, d, k] = [12, 5, 3];
  const random = createRandom(3, 'gram');
  const [x, y, w] = [normals(random, rows * d), normals(random, rows * k), normals(random, d * k)];
  const [X, Y, W] = [matrix(x, rows, d), matrix(y, rows, k), matrix(w, d, k)];
  const g = new Float64Array(d * d);
  const c = new Float64Array(d * k);
  addToGram(x, y, rows, d, k, g, c);
  const gram = X.transpose().mmul(X);
  const lower = (at: (i: number, j: number) => number): number[] =>
    Array.from({ length: d * d }, (_, n) => (n % d <= Math.floor(n / d) ? at(Math.floor(n / d), n % d) : 0));
  expect(
    relativeError(
      g,
      lower((i, j) => gram.get(i, j)),
    ),
  ).toBeLessThan(tolerances.sumFp64.relative);
  expect(relativeError(c, X.transpose().mmul(Y).to1DArray())).toBeLessThan(tolerances.sumFp64.relative);
  const e = new Float64Array(rows * k);
  subtractPrediction(x, w, rows, d, k, y, e);
  expect(relativeError(e, Matrix.sub(Y, X.mmul(W)).to1DArray())).toBeLessThan(tolerances.sumFp64.relative);
  const again = new Float64Array(d * k);
  addCrossProduct(x, y, rows, d, k, again);
  expect(again).toEqual(c);
});
