import { describe, expect, test } from 'vitest';
import { plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import type { Numerics } from '../../../../solver-core/fit/numerics.ts';
import type { LearnRows } from '../../../../solver-core/learn/learner.ts';
import { enterInverse, inverseDeviation, isStale } from '../../../../solver-core/learn/ridge/inverse-form.ts';
import type { RidgeLearnerOptions } from '../../../../solver-core/learn/ridge/options.ts';
import { maxFeatures, ridgeMemory } from '../../../../solver-core/learn/ridge/options.ts';
import type { RidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import { createRidgeLearner, resumeRidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import { solveSums } from '../../../../solver-core/learn/ridge/solve-sums.ts';
import { tolerances } from '../../../tolerances.ts';
import {
  batches,
  classRows,
  headOf,
  jointRidge,
  learned,
  pick,
  range,
  regressionRows,
  relativeDifference,
  ridgeOptions,
  targetsOf,
} from '../learn-rows.ts';

const near = tolerances.recursiveFp64.relative;

/** Arithmetic that counts its factorisations and rank updates. */
function counting(): { readonly numerics: Numerics; readonly calls: { factor: number; rankUpdate: number } } {
  const plain = plainNumerics();
  const calls = { factor: 0, rankUpdate: 0 };
  const numerics: Numerics = {
    ...plain,
    factor: (a, d) => (calls.factor++, plain.factor(a, d)),
    rankUpdate: (update) => (calls.rankUpdate++, plain.rankUpdate(update)),
  };
  return { numerics, calls };
}

function create(options: Partial<RidgeLearnerOptions>, numerics: Numerics): Promise<RidgeLearner> {
  return createRidgeLearner(ridgeOptions(options), numerics);
}

describe('R form', () => {
  test('needs one factorisation for many small batches; the statistics form one per answer', async () => {
    const rows = classRows(120, 16, 3, 1);
    const parts = [pick(rows, range(0, 40)), ...batches(pick(rows, range(40, 120)), 2)];
    for (const { form, factors, updates } of [
      { form: 'r' as const, factors: 1, updates: 40 },
      { form: 'statistics' as const, factors: 41, updates: 0 },
    ]) {
      const { numerics, calls } = counting();
      let learner = await create({ inputs: 16, form }, numerics);
      for (const part of parts) {
        learner = await learner.updated(part);
        if (learner.rows > 0) await learner.scores(rows);
      }
      // The first answer, before R exists, is solved; R comes from that same factor.
      expect(calls).toEqual({ factor: factors, rankUpdate: updates });
      expect(learner.form).toBe(form);
    }
  });

  test('a batch of more than d/4 rows is solved from the sums', async () => {
    const { numerics, calls } = counting();
    const rows = classRows(60, 16, 3, 2);
    const learner = await learned(await create({ inputs: 16, form: 'r' }, numerics), batches(rows, 5));
    expect(calls.rankUpdate).toBe(0);
    expect(learner.form).toBe('statistics');
  });

  test('auto enters it after two small batches and leaves it with a large one', async () => {
    const { numerics } = counting();
    const rows = classRows(200, 80, 2, 3);
    let learner = await create({ inputs: 80, form: 'auto' }, numerics);
    const forms: string[] = [];
    for (const part of [range(0, 100), range(100, 104), range(104, 108), range(108, 109), range(109, 180), range(180, 182)]) {
      learner = await learner.updated(pick(rows, part));
      forms.push(learner.form);
    }
    expect(forms).toEqual(['statistics', 'statistics', 'r', 'r', 'statistics', 'statistics']);
  });

  test('auto keeps to the sums without a given lambda, so that its answers are theirs', async () => {
    const { numerics } = counting();
    const rows = classRows(60, 20, 2, 3);
    const learner = await learned(await create({ inputs: 20, form: 'auto', lambda: undefined }, numerics), batches(rows, 2));
    expect(learner.form).toBe('statistics');
  });

  test.each([0, undefined])(
    'lambda %s and features that do not vary at first: R waits for a lambda above 0, or is not used',
    async (lambda) => {
      const { numerics, calls } = counting();
      const rows = classRows(60, 20, 2, 3);
      const start = await learned(await create({ inputs: 20, form: 'r', lambda }, numerics), batches(pick(rows, [0, 1]), 1));
      expect(calls.rankUpdate).toBe(0);
      const learner = await learned(start, batches(pick(rows, range(2, 60)), 1));
      expect(calls.rankUpdate).toBe(lambda === 0 ? 0 : 58);
      const used = (await learner.lambdaUsed())!;
      const joint = jointRidge(Float64Array.from(rows.x), targetsOf(rows, 2), 60, 20, 2, used);
      expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(near);
    },
  );

  test('is made anew from the sums after 1000 updates', async () => {
    const { numerics, calls } = counting();
    const rows = classRows(2005, 4, 2, 4);
    const learner = await learned(await create({ inputs: 4, form: 'r' }, numerics), [
      pick(rows, range(0, 4)),
      ...batches(pick(rows, range(4, 2005)), 1),
    ]);
    expect(calls).toEqual({ factor: 3, rankUpdate: 2001 });
    const joint = jointRidge(Float64Array.from(rows.x), targetsOf(rows, 2), 2005, 4, 2, 0.5);
    expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(near);
  });

  test('a damaged R is noticed by the check against the sums and made anew', async () => {
    const { numerics } = counting();
    const rows = classRows(200, 8, 2, 5);
    const learner = await learned(await create({ inputs: 8, form: 'r' }, numerics), [
      pick(rows, range(0, 100)),
      ...batches(pick(rows, range(100, 163)), 1),
    ]);
    expect(learner.form).toBe('r');
    const state = learner.state();
    const arrays = new Map(state.arrays).set(
      'inverse.r',
      state.arrays.get('inverse.r')!.map((v) => v * 1.001),
    );
    const damaged = resumeRidgeLearner({ ...state, arrays }, numerics).value!;
    expect(damaged.form).toBe('r');
    // The 64th update is one that checks.
    const next = await damaged.updated(pick(rows, [163]));
    expect(next.form).toBe('statistics');
    const joint = jointRidge(Float64Array.from(rows.x.subarray(0, 164 * 8)), targetsOf(pick(rows, range(0, 164)), 2), 164, 8, 2, 0.5);
    expect(relativeDifference((await next.solution()).w, joint.w)).toBeLessThan(near);
    expect((await learner.updated(pick(rows, [163]))).form).toBe('r');
  });

  test('the deviation from the sums is that of R(G+λD) − I', async () => {
    const numerics = plainNumerics();
    const rows = classRows(50, 3, 2, 6);
    const sums = await numerics.sums(
      {
        rows: 50,
        columns: 3,
        outputs: 2,
        async *chunks() {
          yield { rows: 50, x: Float64Array.from(rows.x), y: targetsOf(rows, 2) };
        },
      },
      { host: { nowMs: () => 0, pause: () => Promise.resolve() } },
    );
    const form = await enterInverse(sums, await solveSums(sums, 0.5, numerics));
    expect(await inverseDeviation(form, sums, numerics)).toBeLessThan(near);
    const off = { ...form, r: form.r.map((v) => v * 1.01) };
    // R too large by 1 %: the product is too, on the diagonal.
    expect(relativeDifference([await inverseDeviation(off, sums, numerics)], [0.01])).toBeLessThan(tolerances.residualGoal.relative);
    expect(await isStale({ ...off, updates: 63 }, sums, numerics)).toBe(false);
    expect(await isStale({ ...off, updates: 64 }, sums, numerics)).toBe(true);
    expect(await isStale({ ...form, updates: 64, r: form.r.map(() => NaN) }, sums, numerics)).toBe(true);
  });
});

describe('random expansion', () => {
  const rows = classRows(150, 5, 3, 31);

  /** ReLU features by the model's own float32 weights. */
  async function featuresOf(learner: RidgeLearner, of: LearnRows, curve: (v: number) => number): Promise<Float64Array> {
    const { expansion } = await headOf(learner);
    const { features, w, b } = expansion!;
    const d = of.x.length / of.rows;
    return Float64Array.from({ length: of.rows * features }, (_, i) => {
      const [r, f] = [Math.floor(i / features), i % features];
      let sum = b[f]!;
      for (let j = 0; j < d; j++) sum += of.x[r * d + j]! * w[j * features + f]!;
      return curve(sum);
    });
  }
  const relu = (v: number): number => Math.max(0, v);

  test('increments on the expanded rows are the joint solve on them', async () => {
    for (const form of ['statistics', 'r'] as const) {
      const learner = await learned(await create({ inputs: 5, expand: 24, form }, plainNumerics()), batches(rows, 6));
      const joint = jointRidge(await featuresOf(learner, rows, relu), targetsOf(rows, 3), 150, 24, 3, 0.5);
      expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(near);
    }
  });

  test('the weights for the model give the scores', async () => {
    const options = { inputs: 5, expand: 24, compensation: 0.6 };
    const learner = await learned(await create(options, plainNumerics()), [pick(rows, range(0, 75)), pick(rows, range(75, 150))]);
    const head = await headOf(learner);
    const [main, second] = [await featuresOf(learner, rows, relu), await featuresOf(learner, rows, Math.tanh)];
    const scores = Float64Array.from({ length: 450 }, (_, i) => {
      const [r, o] = [Math.floor(i / 3), i % 3];
      let sum = head.b[o]!;
      for (let f = 0; f < 24; f++) sum += main[r * 24 + f]! * head.w[f * 3 + o]! + second[r * 24 + f]! * head.compensation![f * 3 + o]!;
      return sum;
    });
    expect(relativeDifference(scores, await learner.scores(rows))).toBeLessThan(tolerances.headFp32.relative);
  });

  test('is drawn once, from the first rows and the seed', async () => {
    const draw = async (seed: number, first: LearnRows): Promise<Float32Array> => {
      const learner = await learned(await create({ inputs: 5, expand: 8, seed }, plainNumerics()), [first, rows]);
      return (await headOf(learner)).expansion!.w;
    };
    const first = pick(rows, range(0, 30));
    expect(await draw(1, first)).toEqual(await draw(1, first));
    expect(await draw(1, first)).not.toEqual(await draw(2, first));
    expect(await draw(1, first)).not.toEqual(await draw(1, pick(rows, range(30, 60))));
  });

  test('does not depend on the scale and place of the inputs', async () => {
    const moved = { ...rows, x: rows.x.map((v) => 256 * v + 64) };
    const [a, b] = await Promise.all(
      [rows, moved].map(async (of) =>
        (await learned(await create({ inputs: 5, expand: 16 }, plainNumerics()), batches(of, 50))).scores(of),
      ),
    );
    expect(relativeDifference(a!, b!)).toBeLessThan(tolerances.movedInputs.relative);
  });

  test('equal first rows or one single row still draw a usable layer', async () => {
    const one = { ...pick(rows, [0]) };
    const learner = await learned(await create({ inputs: 5, expand: 8 }, plainNumerics()), [one, rows]);
    expect([...(await learner.scores(rows))].every(Number.isFinite)).toBe(true);
  });
});

describe('compensation stream', () => {
  /** By the equations of method 3.5 with the test's own joint solve: main first, then what it leaves over, old classes 0. */
  test('is fitted to what the updated main stream leaves over, old classes left out', async () => {
    const rows = classRows(160, 6, 4, 41);
    const labels = rows.labels.values;
    const phases = [
      [0, 1],
      [2, 3],
    ].map((pair) =>
      pick(
        rows,
        range(0, 160).filter((r) => pair.includes(labels[r]!)),
      ),
    );
    const learner = await learned(await create({ inputs: 6, expand: 20, compensation: 0.8 }, plainNumerics()), phases);
    const { expansion } = await headOf(learner);
    const before = async (curve: (v: number) => number, of: LearnRows): Promise<Float64Array> =>
      Float64Array.from({ length: of.rows * 20 }, (_, i) => {
        let sum = expansion!.b[i % 20]!;
        for (let j = 0; j < 6; j++) sum += of.x[Math.floor(i / 20) * 6 + j]! * expansion!.w[j * 20 + (i % 20)]!;
        return curve(sum);
      });
    let seen: number[] = [];
    let [mainX, mainY, secondX, secondY] = [[], [], [], []] as number[][];
    for (const [p, phase] of phases.entries()) {
      const z = await before((v) => Math.max(0, v), phase);
      const y = targetsOf(phase, 4);
      mainX = [...mainX!, ...z];
      mainY = [...mainY!, ...y];
      const n = mainY.length / 4;
      const { w, b } = jointRidge(Float64Array.from(mainX), Float64Array.from(mainY), n, 20, 4, 0.5);
      const left = y.map((v, i) => {
        const [r, o] = [Math.floor(i / 4), i % 4];
        if (seen.includes(o)) return 0;
        let sum = b[o]!;
        for (let f = 0; f < 20; f++) sum += z[r * 20 + f]! * w[f * 4 + o]!;
        return v - sum;
      });
      secondX = [...secondX!, ...(await before(Math.tanh, phase))];
      secondY = [...secondY!, ...left];
      seen = p === 0 ? [0, 1] : seen;
    }
    const second = jointRidge(Float64Array.from(secondX!), Float64Array.from(secondY!), secondY!.length / 4, 20, 4, 0.5);
    const { compensation, b } = await learner.solution();
    const main = jointRidge(Float64Array.from(mainX!), Float64Array.from(mainY!), mainY!.length / 4, 20, 4, 0.5);
    expect(
      relativeDifference(
        b,
        main.b.map((v, o) => v + 0.8 * second.b[o]!),
      ),
    ).toBeLessThan(near);
    expect(
      relativeDifference(
        compensation!,
        second.w.map((v) => 0.8 * v),
      ),
    ).toBeLessThan(near);
  });

  test('a batch without new classes adds no targets, and changes no other column', async () => {
    const rows = classRows(80, 6, 2, 43);
    const once = await learned(await create({ inputs: 6, expand: 10, compensation: 1 }, plainNumerics()), [rows]);
    const twice = await once.updated(classRows(40, 6, 2, 44));
    const cross = (learner: RidgeLearner): Float64Array => learner.state().arrays.get('compensation.cross')!;
    expect(relativeDifference(cross(once), cross(twice))).toBe(0);
  });
});

describe('what a head tells about rows and costs', () => {
  test('leverages are the diagonal of the hat matrix, and the same in both forms', async () => {
    const rows = classRows(60, 5, 2, 51);
    const all = await Promise.all(
      (['statistics', 'r'] as const).map(async (form) =>
        (await learned(await create({ inputs: 5, form }, plainNumerics()), batches(rows, 1))).leverages(rows),
      ),
    );
    // Σ h = 1 + tr((Gc+λI)⁻¹Gc), by fitting every unit vector: h_i is what row i's own target adds to its own prediction.
    const own = range(0, 10).map((i) => {
      const y = new Float64Array(60);
      y[i] = 1;
      const { w, b } = jointRidge(Float64Array.from(rows.x), y, 60, 5, 1, 0.5);
      return b[0]! + range(0, 5).reduce((sum, j) => sum + rows.x[i * 5 + j]! * w[j]!, 0);
    });
    for (const h of all) expect(relativeDifference(h.subarray(0, 10), own)).toBeLessThan(near);
  });

  test('an update in R form costs fewer multiply-adds while batches are small', async () => {
    const rows = classRows(300, 128, 2, 61);
    const [plain, inverse] = await Promise.all(
      (['statistics', 'r'] as const).map(async (form) =>
        learned(await create({ inputs: 128, form }, plainNumerics()), [pick(rows, range(0, 200)), pick(rows, range(200, 210))]),
      ),
    );
    expect(inverse!.updateCost(1).macs).toBeLessThan(plain!.updateCost(1).macs / 5);
    // d = 128: half the square per row for the sums, a sixth of the cube and d²k for the solve.
    expect(plain!.updateCost(10).macs).toBe(10 * (128 * 64 + 256) + Math.round(128 ** 3 / 6 + 128 * 128 * 2));
    expect(plain!.updateCost(10).bits).toBe(64);
  });

  test('memory is known before anything is allocated, and bounded', async () => {
    expect(ridgeMemory(ridgeOptions({ inputs: 10, outputs: 10, expand: 4096 })).stateBytes).toBeGreaterThan(8 * 4096 * 4096);
    const options = ridgeOptions({ inputs: 64, expand: maxFeatures + 1 });
    await expect(createRidgeLearner(options, plainNumerics())).rejects.toMatchObject({ code: 'learner-too-large' });
    const many = ridgeOptions({ inputs: 8192, outputs: 60_000 });
    await expect(createRidgeLearner(many, plainNumerics())).rejects.toMatchObject({ code: 'learner-too-large' });
  });

  test.each([
    { inputs: 0 },
    { inputs: 2.5 },
    { outputs: -1 },
    { outputs: 1e9 },
    { labels: 'regression' as const, outputs: 0 },
    { lambda: -1 },
    { lambda: NaN },
    { forgetting: 0 },
    { forgetting: 1.1 },
    { expand: 0 },
    { compensation: 0.6 },
    { compensation: 3, expand: 4 },
    { seed: NaN },
  ])('options %o are refused', async (changes) => {
    await expect(createRidgeLearner(ridgeOptions(changes), plainNumerics())).rejects.toMatchObject({ code: 'learner-options' });
  });

  test('rows that do not fit are refused, and leave the head as it was', async () => {
    const rows = classRows(20, 5, 2, 71);
    const learner = await learned(await create({ inputs: 5 }, plainNumerics()), [rows]);
    const labelled = (values: Int32Array): LearnRows => ({ ...rows, labels: { kind: 'class', values, classes: 2 } });
    await expect(learner.updated({ ...rows, x: rows.x.subarray(1) })).rejects.toMatchObject({ code: 'learn-rows-do-not-fit' });
    await expect(learner.updated({ ...rows, x: rows.x.map((v, i) => (i === 33 ? NaN : v)) })).rejects.toMatchObject({
      code: 'non-finite-rows',
    });
    await expect(learner.updated(labelled(new Int32Array(20).fill(-1)))).rejects.toMatchObject({ code: 'label-out-of-range' });
    await expect(learner.updated(labelled(new Int32Array(20).fill(2 ** 30)))).rejects.toMatchObject({ code: 'label-out-of-range' });
    const wide = await learned(await create({ inputs: 600 }, plainNumerics()), [classRows(4, 600, 2, 1)]);
    const stray: LearnRows = { ...classRows(1, 600, 1, 1), labels: { kind: 'class', values: Int32Array.of(60_000), classes: 2 } };
    await expect(wide.updated(stray)).rejects.toMatchObject({ code: 'learner-too-large' });
    const numbers: LearnRows = { ...rows, labels: { kind: 'regression', values: new Float32Array(20), outputs: 1 } };
    await expect(learner.updated(numbers)).rejects.toMatchObject({ code: 'labels-do-not-fit' });
    expect(learner.rows).toBe(20);
    const inverse = await learned(await create({ inputs: 5, form: 'r' }, plainNumerics()), [rows]);
    const broken = { ...pick(rows, [7]), x: Float32Array.of(1, 2, 3, 4, Infinity) };
    await expect(inverse.updated(broken)).rejects.toMatchObject({ code: 'non-finite-rows' });
    expect((await inverse.updated(pick(rows, [7]))).rows).toBe(21);
    const numeric = regressionRows(20, 5, 1, 3);
    const options = { inputs: 5, outputs: 1, labels: 'regression' as const, form: 'r' as const };
    const values = { kind: 'regression' as const, outputs: 1, values: Float32Array.of(NaN) };
    const fitted = await learned(await create(options, plainNumerics()), [numeric]);
    await expect(fitted.updated({ ...pick(numeric, [0]), labels: values })).rejects.toMatchObject({ code: 'non-finite-rows' });
  });

  test('an empty batch changes nothing, not even with forgetting', async () => {
    const learner = await learned(await create({ inputs: 5, forgetting: 0.5 }, plainNumerics()), [classRows(20, 5, 2, 1)]);
    expect(
      await learner.updated({ rows: 0, x: new Float32Array(0), labels: { kind: 'class', values: new Int32Array(0), classes: 2 } }),
    ).toBe(learner);
  });

  test('a refit weighs older rows less and takes another lambda', async () => {
    const [old, fresh] = batches(classRows(60, 4, 2, 81), 30);
    const learner = await learned(await create({ inputs: 4, lambda: 1 }, plainNumerics()), [old!]);
    const refitted = await learner.refitted(fresh!, { keep: 0.25, lambda: 3 });
    expect(refitted.rows).toBe(37.5);
    const inverse = await learned(await create({ inputs: 4, lambda: 1, form: 'r' }, plainNumerics()), batches(old!, 1));
    expect((await inverse.refitted(pick(fresh!, [0]), { keep: 0.5 })).form).toBe('statistics');
    // With nothing forgotten and the same lambda a refit is an update.
    const same = await inverse.refitted(pick(fresh!, [0]), { keep: 1 });
    const updated = await inverse.updated(pick(fresh!, [0]));
    expect(same.rows).toBe(31);
    expect(relativeDifference((await same.solution()).w, (await updated.solution()).w)).toBeLessThan(near);
    expect(await refitted.lambdaUsed()).toBe(3);
  });
});
