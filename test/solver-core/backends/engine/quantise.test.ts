import { expect, test } from 'vitest';
import fc from 'fast-check';
import { planQuantisation, quantiseBlock } from '../../../../solver-core/backends/engine/quantise.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { centredBlocks } from '../../../../solver-core/fit/ridge/centred-blocks.ts';
import { ridgeStatistics } from '../../../../solver-core/fit/ridge/statistics.ts';
import { madeProblem, quiet } from '../../fit/problems.ts';

const sizes = {
  wordBits: fc.integer({ min: 8, max: 25 }),
  n: fc.integer({ min: 2, max: 80 }),
  d: fc.integer({ min: 1, max: 6 }),
  seed: fc.integer(),
};

test('no word and no Gram entry can leave its range, whatever the distribution of the data', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        ...sizes,
        lambda: fc.constantFrom(0, 1e-6, 1, 1e9),
        spike: fc.constantFrom(1, 1e3, 1e8),
        accumulatorSpare: fc.integer({ min: 2, max: 12 }),
      }),
      async (c) => {
        const accumulatorBits = Math.min(48, 2 * c.wordBits + c.accumulatorSpare);
        const made = madeProblem(c.n, c.d, 2, c.seed);
        made.x[0] = c.spike;
        made.y[0] = -c.spike;
        const problem = { source: arrayRows(made.x, made.y, c.d, 2), lambda: c.lambda, bias: true };
        const statistics = await ridgeStatistics(problem, quiet);
        const plan = planQuantisation(statistics, c.lambda, { wordBits: c.wordBits, accumulatorBits });
        const d = statistics.live.length;
        const squares = new Float64Array(d + 2);
        const top = 2 ** (c.wordBits - 1) - 1;
        for await (const block of centredBlocks(problem.source, statistics, quiet)) {
          const words = quantiseBlock(block, plan, { first: 0, count: 2 }, new Int32Array(block.rows * (d + 2)), squares);
          expect(words.every((word) => Math.abs(word) <= top)).toBe(true);
        }
        const limit = 2 ** (accumulatorBits - 1);
        for (let j = 0; j < d; j++) expect(squares[j]! + plan.diagonal[j]!).toBeLessThan(limit);
        for (let o = 0; o < 2; o++) expect(squares[d + o]!).toBeLessThan(limit);
      },
    ),
    { seed: 20260103, numRuns: 200 },
  );
});

test('columns of very different size get nearly the same diagonal, ridge term included', async () => {
  const made = madeProblem(500, 3, 1, 4);
  const x = made.x.map((v, i) => v * [1e-6, 1, 1e6][i % 3]!);
  const problem = { source: arrayRows(x, made.y, 3, 1), lambda: 0.5, bias: true };
  const statistics = await ridgeStatistics(problem, quiet);
  const plan = planQuantisation(statistics, 0.5, { wordBits: 18, accumulatorBits: 48 });
  const squares = new Float64Array(4);
  for await (const block of centredBlocks(problem.source, statistics, quiet)) {
    quantiseBlock(block, plan, { first: 0, count: 1 }, new Int32Array(block.rows * 4), squares);
  }
  const diagonal = [0, 1, 2].map((j) => squares[j]! + plan.diagonal[j]!);
  expect(Math.max(...diagonal) / Math.min(...diagonal)).toBeLessThan(1.01);
  // The ridge term outweighs the tiny column and is lost beside the huge one.
  expect(plan.diagonal[0]! / diagonal[0]!).toBeGreaterThan(0.99);
  expect(plan.diagonal[2]! / diagonal[2]!).toBeLessThan(0.01);
});
