import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { cpuBackend } from '../../../../solver-core/backends/cpu/cpu-backend.ts';
import { cpuEngine } from '../../../../solver-core/backends/cpu/engine.ts';
import { solveDual } from '../../../../solver-core/backends/cpu/solve-dual.ts';
import { solvePrimal } from '../../../../solver-core/backends/cpu/solve-primal.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import type { RidgeProblem, RowSource } from '../../../../solver-core/fit/backend.ts';
import { AbortError } from '../../../../solver-core/model/abort.ts';
import { oracleRidge } from '../../fit/oracle.ts';
import { madeProblem, predict, quiet, relativeError } from '../../fit/problems.ts';
import type { Made } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const engine = cpuEngine();
const backend = cpuBackend(engine);
const problemOf = (made: Made, lambda: number | undefined, bias = true): RidgeProblem => ({
  source: arrayRows(made.x, made.y, made.d, made.k),
  lambda,
  bias,
});
const solve = (made: Made, lambda: number | undefined, bias = true) => backend.solve(problemOf(made, lambda, bias), quiet);

describe('ridge on the host', () => {
  test.each([
    { n: 200, d: 20, k: 3, lambda: 0.1, bias: true },
    { n: 200, d: 20, k: 3, lambda: 0.1, bias: false },
    { n: 500, d: 1, k: 1, lambda: 0, bias: true },
    { n: 300, d: 130, k: 1, lambda: 1e-2, bias: true },
    { n: 40, d: 90, k: 2, lambda: 0.5, bias: true },
    { n: 40, d: 90, k: 2, lambda: 0.5, bias: false },
    { n: 5, d: 3, k: 7, lambda: 1, bias: true },
  ])(
    'agrees with a singular value solution: $n rows, $d inputs, $k outputs, lambda $lambda, bias $bias',
    async ({ n, d, k, lambda, bias }) => {
      const made = madeProblem(n, d, k, 11 + n);
      const solution = await solve(made, lambda, bias);
      const oracle = oracleRidge(made, lambda, bias);
      expect(relativeError(solution.w, oracle.w)).toBeLessThan(tolerances.ridgeFp64.relative);
      expect(relativeError(solution.b, oracle.b)).toBeLessThan(tolerances.ridgeFp64.relative);
      expect(solution.lambda).toBe(lambda);
      expect(solution.relativeResidual).toBeLessThan(tolerances.ridgeFp64.relative);
    },
  );

  test('leaves the bias unpenalised: a common offset of rows and targets changes the bias alone', async () => {
    const made = madeProblem(150, 12, 2, 5);
    const shifted = { ...made, x: made.x.map((v, i) => v + 1000 * (1 + (i % made.d))), y: made.y.map((v) => v + 77) };
    const a = await solve(made, 3);
    const b = await solve(shifted, 3);
    expect(relativeError(b.w, a.w)).toBeLessThan(tolerances.ridgeFp64.relative);
    expect(
      relativeError(
        predict(shifted, b),
        predict(made, a).map((v) => v + 77),
      ),
    ).toBeLessThan(tolerances.ridgeFp64.relative);
  });

  test('takes 1e-3 of the mean diagonal of the centred Gram when the plan names no lambda', async () => {
    const made = madeProblem(100, 6, 1, 2, { offset: 4 });
    const solution = await solve(made, undefined);
    let trace = 0;
    for (let j = 0; j < made.d; j++) {
      const column = Array.from({ length: made.n }, (_, r) => made.x[r * made.d + j]!);
      const mean = column.reduce((s, v) => s + v, 0) / made.n;
      trace += column.reduce((s, v) => s + (v - mean) ** 2, 0);
    }
    expect(Math.abs(solution.lambda / ((1e-3 * trace) / made.d) - 1)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('primal and dual form give the same weights', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        fc.boolean(),
        async (n, d, k, seed, bias) => {
          const made = madeProblem(n, d, k, seed);
          const problem = problemOf(made, 0.7, bias);
          const primal = await solvePrimal(problem, quiet, engine);
          const dual = await solveDual(problem, quiet, engine.numerics);
          expect(relativeError(dual.w, primal.w)).toBeLessThan(tolerances.ridgeFp64.relative);
          expect(relativeError(dual.b, primal.b)).toBeLessThan(tolerances.ridgeFp64.relative);
        },
      ),
      { seed: 20260101, numRuns: 40 },
    );
  });

  test('the order of the rows and the size of the chunks do not matter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        async (n, d, chunk, seed) => {
          const made = madeProblem(n, d, 2, seed);
          const reversed = { ...made, x: reverseRows(made.x, d), y: reverseRows(made.y, 2) };
          const a = await solve(made, 0.2);
          const b = await backend.solve({ source: rechunked(reversed, chunk), lambda: 0.2, bias: true }, quiet);
          expect(relativeError(b.w, a.w)).toBeLessThan(tolerances.ridgeFp64.relative);
        },
      ),
      { seed: 20260102, numRuns: 40 },
    );
  });

  test('the same rows give the same bits', async () => {
    const made = madeProblem(333, 37, 3, 9);
    const a = await solve(made, undefined);
    const b = await solve(made, undefined);
    expect(Buffer.from(a.w.buffer).equals(Buffer.from(b.w.buffer))).toBe(true);
    expect(a).toEqual(b);
  });
});

