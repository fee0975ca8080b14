import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { combineSums, emptySums } from '../../../solver-core/fit/index.ts';
import type { RidgeSums, SolveContext } from '../../../solver-core/fit/index.ts';
import { arrayRows } from '../../../solver-core/fit/ridge/array-rows.ts';
import { solveSums } from '../../../solver-core/fit/ridge/solve-sums.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { tolerances } from '../../tolerances.ts';

const numerics = plainNumerics();
const context: SolveContext = { host: { nowMs: () => 0, pause: () => Promise.resolve() } };
const sumsOf = (x: Float64Array, y: Float64Array, d: number, k: number): Promise<RidgeSums> =>
  numerics.sums(arrayRows(x, y, d, k), context);

/** Rows with offsets, a constant column 1 and a column 2 of zeros. */
function problem(n: number, d: number, k: number, seed: number): { x: Float64Array; y: Float64Array } {
  const x = normals(createRandom(seed, 'x'), n * d).map((v, i) => (i % d === 1 ? 4 : i % d === 2 ? 0 : v + (i % d)));
  return { x, y: normals(createRandom(seed, 'y'), n * k).map((v, i) => v + x[Math.floor(i / k) * d]! + 3) };
}

/** Gradient of the ridge objective by plain loops over the rows: zero at the answer, whatever way the answer was found. */
function gradient(x: Float64Array, y: Float64Array, d: number, k: number, w: Float64Array, b: Float64Array, lambda: number) {
  const n = x.length / d;
  const forW = w.map((v) => -lambda * v);
  const forB = new Float64Array(k);
  let square = 0;
  for (let r = 0; r < n; r++) {
    for (let o = 0; o < k; o++) {
      let error = y[r * k + o]! - b[o]!;
      for (let j = 0; j < d; j++) error -= x[r * d + j]! * w[j * k + o]!;
      for (let j = 0; j < d; j++) forW[j * k + o] = forW[j * k + o]! + x[r * d + j]! * error;
      forB[o] = forB[o]! + error;
      square += error * error;
    }
  }
  return { forW, forB, mse: square / (n * k) };
}

describe('a solution from sums', () => {
  test('sets the gradient of the objective to zero, and knows the error without the rows', async () => {
    const sizes = fc.record({
      n: fc.integer({ min: 12, max: 80 }),
      d: fc.integer({ min: 3, max: 9 }),
      k: fc.integer({ min: 1, max: 4 }),
      seed: fc.nat(1e6),
      bias: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ n, d, k, seed, bias }) => {
        const { x, y } = problem(n, d, k, seed);
        const solution = await solveSums({ sums: await sumsOf(x, y, d, k), lambda: 0.5, bias }, numerics, context);
        const { forW, forB, mse } = gradient(x, y, d, k, solution.w, solution.b, 0.5);
        const scale = n * d * 100;
        expect(Math.max(...forW.map((v, i) => (solution.deadInputs.includes(Math.floor(i / k)) ? 0 : Math.abs(v))))).toBeLessThanOrEqual(
          tolerances.ridgeFp64.relative * scale,
        );
        if (bias) expect(Math.max(...forB.map(Math.abs))).toBeLessThanOrEqual(tolerances.ridgeFp64.relative * scale);
        expect(Math.abs(solution.trainingMse - mse)).toBeLessThanOrEqual(tolerances.ridgeFp64.relative * (1 + mse));
        expect(solution.deadInputs).toEqual(bias ? [1, 2] : [2]);
        expect(solution.relativeResidual).toBeLessThanOrEqual(tolerances.residualGoal.relative);
      }),
      { seed: 20261121, numRuns: 40 },
    );
  });

  test('is the same from the sums of parts', async () => {
    const [d, k] = [6, 2];
    const { x, y } = problem(90, d, k, 4);
    const whole = await solveSums({ sums: await sumsOf(x, y, d, k), lambda: undefined, bias: true }, numerics, context);
    let sums = emptySums(d, k);
    for (const [from, to] of [
      [0, 10],
      [10, 64],
      [64, 90],
    ] as const)
      sums = combineSums(sums, await sumsOf(x.subarray(from * d, to * d), y.subarray(from * k, to * k), d, k));
    const parts = await solveSums({ sums, lambda: undefined, bias: true }, numerics, context);
    expect(Math.abs(parts.lambda - whole.lambda)).toBeLessThanOrEqual(tolerances.sumFp64.relative * whole.lambda);
    for (const [i, v] of whole.w.entries()) expect(Math.abs(parts.w[i]! - v)).toBeLessThanOrEqual(tolerances.ridgeFp64.relative);
  });

  test('raises lambda where the equations are singular, and says so', async () => {
    const [n, d] = [20, 4];
    const { x, y } = problem(n, d, 1, 9);
    for (let r = 0; r < n; r++) x[r * d + 3] = x[r * d]!;
    const solution = await solveSums({ sums: await sumsOf(x, y, d, 1), lambda: 0, bias: true }, numerics, context);
    expect(solution.lambda).toBeGreaterThan(0);
    expect(solution.method).toContain('lambda raised');
    expect([...solution.w].every(Number.isFinite)).toBe(true);
  });

  test('is the mean of the targets when no input ever changes', async () => {
    const x = new Float64Array(12).fill(7);
    const solution = await solveSums(
      { sums: await sumsOf(x, Float64Array.of(1, 2, 3, 4, 5, 6), 2, 1), lambda: 1, bias: true },
      numerics,
      context,
    );
    expect([[...solution.w], [...solution.b], solution.deadInputs]).toEqual([[0, 0], [3.5], [0, 1]]);
  });

  test('is refused without rows and with values that are no numbers', async () => {
    await expect(solveSums({ sums: emptySums(3, 1), lambda: 1, bias: true }, numerics, context)).rejects.toMatchObject({
      code: 'too-few-rows',
    });
    const sums = { ...emptySums(2, 1), rows: 4 };
    sums.gram[2] = NaN;
    await expect(solveSums({ sums, lambda: 1, bias: true }, numerics, context)).rejects.toMatchObject({ code: 'non-finite-rows' });
  });
});
