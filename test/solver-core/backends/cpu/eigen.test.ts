import fc from 'fast-check';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { plainMultiply, plainNumerics } from '../../../../solver-core/backends/cpu/plain-numerics.ts';
import type { Tridiagonal } from '../../../../solver-core/fit/numerics.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { tolerances } from '../../../tolerances.ts';
import { engines, hasScipy, largestError, numpy, spectrumMatrix, withSpectrum } from './matrices.ts';

const all = [...engines, ['plain', plainNumerics()]] as const;
const tolerance = tolerances.eigenFp64.relative;

function expectEigenpairs(a: Float64Array, d: number, values: Float64Array, vectors: Float64Array): void {
  const count = values.length;
  const size = Math.max(...values.map(Math.abs));
  const turned = plainMultiply({ a, b: vectors, m: d, k: d, n: count });
  const residual = turned.map((v, at) => v - values[at % count]! * vectors[at]!);
  expect(residual.reduce((m, v) => Math.max(m, Math.abs(v)), 0) / size).toBeLessThan(tolerance);
  const gram = plainMultiply({ a: vectors, b: vectors, m: count, k: d, n: count, transposeA: true });
  const unit = gram.map((_, at) => (at % (count + 1) === 0 ? 1 : 0));
  expect(largestError(gram, unit)).toBeLessThan(tolerance);
  for (let e = 0; e < count; e++) {
    const column = Array.from({ length: d }, (_, i) => vectors[i * count + e]!);
    expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
    if (e > 0) expect(values[e]!).toBeLessThanOrEqual(values[e - 1]!);
  }
}

/** cᵀ f(A) c for f(A) = (A + 0.1)² by T: the same for every orthogonal Q. */
function quadratic({ diagonal, offDiagonal, rotated }: Tridiagonal, k: number): Float64Array {
  const d = diagonal.length;
  const t = Matrix.zeros(d, d);
  for (let i = 0; i < d; i++) {
    t.set(i, i, diagonal[i]! + 0.1);
    if (i > 0) t.set(i, i - 1, offDiagonal[i - 1]!).set(i - 1, i, offDiagonal[i - 1]!);
  }
  const c = Matrix.from1DArray(d, k, rotated);
  return Float64Array.from(t.mmul(c).transpose().mmul(t.mmul(c)).to1DArray());
}