describe('degenerate problems', () => {
  test('constant inputs are reported, get no weight and do not disturb the others', async () => {
    const made = madeProblem(120, 5, 2, 3);
    const withDead = insertColumn(insertColumn(made, 1, 0), 4, 0.1);
    const solution = await solve(withDead, 0.5);
    const reference = oracleRidge(made, 0.5, true);
    expect(solution.deadInputs).toEqual([1, 4]);
    const kept = [0, 2, 3, 5, 6].flatMap((j) => Array.from(solution.w.subarray(j * 2, j * 2 + 2)));
    expect(relativeError(kept, reference.w)).toBeLessThan(tolerances.ridgeFp64.relative);
    expect(Array.from(solution.w.subarray(2, 4))).toEqual([0, 0]);
  });

  test('without a bias a constant input is an input like any other', async () => {
    const made = insertColumn(madeProblem(120, 5, 2, 3), 1, 2);
    const solution = await solve(made, 0.5, false);
    expect(solution.deadInputs).toEqual([]);
    expect(relativeError(solution.w, oracleRidge(made, 0.5, false).w)).toBeLessThan(tolerances.ridgeFp64.relative);
  });

  test('lambda 0 with a singular Gram is raised, and the result says so', async () => {
    const made = madeProblem(80, 6, 1, 4);
    const doubled = insertColumn(made, 0, (r) => 2 * made.x[r * made.d + 3]!);
    const solution = await solve(doubled, 0);
    expect(solution.lambda).toBeGreaterThan(0);
    expect(solution.method).toContain('lambda raised');
    const oracle = oracleRidge(doubled, solution.lambda, true);
    expect(relativeError(predict(doubled, solution), predict(doubled, oracle))).toBeLessThan(tolerances.ridgeFp64.relative);
  });

  test('lambda 0 with fewer rows than inputs is raised too', async () => {
    const made = madeProblem(10, 30, 2, 6);
    const solution = await solve(made, 0);
    expect(solution.lambda).toBeGreaterThan(0);
    expect(relativeError(predict(made, solution), made.y)).toBeLessThan(tolerances.outputsFp32.absolute);
  });

  test.each([1e2, 1e4, 1e6])('condition %d: agrees with the singular value solution and estimates the condition', async (kappa) => {
    const made = madeProblem(400, 24, 2, 8, { kappa });
    const solution = await solve(made, 0);
    const oracle = oracleRidge(made, 0, true);
    expect(relativeError(solution.w, oracle.w)).toBeLessThan(tolerances.ridgeFp64.relative);
    expect(solution.conditionEstimate).toBeGreaterThan(kappa / 4);
    expect(solution.conditionEstimate).toBeLessThan(kappa * 4);
  });

  test('constant targets give zero weights and the constant as bias', async () => {
    const made = { ...madeProblem(50, 4, 2, 1), y: new Float64Array(100).fill(3) };
    const solution = await solve(made, 0.1);
    expect(Array.from(solution.w).every((v) => v === 0)).toBe(true);
    expect(Array.from(solution.b)).toEqual([3, 3]);
    expect(solution.relativeResidual).toBe(0);
  });

  test('only constant inputs: the answer is the mean of the targets', async () => {
    const solution = await solve({ n: 2, d: 2, k: 1, x: Float64Array.from([1, 2, 1, 2]), y: Float64Array.from([4, 8]) }, undefined);
    expect(solution.deadInputs).toEqual([0, 1]);
    expect(Array.from(solution.b)).toEqual([6]);
  });

  test.each([NaN, Infinity, -Infinity])('a value %d in the rows is refused', async (bad) => {
    const made = madeProblem(20, 3, 1, 1);
    made.x[7] = bad;
    await expect(solve(made, 1)).rejects.toMatchObject({ code: 'non-finite-rows' });
  });

  test('a cancelled solve ends with AbortError', async () => {
    await expect(backend.solve(problemOf(madeProblem(50, 4, 1, 1), 1), { ...quiet, abort: { aborted: true } })).rejects.toBeInstanceOf(
      AbortError,
    );
  });
});

function reverseRows(values: Float64Array, width: number): Float64Array {
  const rows = values.length / width;
  return Float64Array.from(values, (_, i) => values[(rows - 1 - Math.floor(i / width)) * width + (i % width)]!);
}

function rechunked(made: Made, size: number): RowSource {
  return {
    rows: made.n,
    columns: made.d,
    outputs: made.k,
    async *chunks() {
      for (let at = 0; at < made.n; at += size) {
        const end = Math.min(made.n, at + size);
        yield { rows: end - at, x: made.x.slice(at * made.d, end * made.d), y: made.y.slice(at * made.k, end * made.k) };
      }
    },
  };
}

function insertColumn(made: Made, at: number, value: number | ((row: number) => number)): Made {
  const d = made.d + 1;
  const x = new Float64Array(made.n * d);
  for (let r = 0; r < made.n; r++) {
    for (let j = 0; j < d; j++) {
      const from = j < at ? j : j - 1;
      x[r * d + j] = j === at ? (typeof value === 'number' ? value : value(r)) : made.x[r * made.d + from]!;
    }
  }
  return { ...made, d, x };
}
