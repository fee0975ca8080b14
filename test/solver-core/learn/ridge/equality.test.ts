import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import type { RidgeForm, RidgeLearnerOptions } from '../../../../solver-core/learn/ridge/options.ts';
import type { RidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import { createRidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import type { LearnRows } from '../../../../solver-core/learn/learner.ts';
import { tolerances } from '../../../tolerances.ts';
import {
  batches,
  classRows,
  jointRidge,
  learned,
  pick,
  range,
  regressionRows,
  relativeDifference,
  ridgeOptions,
  targetsOf,
} from '../learn-rows.ts';

const numerics = plainNumerics();
const seed = 20261121;
const near = tolerances.recursiveFp64.relative;

async function learn(options: Partial<RidgeLearnerOptions>, parts: readonly LearnRows[]): Promise<RidgeLearner> {
  return learned(await createRidgeLearner(ridgeOptions(options), numerics), parts);
}

async function differenceToJoint(learner: RidgeLearner, rows: LearnRows, lambda: number): Promise<number> {
  const d = rows.x.length / rows.rows;
  const k = learner.outputs;
  const joint = jointRidge(Float64Array.from(rows.x), targetsOf(rows, k), rows.rows, d, k, lambda);
  const { w, b } = await learner.solution();
  return Math.max(relativeDifference(w, joint.w), relativeDifference(b, joint.b));
}

describe('a ridge head that learns in batches is the joint solve', () => {
  const shapes = fc.record({
    n: fc.integer({ min: 12, max: 160 }),
    d: fc.integer({ min: 1, max: 32 }),
    classes: fc.integer({ min: 2, max: 5 }),
    size: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 40 })),
    lambda: fc.double({ min: 1e-3, max: 10, noNaN: true }),
    form: fc.constantFrom<RidgeForm>('statistics', 'r', 'auto'),
    seed: fc.integer({ min: 0, max: 10_000 }),
    constantColumn: fc.boolean(),
  });

  test('for any shape, batching and form, classes', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ n, d, classes, size, lambda, form, seed: rowSeed, constantColumn }) => {
        const rows = classRows(n, d, classes, rowSeed, { constantColumn });
        const learner = await learn({ inputs: d, lambda, form }, batches(rows, size));
        expect(learner.outputs).toBe(classes);
        expect(learner.rows).toBe(n);
        expect(await differenceToJoint(learner, rows, lambda)).toBeLessThan(near);
      }),
      { seed, numRuns: 120 },
    );
  });

  test('for a class that comes while rows wait for the sums, after which other rows are taken out', async () => {
    const rows = classRows(150, 40, 4, 23);
    const labels = rows.labels.values;
    const late = range(0, 150).toSorted((a, b) => Number(labels[a] === 3) - Number(labels[b] === 3));
    const sorted = pick(rows, late);
    const learner = await learn({ inputs: 40, form: 'r' }, [pick(sorted, range(0, 90)), ...batches(pick(sorted, range(90, 150)), 3)]);
    expect(learner.form).toBe('r');
    expect(await differenceToJoint(learner, sorted, 0.5)).toBeLessThan(near);
    const left = await learner.without(pick(sorted, range(0, 5)));
    expect(await differenceToJoint(left, pick(sorted, range(5, 150)), 0.5)).toBeLessThan(near);
    const more = await left.updated(pick(sorted, range(0, 50)));
    expect(await differenceToJoint(more, pick(sorted, [...range(0, 50), ...range(5, 150)]), 0.5)).toBeLessThan(near);
  });

  test('for several numeric outputs', async () => {
    const rows = regressionRows(70, 9, 3, 5);
    for (const form of ['statistics', 'r', 'auto'] as const) {
      const learner = await learn({ inputs: 9, outputs: 3, labels: 'regression', lambda: 0.2, form }, batches(rows, 7));
      expect(await differenceToJoint(learner, rows, 0.2)).toBeLessThan(near);
    }
  });

  test('for classes that come one after the other, the order of the batches does not matter', async () => {
    const rows = classRows(120, 8, 5, 3);
    const labels = rows.labels.values;
    const byClass = [4, 0, 3, 1, 2].map((c) =>
      pick(
        rows,
        range(0, 120).filter((r) => labels[r] === c),
      ),
    );
    const forward = await learn({ inputs: 8 }, byClass);
    const backward = await learn({ inputs: 8 }, byClass.toReversed());
    expect(await differenceToJoint(forward, rows, 0.5)).toBeLessThan(near);
    const [a, b] = [await forward.solution(), await backward.solution()];
    expect(relativeDifference(a.w, b.w)).toBeLessThan(near);
  });

  test('without a lambda the default is that of all rows together', async () => {
    const rows = classRows(60, 5, 3, 8);
    const parts = await learn({ inputs: 5, lambda: undefined }, batches(rows, 11));
    const once = await learn({ inputs: 5, lambda: undefined }, [rows]);
    const lambda = (await parts.lambdaUsed())!;
    const column = (j: number): readonly number[] => range(0, 60).map((r) => rows.x[r * 5 + j]!);
    const squares = (v: readonly number[]): number => v.reduce((sum, a) => sum + (a - v.reduce((s, b) => s + b, 0) / 60) ** 2, 0);
    expect(relativeDifference([lambda], [(1e-3 * range(0, 5).reduce((sum, j) => sum + squares(column(j)), 0)) / 5])).toBeLessThan(near);
    expect(relativeDifference([lambda], [(await once.lambdaUsed())!])).toBeLessThan(near);
    expect(await differenceToJoint(parts, rows, lambda)).toBeLessThan(near);
  });

  test('lambda 0 with a column that repeats another raises lambda instead of failing', async () => {
    const rows = classRows(40, 4, 2, 9);
    const x = rows.x.map((v, i) => (i % 4 === 3 ? rows.x[i - 1]! : v));
    const learner = await learn({ inputs: 4, lambda: 0 }, [{ ...rows, x }]);
    expect(await learner.lambdaUsed()).toBeGreaterThan(0);
    expect([...(await learner.solution()).w].every(Number.isFinite)).toBe(true);
  });
});

