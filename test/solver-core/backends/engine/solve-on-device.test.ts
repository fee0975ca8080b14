import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import type { EngineDevice } from '../../../../solver-core/backends/engine/device.ts';
import { gramCycles } from '../../../../solver-core/backends/engine/cycles.ts';
import { layoutOrThrow } from '../../../../solver-core/backends/engine/layout.ts';
import { defaultEngineParameters } from '../../../../solver-core/backends/engine/parameters.ts';
import { solveOnDevice } from '../../../../solver-core/backends/engine/solve-on-device.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import type { RidgeProblem } from '../../../../solver-core/fit/backend.ts';
import { AbortError } from '../../../../solver-core/model/abort.ts';
import { oracleRidge } from '../../fit/oracle.ts';
import { madeProblem, predict, quiet, relativeError } from '../../fit/problems.ts';
import type { Made } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const device = (changes: Partial<typeof defaultEngineParameters> = {}): EngineDevice =>
  new FunctionalDevice(quiet.host, { ...defaultEngineParameters, ...changes });
const problemOf = (made: Made, lambda: number | undefined, bias = true): RidgeProblem => ({
  source: arrayRows(made.x, made.y, made.d, made.k),
  lambda,
  bias,
});
const solve = (made: Made, lambda: number | undefined, bias = true, on = device()) =>
  solveOnDevice(problemOf(made, lambda, bias), on, quiet);
const refined = tolerances.ridgeRefined.relative;

describe('a ridge problem on the engine', () => {
  test.each([
    { n: 300, d: 24, k: 3, lambda: 0.1, bias: true },
    { n: 300, d: 24, k: 3, lambda: 0.1, bias: false },
    { n: 200, d: 1, k: 1, lambda: 0, bias: true },
    { n: 2, d: 1, k: 1, lambda: 0.5, bias: true },
    { n: 20, d: 50, k: 2, lambda: 0.3, bias: true },
    { n: 20, d: 50, k: 2, lambda: 0.3, bias: false },
    { n: 500, d: 100, k: 17, lambda: 30, bias: true },
  ])(
    'agrees with a singular value solution: $n rows, $d inputs, $k outputs, lambda $lambda, bias $bias',
    async ({ n, d, k, lambda, bias }) => {
      const made = madeProblem(n, d, k, 31 + d, { offset: 2 });
      const solution = await solve(made, lambda, bias);
      const oracle = oracleRidge(made, lambda, bias);
      expect(relativeError(solution.w, oracle.w)).toBeLessThan(refined);
      expect(relativeError(solution.b, oracle.b)).toBeLessThan(refined);
      expect(solution.lambda).toBe(lambda);
    },
  );

  test.each([
    { kappa: 1e2, limbs: 1, by: /^functional \+ \d refinement passes$/, within: tolerances.ridgeEngine },
    { kappa: 1e4, limbs: 1, by: /^functional \+ \d refinement passes$/, within: tolerances.ridgeEngine },
    { kappa: 1e4, limbs: 2, by: /^functional \+ \d refinement passes$/, within: tolerances.ridgeEngine },
    { kappa: 1e5, limbs: 1, by: /conjugate gradients on the host used the engine's factor/, within: tolerances.ridgeRefined },
    { kappa: 1e6, limbs: 1, by: /conjugate gradients on the host used the engine's factor/, within: tolerances.ridgeRefined },
    { kappa: 1e8, limbs: 1, by: /broke down in 18-bit words, so the host factored/, within: tolerances.ridgeRefined },
    { kappa: 3e4, limbs: 2, by: /refinement was slow in 18-bit words, so the engine used two limbs$/, within: tolerances.ridgeEngine },
    { kappa: 1e6, limbs: 2, by: /18-bit words were too coarse .* the engine used two limbs$/, within: tolerances.ridgeEngine },
    { kappa: 1e8, limbs: 2, by: /broke down in 18-bit words, so the engine used two limbs/, within: tolerances.ridgeEngine },
    { kappa: 1e10, limbs: 2, by: /two limbs; refinement on the engine was slow/, within: tolerances.ridgeRefined },
  ] as const)(
    'condition $kappa without a ridge term reaches the tolerance and says how, $limbs limbs',
    async ({ kappa, limbs, by, within }) => {
      const made = madeProblem(1000, 64, 8, 3, { kappa });
      const solution = await solve(made, 0, true, device({ limbs }));
      expect(relativeError(solution.w, oracleRidge(made, 0, true).w)).toBeLessThan(within.relative);
      expect(solution.relativeResidual).toBeLessThanOrEqual(tolerances.residualGoal.relative);
      expect(solution.lambda).toBe(0);
      expect(solution.method).toMatch(by);
      expect(solution.conditionEstimate).toBeGreaterThan(kappa / 4);
      expect(solution.conditionEstimate).toBeLessThan(kappa * 4);
    },
  );

  test('the error before refinement is that of the word length, so refinement is what brings the digits', async () => {
    const made = madeProblem(1000, 64, 8, 3, { kappa: 1e4 });
    const short = await solve(made, 0, true, device({ wordBits: 12, limbs: 1 }));
    const long = await solve(made, 0, true, device({ limbs: 1 }));
    expect(short.refinementPasses).toBeGreaterThan(long.refinementPasses);
    expect(relativeError(short.w, long.w)).toBeLessThan(refined);
  });

  test('the normal equations hold for any problem', async () => {
    const cases = fc.record({
      n: fc.integer({ min: 2, max: 120 }),
      d: fc.integer({ min: 1, max: 20 }),
      k: fc.integer({ min: 1, max: 9 }),
      lambda: fc.constantFrom(1e-3, 0.1, 10),
      seed: fc.integer(),
      bias: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ n, d, k, lambda, seed, bias }) => {
        const made = madeProblem(n, d, k, seed);
        const solution = await solve(made, lambda, bias);
        expect(solution.lambda).toBe(lambda);
        expect(normalEquationError(made, solution, lambda)).toBeLessThan(refined);
      }),
      { seed: 20260104, numRuns: 60 },
    );
  });

  test('the same rows give the same bits, cycles and words', async () => {
    const made = madeProblem(400, 40, 5, 8);
    const [a, b] = [await solve(made, 0.01), await solve(made, 0.01)];
    expect(Buffer.from(a.w.buffer).equals(Buffer.from(b.w.buffer))).toBe(true);
    expect(a).toEqual(b);
    expect(a.engine).toMatchObject({ lanes: 8, wordBits: 18, level: 'functional' });
    expect(a.engine!.gramCycles).toBeGreaterThan(0);
    expect(a.engine!.cholCycles).toBeGreaterThan(0);
    expect(a.engine!.backCycles).toBeGreaterThan(0);
    expect(a.engine!.hostWords).toBeGreaterThanOrEqual(400 * 45);
  });
});