describe.each(all)('eigenpairs by %s', (_name, engine) => {
  test.each([
    [1, 1],
    [5, 2],
    [80, 80],
    [150, 12],
    [230, 64],
  ])('d = %i: the largest %i', async (d, count) => {
    const { a, values } = spectrumMatrix(d, 1e5, d);
    const before = a.slice();
    const top = await engine.topEigenpairs(a, d, count);
    expect(largestError(top.values, values.slice(0, count))).toBeLessThan(tolerance);
    expectEigenpairs(a, d, top.values, top.vectors);
    expect(a).toEqual(before);
    const again = await engine.topEigenpairs(a, d, count);
    expect(again).toEqual(top);
  });

  test('equal, zero and negative-by-rounding eigenvalues: clusters stay orthogonal', async () => {
    const d = 120;
    for (const values of [
      Float64Array.from({ length: d }, (_, i) => (i < 40 ? 2 : i < 60 ? 1 : 0)),
      new Float64Array(d).fill(3),
      Float64Array.from({ length: d }, (_, i) => 1 + 1e-9 * (d - i)),
      Float64Array.from({ length: d }, (_, i) => (i === 0 ? 1e6 : 1e-6)),
    ]) {
      const a = withSpectrum(values, 6);
      const top = await engine.topEigenpairs(a, d, 70);
      expect(largestError(top.values, values.slice(0, 70))).toBeLessThan(tolerance);
      expectEigenpairs(a, d, top.values, top.vectors);
    }
    const nothing = await engine.topEigenpairs(new Float64Array(d * d), d, 3);
    expect([...nothing.values].every((v) => Math.abs(v) < Number.EPSILON)).toBe(true);
    const diagonal = new Float64Array(d * d);
    for (let i = 0; i < d; i++) diagonal[i * d + i] = i;
    const top = await engine.topEigenpairs(diagonal, d, 4);
    expect(largestError(top.values, [d - 1, d - 2, d - 3, d - 4])).toBeLessThan(tolerance);
    expectEigenpairs(diagonal, d, top.values, top.vectors);
  });

  test.each([
    ['falling', (i: number) => 0.9 ** i],
    ['with copies of the largest', (i: number) => (i < 2 ? 1 : 0.95 ** i)],
    ['with copies of a small wanted one', (i: number) => (i === 5 || i === 6 ? 0.55 : 0.9 ** i)],
    ['with copies that one start vector does not see', (i: number) => 0.99 ** (i === 7 ? 6 : i)],
    ['flat', (i: number) => 1 - i / 1000],
    ['of rank 5', (i: number) => (i < 5 ? 1 / (i + 1) : 0)],
    ['equal', () => 2],
    ['tiny', (i: number) => 1e-150 * 0.8 ** i],
    ['huge', (i: number) => 1e150 * 0.8 ** i],
  ])('a few pairs of a large matrix, spectrum %s', async (_spectrum, value) => {
    const [d, count] = [300, 8];
    const values = Float64Array.from({ length: d }, (_, i) => value(i)).sort((x, y) => y - x);
    const a = withSpectrum(values, 3);
    const top = await engine.topEigenpairs(a, d, count);
    expect(largestError(top.values, values.slice(0, count))).toBeLessThan(tolerance);
    expectEigenpairs(a, d, top.values, top.vectors);
  });

  test('T has the eigenvalues of A, and QᵀC keeps every product with C', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 5 }), fc.nat(1e6), async (d, k, seed) => {
        const { a, values } = spectrumMatrix(d, 1e3, seed);
        const lower = a.slice();
        for (let i = 0; i < d; i++) lower.fill(NaN, i * d + i + 1, (i + 1) * d);
        const c = normals(createRandom(seed, 'right'), d * k);
        const t = await engine.tridiagonalise(lower, d, c, k);
        const matrix = Matrix.zeros(d, d);
        for (let i = 0; i < d; i++) {
          matrix.set(i, i, t.diagonal[i]!);
          if (i > 0) matrix.set(i, i - 1, t.offDiagonal[i - 1]!).set(i - 1, i, t.offDiagonal[i - 1]!);
        }
        const found = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues.sort((x, y) => y - x);
        expect(largestError(found, values)).toBeLessThan(tolerance);
        const shifted = a.map((v, at) => (at % (d + 1) === 0 ? v + 0.1 : v));
        const ac = plainMultiply({ a: shifted, b: c, m: d, k: d, n: k });
        const direct = plainMultiply({ a: ac, b: ac, m: k, k: d, n: k, transposeA: true });
        expect(largestError(quadratic(t, k), direct)).toBeLessThan(tolerance);
      }),
      { seed: 20261121, numRuns: 25 },
    );
  });
});

test.skipIf(!hasScipy)('LAPACK finds the same eigenvalues of a Gram of correlated rows', async () => {
  const d = 500;
  const random = createRandom(5, 'rows');
  const mixed = plainMultiply({ a: normals(random, 700 * 30), b: normals(random, 30 * d), m: 700, k: 30, n: d });
  const rows = mixed.map((v) => Math.max(0, v) + 0.1 * random.normal());
  const a = plainMultiply({ a: rows, b: rows, m: d, k: 700, n: d, transposeA: true });
  const theirs = numpy(`np.linalg.eigvalsh(np.fromfile('a.f64').reshape(${d}, ${d}))[::-1].copy().tofile('out.f64')`, { a });
  const top = await engines[0][1].topEigenpairs(a, d, 64);
  expect(largestError(top.values, theirs.slice(0, 64))).toBeLessThan(tolerance);
  expectEigenpairs(a, d, top.values, top.vectors);
});
