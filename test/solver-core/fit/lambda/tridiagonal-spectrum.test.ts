import fc from 'fast-check';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { tridiagonalEigenvalues } from '../../../../solver-core/fit/lambda/tridiagonal-spectrum.ts';
import { tolerances } from '../../../tolerances.ts';

test('the second difference has eigenvalues 2 - 2 cos', () => {
  const n = 60;
  const found = tridiagonalEigenvalues(new Float64Array(n).fill(2), new Float64Array(n - 1).fill(-1));
  const worst = Math.max(...Array.from(found, (v, i) => Math.abs(v - (2 - 2 * Math.cos((Math.PI * (i + 1)) / (n + 1))))));
  expect(worst).toBeLessThan(tolerances.eigenvalues.relative);
});

test('any tridiagonal matrix has the eigenvalues that ml-matrix finds', () => {
  // ml-matrix fails on subnormal numbers.
  const entry = fc.oneof(
    fc.double({ min: -3, max: 3, noNaN: true }).map((v) => (Math.abs(v) < 1e-200 ? 0 : v)),
    fc.constantFrom(0, 1, 1e-9, 1e6),
  );
  const matrix = fc
    .integer({ min: 1, max: 12 })
    .chain((n) => fc.tuple(fc.array(entry, { minLength: n, maxLength: n }), fc.array(entry, { minLength: n - 1, maxLength: n - 1 })));
  fc.assert(
    fc.property(matrix, ([diagonal, off]) => {
      const n = diagonal.length;
      const full = Matrix.zeros(n, n);
      diagonal.forEach((v, i) => full.set(i, i, v));
      off.forEach((v, i) => full.set(i, i + 1, v).set(i + 1, i, v));
      const expected = new EigenvalueDecomposition(full, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => a - b);
      const found = tridiagonalEigenvalues(Float64Array.from(diagonal), Float64Array.from(off));
      const scale = Math.max(1, ...expected.map(Math.abs));
      found.forEach((v, i) => expect(Math.abs(v - expected[i]!) / scale).toBeLessThan(tolerances.eigenvalues.relative));
    }),
    { seed: 33, numRuns: 500 },
  );
});

test('no columns, no eigenvalues', () => {
  expect(tridiagonalEigenvalues(new Float64Array(0), new Float64Array(0))).toEqual(new Float64Array(0));
});
