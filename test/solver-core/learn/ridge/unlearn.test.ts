import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { createRidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import type { RidgeForm } from '../../../../solver-core/learn/ridge/options.ts';
import { tolerances } from '../../../tolerances.ts';
import { batches, classRows, learned, pick, range, regressionRows, relativeDifference, ridgeOptions } from '../learn-rows.ts';

const numerics = plainNumerics();
const near = tolerances.recursiveFp64.relative;

describe('unlearning', () => {
  test('any rows, in any form: the head is the one that never saw them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          n: fc.integer({ min: 25, max: 80 }),
          d: fc.integer({ min: 1, max: 12 }),
          nRemoved: fc.integer({ min: 1, max: 20 }),
          form: fc.constantFrom<RidgeForm>('statistics', 'r', 'auto'),
          seed: fc.integer({ min: 0, max: 10_000 }),
        }),
        async ({ n, d, nRemoved, form, seed }) => {
          const rows = classRows(n, d, 3, seed);
          const options = ridgeOptions({ inputs: d, outputs: 3, form });
          const all = await learned(await createRidgeLearner(options, numerics), batches(rows, 3));
          const gone = range(0, nRemoved).map((i) => (i * 7) % n);
          const unique = [...new Set(gone)];
          const left = await all.without(pick(rows, unique));
          const refit = await learned(await createRidgeLearner(options, numerics), [
            pick(
              rows,
              range(0, n).filter((r) => !unique.includes(r)),
            ),
          ]);
          expect(left.rows).toBe(n - unique.length);
          expect(relativeDifference((await left.solution()).w, (await refit.solution()).w)).toBeLessThan(near);
          expect(relativeDifference((await left.solution()).b, (await refit.solution()).b)).toBeLessThan(near);
        },
      ),
      { seed: 11, numRuns: 80 },
    );
  });

  test('a whole class: its column is exactly zero again', async () => {
    const rows = classRows(60, 5, 3, 1);
    const values = rows.labels.values;
    const all = await learned(await createRidgeLearner(ridgeOptions({ inputs: 5, expand: 9 }), numerics), batches(rows, 7));
    const left = await all.without(
      pick(
        rows,
        range(0, 60).filter((r) => values[r] === 1),
      ),
    );
    const { w, b } = await left.solution();
    expect([...w].filter((_, i) => i % 3 === 1).every((v) => v === 0)).toBe(true);
    expect(b[1]).toBe(0);
  });

  test('all rows: the head is empty again', async () => {
    const rows = classRows(20, 4, 2, 6);
    const all = await learned(await createRidgeLearner(ridgeOptions({ inputs: 4 }), numerics), batches(rows, 6));
    const left = await all.without(rows);
    expect(left.rows).toBe(0);
    expect([...(await left.scores(rows))].every((v) => v === 0)).toBe(true);
  });

  const held = classRows(30, 5, 3, 21);
  test.each([
    { name: 'more rows than were learned', rows: classRows(31, 5, 3, 21) },
    { name: 'a class that was never learned', rows: pick(classRows(10, 5, 5, 21), [4]) },
    { name: 'more rows of a class than were learned', rows: { ...held, labels: { ...held.labels, values: new Int32Array(30).fill(1) } } },
    { name: 'rows far from all that were learned', rows: { ...pick(held, [3]), x: Float32Array.of(500, -400, 300, 200, 100) } },
    { name: 'rows near the others that were not learned', rows: pick(classRows(25, 5, 3, 99), range(0, 25)) },
    { name: 'other rows of the same classes', rows: { ...pick(held, range(0, 25)), x: classRows(25, 5, 3, 98).x } },
    { name: 'as many other rows as were learned', rows: classRows(30, 5, 3, 22) },
  ])('refuses $name', async ({ rows }) => {
    for (const form of ['statistics', 'r'] as const) {
      const all = await learned(await createRidgeLearner(ridgeOptions({ inputs: 5, form }), numerics), batches(held, 1));
      await expect(all.without(rows as typeof held)).rejects.toMatchObject({ code: 'unlearn-not-contained' });
    }
  });

  test('refuses a row whose every value is usual, but not their combination', async () => {
    // Column 1 follows column 0 closely; the row breaks that.
    const tied = { ...held, x: held.x.map((v, i) => (i % 5 === 1 ? held.x[i - 1]! + 0.01 * v : v)) };
    const all = await learned(await createRidgeLearner(ridgeOptions({ inputs: 5, lambda: 10 }), numerics), [tied]);
    const row = pick(tied, [3]);
    await expect(all.without({ ...row, x: row.x.map((v, i) => (i === 1 ? v + 1 : v)) })).rejects.toMatchObject({
      code: 'unlearn-not-contained',
    });
    expect((await all.without(row)).rows).toBe(29);
  });

  test('refuses numeric targets that were never learned', async () => {
    const rows = regressionRows(20, 4, 2, 1);
    const all = await learned(await createRidgeLearner(ridgeOptions({ inputs: 4, outputs: 2, labels: 'regression' }), numerics), [rows]);
    const other = pick(rows, [0]);
    const labels = { kind: 'regression' as const, outputs: 2, values: Float32Array.of(1e4, 0) };
    await expect(all.without({ ...other, labels })).rejects.toMatchObject({ code: 'unlearn-not-contained' });
  });

  test('refuses a head that forgets, or compensates', async () => {
    const rows = classRows(30, 5, 3, 2);
    const forgetful = await learned(await createRidgeLearner(ridgeOptions({ inputs: 5, forgetting: 0.9 }), numerics), batches(rows, 10));
    await expect(forgetful.without(pick(rows, [1]))).rejects.toMatchObject({ code: 'unlearn-unsupported' });
    const options = ridgeOptions({ inputs: 5, expand: 12, compensation: 0.6 });
    const compensating = await learned(await createRidgeLearner(options, numerics), batches(rows, 10));
    await expect(compensating.without(pick(rows, [1]))).rejects.toMatchObject({ code: 'unlearn-unsupported' });
    const refitted = await (
      await learned(await createRidgeLearner(ridgeOptions({ inputs: 5 }), numerics), [rows])
    ).refitted(rows, { keep: 0.5 });
    await expect(refitted.without(pick(rows, [1]))).rejects.toMatchObject({ code: 'unlearn-unsupported' });
  });
});
