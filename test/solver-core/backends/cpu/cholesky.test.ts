import fc from 'fast-check';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { plainMultiply } from '../../../../solver-core/backends/cpu/plain-numerics.ts';
import type { CholeskyFactor, Numerics } from '../../../../solver-core/fit/numerics.ts';
import { cholesky } from '../../../../solver-core/fit/kernels/cholesky.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { tolerances } from '../../../tolerances.ts';
import { engines, hasScipy, largestError, numpy, spectrumMatrix } from './matrices.ts';

type Factoring = Pick<Numerics, 'factor'>;

async function factored(engine: Factoring, a: Float64Array, d: number): Promise<CholeskyFactor> {
  const factor = await engine.factor(a, d);
  if ('failedPivot' in factor) throw new Error(`pivot ${factor.failedPivot} failed`);
  return factor;
}

/** L·Lᵀ by a triple loop. */
function rebuilt(l: Float64Array, d: number): Float64Array {
  const a = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let s = 0;
      for (let k = 0; k <= j; k++) s += l[i * d + k]! * l[j * d + k]!;
      a[i * d + j] = s;
      a[j * d + i] = s;
    }
  }
  return a;
}

describe.each(engines)('Cholesky by %s', (_name, engine) => {
  test('the factor rebuilds the matrix whatever its condition', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 12 }), fc.nat(1e6), async (d, digits, seed) => {
        const { a } = spectrumMatrix(d, 10 ** digits, seed);
        const l = (await factored(engine, a, d)).lower();
        expect(largestError(rebuilt(l, d), a)).toBeLessThan(tolerances.factorFp64.relative);
        for (let i = 0; i < d; i++) expect(l.subarray(i * d + i + 1, (i + 1) * d).every((v) => v === 0)).toBe(true);
      }),
      { seed: 20261121, numRuns: 40 },
    );
  });

  test.each([1, 4, 63, 256, 257, 300, 385])('d = %i: solve and inverse against ml-matrix', async (d) => {
    const { a } = spectrumMatrix(d, 1e4, d);
    const k = 5;
    const b = normals(createRandom(d, 'right'), d * k);
    const before = [a.slice(), b.slice()];
    const factor = await factored(engine, a, d);
    const oracle = new CholeskyDecomposition(Matrix.from1DArray(d, d, a));
    const x = Float64Array.from(oracle.solve(Matrix.from1DArray(d, k, b)).to1DArray());
    expect(largestError(await factor.solve(b, k), x)).toBeLessThan(tolerances.ridgeFp64.relative);
    const inverse = await factor.inverse();
    expect(largestError(inverse, Float64Array.from(oracle.solve(Matrix.eye(d)).to1DArray()))).toBeLessThan(tolerances.ridgeFp64.relative);
    const mirrored = inverse.map((_, at) => inverse[(at % d) * d + Math.floor(at / d)]!);
    expect(largestError(inverse, mirrored)).toBeLessThan(tolerances.sumFp64.relative);
    const lowerInverse = await factor.inverseLower();
    const unit = plainMultiply({ a: lowerInverse, b: factor.lower(), m: d, k: d, n: d });
    expect(largestError(unit, Float64Array.from(Matrix.eye(d).to1DArray()))).toBeLessThan(tolerances.ridgeFp64.relative);
    for (let i = 0; i < d; i++) expect(lowerInverse.subarray(i * d + i + 1, (i + 1) * d).every((v) => v === 0)).toBe(true);
    expect([a, b]).toEqual(before);
    expect((await factor.solve(new Float64Array(0), 0)).length).toBe(0);
  });

  test.each([40, 300])('d = %i: only the lower triangle is read', async (d) => {
    const { a } = spectrumMatrix(d, 1e3, 5);
    const lower = a.slice();
    for (let i = 0; i < d; i++) lower.fill(NaN, i * d + i + 1, (i + 1) * d);
    expect((await factored(engine, lower, d)).lower()).toEqual((await factored(engine, a, d)).lower());
  });

  test.each([
    [7, 3],
    [200, 199],
    [300, 0],
    [300, 95],
    [300, 96],
    [300, 299],
  ])('d = %i: a dead column fails as pivot %i', async (d, dead) => {
    const { a } = spectrumMatrix(d, 10, 2);
    for (let i = 0; i < d; i++) a[i * d + dead] = a[dead * d + i] = 0;
    expect(await engine.factor(a, d)).toEqual({ failedPivot: dead });
  });

  test.each([24, 330])('d = %i: a repeated column and a value that is not a number fail where the plain loops fail', async (d) => {
    const { a } = spectrumMatrix(d, 10, 3);
    const [from, to] = [Math.floor(d / 3), Math.floor((2 * d) / 3)];
    for (let i = 0; i < d; i++) a[i * d + to] = a[i * d + from]!;
    for (let i = 0; i < d; i++) a[to * d + i] = a[from * d + i]!;
    const plain = cholesky(a.slice(), d).failedPivot;
    expect(plain).toBe(to);
    expect(await engine.factor(a, d)).toEqual({ failedPivot: plain });
    a[(d - 1) * d + 2] = NaN;
    a[to * d + to] = 5;
    expect(await engine.factor(a, d)).toEqual({ failedPivot: d - 1 });
  });

  test.each([2, 257])('d = %i: a pivot that is only rounding fails, one just above does not', async (d) => {
    const a = new Float64Array(d * d);
    for (let i = 0; i < d; i++) a[i * d + i] = 1;
    a[(d - 1) * d] = a[d - 1] = 1;
    const last = d * d - 1;
    a[last] = 1 + d * 2 ** -51;
    expect(await engine.factor(a, d)).toEqual({ failedPivot: d - 1 });
    a[last] = 1 + d * 2 ** -49;
    expect('failedPivot' in (await engine.factor(a, d))).toBe(false);
  });

  test('the same matrix gives the same bits', async () => {
    for (const d of [50, 290]) {
      const { a } = spectrumMatrix(d, 1e6, 8);
      const first = await factored(engine, a, d);
      const again = await factored(engine, a.slice(), d);
      expect(again.lower()).toEqual(first.lower());
      const b = normals(createRandom(1, 'right'), d * 2);
      expect(await again.solve(b, 2)).toEqual(await first.solve(b, 2));
    }
  });

  test.skipIf(!hasScipy).each([1e8, 1e12])('condition %d: as accurate as LAPACK', async (kappa) => {
    const d = 400;
    const k = 3;
    const { a } = spectrumMatrix(d, kappa, 11);
    const b = normals(createRandom(4, 'right'), d * k);
    const theirs = numpy(
      `a = np.fromfile('a.f64').reshape(${d}, ${d}); b = np.fromfile('b.f64').reshape(${d}, ${k})\nsl.cho_solve(sl.cho_factor(a, lower=True), b).tofile('out.f64')`,
      { a, b },
    );
    const ours = await (await factored(engine, a, d)).solve(b, k);
    // Two backward stable solves differ by about the condition times the unit roundoff.
    expect(largestError(ours, theirs)).toBeLessThan(kappa * tolerances.unitRoundoff64.times);
    const residual = (x: Float64Array): number => {
      let worst = 0;
      for (let i = 0; i < d; i++) {
        for (let o = 0; o < k; o++) {
          let s = -b[i * k + o]!;
          for (let j = 0; j < d; j++) s += a[i * d + j]! * x[j * k + o]!;
          worst = Math.max(worst, Math.abs(s));
        }
      }
      return worst;
    };
    expect(residual(ours)).toBeLessThan(10 * residual(theirs));
  });
});