describe('coding of classes', () => {
  test('columns that are padded with 0 need targets of 0 and 1: coded ±1 the same rows give another head', async () => {
    const rows = classRows(150, 6, 3, 4);
    const labels = rows.labels.values;
    const order = [...range(0, 150)].sort((a, b) => labels[a]! - labels[b]!);
    const sorted = pick(rows, order);
    const learner = await learn({ inputs: 6 }, batches(sorted, 30));
    const joint = jointRidge(Float64Array.from(sorted.x), targetsOf(sorted, 3), 150, 6, 3, 0.5);
    // Classes as ±1 numbers, and a column of a class that begins with zeros for the rows before it: what padding would make of it.
    const firstOf = [0, 1, 2].map((c) => [...sorted.labels.values].indexOf(c));
    const signed = targetsOf(sorted, 3).map((v, i) => (Math.floor(i / 3) < Math.floor(firstOf[i % 3]! / 30) * 30 ? 0 : 2 * v - 1));
    const padded = jointRidge(Float64Array.from(sorted.x), signed, 150, 6, 3, 0.5);
    const whole = jointRidge(
      Float64Array.from(sorted.x),
      targetsOf(sorted, 3).map((v) => 2 * v - 1),
      150,
      6,
      3,
      0.5,
    );
    expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(near);
    expect(relativeDifference(padded.w, whole.w)).toBeGreaterThan(0.1);
  });

  test('a head with one output takes the class index as a number and does not grow', async () => {
    const rows = classRows(30, 4, 3, 2);
    const learner = await learn({ inputs: 4, outputs: 1 }, batches(rows, 10));
    expect(learner.outputs).toBe(1);
    const joint = jointRidge(Float64Array.from(rows.x), Float64Array.from(rows.labels.values), 30, 4, 1, 0.5);
    expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(near);
  });
});

describe('forgetting', () => {
  test('older batches count less and lambda stays: the weighted joint solve', async () => {
    const rows = classRows(90, 5, 3, 12);
    const learner = await learn({ inputs: 5, forgetting: 0.8 }, batches(rows, 30));
    // √weight on rows and on the constant makes a weighted problem of a plain one; centring by hand with weighted means.
    const weights = [0.64, 0.8, 1];
    const x = Float64Array.from(rows.x);
    const y = targetsOf(rows, 3);
    const total = weights.reduce((sum, w) => sum + 30 * w, 0);
    const mean = (values: Float64Array, d: number): number[] =>
      range(0, d).map((j) => range(0, 90).reduce((sum, r) => sum + weights[Math.floor(r / 30)]! * values[r * d + j]!, 0) / total);
    const centred = (values: Float64Array, d: number): Float64Array => {
      const m = mean(values, d);
      return values.map((v, i) => Math.sqrt(weights[Math.floor(i / d / 30)]!) * (v - m[i % d]!));
    };
    // Rows and their negatives: the mean is 0, so centring changes nothing; every square counts twice, hence twice the λ.
    const mirrored = (values: Float64Array): Float64Array => Float64Array.from([...values, ...values.map((v) => -v)]);
    const joint = jointRidge(mirrored(centred(x, 5)), mirrored(centred(y, 3)), 180, 5, 3, 2 * 0.5);
    expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(near);
    expect(learner.rows).toBeCloseTo(total);
  });

  test('is refused with the R form, which would let lambda fade', async () => {
    await expect(createRidgeLearner(ridgeOptions({ forgetting: 0.9, form: 'r' }), numerics)).rejects.toMatchObject({
      code: 'form-unsupported',
    });
  });
});