describe('degenerate problems on the engine', () => {
  test('constant inputs are reported and get no weight', async () => {
    const made = madeProblem(100, 6, 2, 1);
    for (let r = 0; r < made.n; r++) made.x[r * 6 + 4] = 0.1;
    const solution = await solve(made, 0.1);
    expect(solution.deadInputs).toEqual([4]);
    expect(Array.from(solution.w.subarray(8, 10))).toEqual([0, 0]);
    expect(relativeError(solution.w, oracleRidge(made, 0.1, true).w)).toBeLessThan(refined);
  });

  test('one constant target beside a varying one', async () => {
    const made = madeProblem(100, 6, 2, 1);
    for (let r = 0; r < made.n; r++) made.y[r * 2] = 5;
    const solution = await solve(made, 0.1);
    expect(solution.b[0]).toBe(5);
    expect(relativeError(solution.w, oracleRidge(made, 0.1, true).w)).toBeLessThan(refined);
  });

  test('targets that no input explains get weights of exactly 0', async () => {
    const x = Float64Array.of(1, 1, -1, -1);
    const made = { n: 4, d: 1, k: 1, x, y: Float64Array.of(1, -1, 1, -1) };
    const solution = await solve(made, 0);
    expect([...solution.w, ...solution.b]).toEqual([0, 0]);
    expect(solution.relativeResidual).toBe(0);
  });

  test('all targets and all inputs constant', async () => {
    const made = { n: 4, d: 1, k: 1, x: new Float64Array(4).fill(2), y: new Float64Array(4).fill(3) };
    expect(Array.from((await solve(made, undefined)).b)).toEqual([3]);
  });

  test('two equal inputs without a ridge term: lambda is raised and the result says so', async () => {
    const made = madeProblem(100, 5, 2, 6);
    for (let r = 0; r < made.n; r++) made.x[r * 5 + 1] = made.x[r * 5 + 3]!;
    const solution = await solve(made, 0);
    expect(solution.lambda).toBeGreaterThan(0);
    expect(solution.method).toContain('lambda raised');
    expect(relativeError(predict(made, solution), predict(made, oracleRidge(made, solution.lambda, true)))).toBeLessThan(refined);
  });

  test('fewer rows than inputs without a ridge term: lambda is raised and the rows are fitted', async () => {
    const made = madeProblem(12, 30, 2, 6);
    const solution = await solve(made, 0);
    expect(solution.lambda).toBeGreaterThan(0);
    expect(relativeError(predict(made, solution), made.y)).toBeLessThan(tolerances.outputsFp32.absolute);
  });

  test.each([1, 2] as const)('weights that outgrow their words come from smaller right-hand sides, %i limbs', async (limbs) => {
    // Two nearly equal inputs with opposite effects need large weights of opposite sign.
    const made = madeProblem(400, 2, 3, 5);
    for (let r = 0; r < made.n; r++) {
      const difference = 0.02 * made.x[r * 2 + 1]!;
      made.x[r * 2 + 1] = made.x[r * 2]! + difference;
      made.y.set([100 * difference, made.x[r * 2]!, -made.x[r * 2]! - 1], r * 3);
    }
    const on = device({ limbs });
    const parts: (string | undefined)[] = [];
    const solveOn = on.solve.bind(on);
    on.solve = (r, abort, part) => {
      parts.push(part);
      return solveOn(r, abort, part);
    };
    const solution = await solve(made, 0, true, on);
    expect(solution.method).toMatch(/the weights of 1 output outgrew/);
    expect(relativeError(solution.w, oracleRidge(made, 0, true).w)).toBeLessThan(tolerances.ridgeEngine.relative);
    // Z is scaled, the rows are not given again, and the start is good: few passes follow.
    expect(parts.filter((part) => part === 'backward').length).toBeGreaterThan(0);
    expect(parts.lastIndexOf('backward')).toBeLessThan(parts.indexOf(undefined));
    const cyclesOf = (rows: number): number => gramCycles(layoutOrThrow(on.info, 2, 3), on.info, rows);
    expect(solution.engine!.gramCycles).toBe(3 * cyclesOf(128) + cyclesOf(16));
    expect(solution.refinementPasses).toBeLessThan(6);
  });

  test('more outputs than fit the engine are solved in several runs with the same result', async () => {
    const made = madeProblem(150, 16, 21, 5);
    const small = device({ gramDepth: 48, operandDepth: 2048 });
    const solution = await solve(made, 0.1, true, small);
    expect(solution.method).toMatch(/\d runs/);
    expect(relativeError(solution.w, oracleRidge(made, 0.1, true).w)).toBeLessThan(refined);
    const whole = await solve(made, 0.1);
    expect(solution.engine!.gramCycles).toBeGreaterThan(whole.engine!.gramCycles);
  });

  test('more inputs than fit the engine are refused with sizes', async () => {
    const made = madeProblem(50, 30, 1, 5);
    await expect(solve(made, 1, true, device({ maxFeatures: 16 }))).rejects.toMatchObject({ code: 'engine-too-small' });
  });

  test('a cancel between blocks ends with AbortError', async () => {
    const made = madeProblem(2000, 10, 1, 5);
    const abort = { aborted: false };
    let calls = 0;
    const context = {
      ...quiet,
      abort,
      onProgress: () => {
        calls++;
        abort.aborted = true;
      },
    };
    await expect(solveOnDevice(problemOf(made, 1), device(), context)).rejects.toBeInstanceOf(AbortError);
    expect(calls).toBe(1);
  });
});

