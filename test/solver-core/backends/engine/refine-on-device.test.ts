import { describe, expect, test } from 'vitest';
import type { RefinedProblem, Refinement } from '../../../../solver-core/backends/engine/refine-on-device.ts';
import { refineOnDevice, startRefinement } from '../../../../solver-core/backends/engine/refine-on-device.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { frobenius, ridgeResidual } from '../../../../solver-core/fit/ridge/residual.ts';
import { ridgeStatistics } from '../../../../solver-core/fit/ridge/statistics.ts';
import { oracleRidge } from '../../fit/oracle.ts';
import { madeProblem, quiet, relativeError } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const [n, d, k, lambda] = [120, 6, 2, 0.5];
const made = madeProblem(n, d, k, 4);
const exact = oracleRidge(made, lambda, true).w;

async function problemAndStart(start: Float64Array): Promise<{ problem: RefinedProblem; from: Refinement }> {
  const source = arrayRows(made.x, made.y, d, k);
  const statistics = await ridgeStatistics({ source, lambda, bias: true }, quiet);
  const rightSide = await ridgeResidual(source, statistics, lambda, new Float64Array(d * k), quiet);
  const problem = { source, statistics, lambda, context: quiet, scale: frobenius(rightSide) };
  return { problem, from: await startRefinement(problem, start, rightSide) };
}

/** A solver that removes all but `rest` of the error, by knowing the answer. */
function solverTo(rest: number, from: Refinement, calls: { n: number }): { apply(r: Float64Array): Promise<Float64Array> } {
  let w = from.w;
  return {
    apply: async () => {
      calls.n++;
      const correction = exact.map((v, i) => (1 - rest) * (v - w[i]!));
      w = w.map((v, i) => v + correction[i]!);
      return correction;
    },
  };
}

describe('refinement on the engine', () => {
  test.each([
    { rest: 1e-3, passes: 4 },
    { rest: 0.05, passes: 9 },
  ])('ends when what a pass leaves of the error no longer matters: $rest per pass', async ({ rest, passes }) => {
    const { problem, from } = await problemAndStart(new Float64Array(d * k));
    const calls = { n: 0 };
    const result = await refineOnDevice(problem, from, solverTo(rest, from, calls));
    expect(result.isDone).toBe(true);
    expect(result.passes).toBe(calls.n);
    expect(result.passes).toBeLessThanOrEqual(passes);
    expect(relativeError(result.refinement.w, exact)).toBeLessThan(tolerances.ridgeEngine.relative);
  });

  test('a pass that gains less than a factor 10 ends it, with what it gained', async () => {
    const { problem, from } = await problemAndStart(new Float64Array(d * k));
    const result = await refineOnDevice(problem, from, solverTo(0.5, from, { n: 0 }));
    expect(result).toMatchObject({ isDone: false, passes: 1 });
    expect(result.refinement.relativeResidual).toBeLessThan(from.relativeResidual);
  });

  test.each([
    ['makes it worse', 1e6],
    ['does nothing', 0],
    ['is no number', NaN],
  ])('a correction that %s is not taken, and nothing is called done', async (_name, times) => {
    const { problem, from } = await problemAndStart(exact.map((v) => 1.01 * v));
    const result = await refineOnDevice(problem, from, { apply: async (r) => r.map((v) => times * v) });
    expect(result).toMatchObject({ isDone: false, passes: 1 });
    expect(result.refinement).toBe(from);
  });

  test('an answer at the end of fp64 needs no pass, and a start worse than nothing is not used', async () => {
    const { problem, from } = await problemAndStart(exact);
    const polished = await refineOnDevice(problem, from, solverTo(0, from, { n: 0 }));
    expect(polished.passes).toBeLessThanOrEqual(1);
    expect(polished.isDone).toBe(true);
    const far = await problemAndStart(exact.map((v) => -100 * v));
    expect(far.from.w.every((v) => v === 0)).toBe(true);
    expect(far.from.relativeResidual).toBe(1);
    const none = await problemAndStart(exact.map(() => NaN));
    expect(none.from.w.every((v) => v === 0)).toBe(true);
  });
});