/** ‖XᵀY − (XᵀX + λI)W‖ / ‖XᵀY‖ by plain loops; without a bias X is used as it is. */
function normalEquationError(made: Made, solution: { w: Float64Array; b: Float64Array }, lambda: number): number {
  const { n, d, k, x, y } = made;
  const left = new Float64Array(d * k);
  const right = new Float64Array(d * k);
  const usesBias = solution.b.some((v) => v !== 0);
  const mean = Float64Array.from({ length: d }, (_, j) =>
    usesBias ? Array.from({ length: n }, (__, r) => x[r * d + j]!).reduce((s, v) => s + v, 0) / n : 0,
  );
  const predicted = predict(made, solution);
  for (let j = 0; j < d; j++) {
    for (let o = 0; o < k; o++) {
      for (let r = 0; r < n; r++) {
        const centred = x[r * d + j]! - mean[j]!;
        left[j * k + o] = left[j * k + o]! + centred * (y[r * k + o]! - predicted[r * k + o]!);
        right[j * k + o] = right[j * k + o]! + centred * y[r * k + o]!;
      }
      left[j * k + o] = left[j * k + o]! - lambda * solution.w[j * k + o]!;
    }
  }
  return Math.hypot(...left) / Math.max(Math.hypot(...right), Number.MIN_VALUE);
}
