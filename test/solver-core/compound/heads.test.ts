import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import { allOfRole, arrayFeatures, rowRoles, rowsOfRole } from '../../../solver-core/compound/features.ts';
import type { FeatureSource } from '../../../solver-core/compound/features.ts';
import { temperatureLoss } from '../../../solver-core/compound/calibration.ts';
import { prepareExits } from '../../../solver-core/compound/prepare.ts';
import type { TrialOptions, TrialOutcome } from '../../../solver-core/compound/trial.ts';
import { tryHeads } from '../../../solver-core/compound/trial.ts';
import { createRidgeLearner } from '../../../solver-core/learn/ridge/ridge-learner.ts';
import { relativeDifference, ridgeOptions } from '../learn/learn-rows.ts';
import { tolerances } from '../../tolerances.ts';
import { lowerWidth, near, numerics, plan, prepared, prices, toyRows, upperWidth } from './toy.ts';

const options: TrialOptions = {
  ...{ exit: 'lower', task: 'row-class', heads: ['rls', 'adam'], gainPerJoule: undefined, prices },
  ...{ outputs: 0, start: null, lambda: undefined, forgetting: 1, rate: 3e-3, seed: 1, numerics },
};

/**
 * A text by a chain of 24 letters of very unequal frequency, told by an embedding of the last two letters: what a language model's features are
 * in small. The logarithms of the probabilities are linear in them, the probabilities are not.
 */
function chain(rows: number, seed: number): FeatureSource & { readonly labels: Int32Array } {
  const [letters, width] = [24, 16];
  const draw = createRandom(9, 'chain');
  const embedding = Float64Array.from({ length: letters * width }, () => draw.normal());
  const weights = Float64Array.from({ length: width * letters }, () => 0.9 * draw.normal());
  const rarity = Float64Array.from({ length: letters }, (_, o) => -0.18 * o);
  const random = createRandom(seed, 'letters');
  const x = new Float32Array(rows * width);
  const labels = new Int32Array(rows);
  let [a, b] = [0, 1];
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < width; j++) x[r * width + j] = embedding[b * width + j]! + 0.5 * embedding[a * width + (width - 1 - j)]!;
    const exps = Array.from(rarity, (base, o) => {
      let z = base;
      for (let j = 0; j < width; j++) z += x[r * width + j]! * weights[j * letters + o]!;
      return Math.exp(z);
    });
    let rest = random.uniform() * exps.reduce((sum, e) => sum + e, 0);
    const next = Math.max(
      0,
      exps.findIndex((e) => (rest -= e) < 0),
    );
    labels[r] = next;
    [a, b] = [b, next];
  }
  return { ...arrayFeatures(x, labels, width, 256), labels };
}

describe('roles of calibration rows', () => {
  test('whole blocks, seeded, each role has rows from three on', () => {
    for (const rows of [3, 4, 10, 59, 600, 5000]) {
      const roles = rowRoles(rows, 10, 1);
      expect(roles).toHaveLength(rows);
      expect(new Set(roles)).toEqual(new Set(['learn', 'stop', 'judge']));
      expect(rowRoles(rows, 10, 1)).toEqual(roles);
    }
    const roles = rowRoles(6400, 10, 1);
    for (let block = 0; block < 400; block++) expect(new Set(roles.slice(16 * block, 16 * block + 16)).size).toBe(1);
    const count = (role: string): number => roles.filter((mine) => mine === role).length;
    expect([count('learn'), count('stop'), count('judge')]).toEqual([4480, 960, 960]);
    expect(rowRoles(6400, 10, 2)).not.toEqual(roles);
    // Rows so wide that 64 MiB hold few of them.
    expect(rowRoles(6400, 2 ** 16, 1).filter((role) => role !== 'learn')).toHaveLength(128);
  });

  test('the pieces of the roles are the source, each row once', async () => {
    const { lower, labels, rows } = toyRows(333, 4, 1);
    const source = arrayFeatures(lower, labels, lowerWidth, 50);
    const roles = rowRoles(rows, 10, 4);
    let count = 0;
    for (const role of ['learn', 'stop', 'judge'] as const) {
      const wanted = Array.from(labels).flatMap((label, r) => (roles[r] === role ? [[label, lower[r * lowerWidth]!] as const] : []));
      const all = await allOfRole(source, roles, role);
      expect(Array.from({ length: all.rows }, (_, r) => [Number(all.labels.values[r]), all.x[r * lowerWidth]!])).toEqual(wanted);
      let streamed = 0;
      for await (const piece of rowsOfRole(source, roles, role)) streamed += piece.rows;
      expect(streamed).toBe(all.rows);
      count += all.rows;
    }
    expect(count).toBe(rows);
  });
});

describe('a language: letters of a chain', () => {
  const source = chain(6000, 3);
  const roles = rowRoles(6000, 24, 1);
  let outcome: TrialOutcome;
  beforeAll(async () => void (outcome = await tryHeads(source, roles, { ...options, task: 'next-token', outputs: 24 })));

  test('the one-hot ridge head loses to the cross-entropy head, as measured', () => {
    const [ridge, softmax] = outcome.trials;
    expect(ridge).toMatchObject({ head: 'rls', chosen: false, exit: 'lower' });
    expect(softmax).toMatchObject({ head: 'adam', chosen: true });
    expect(softmax!.loss).toBeLessThan(ridge!.loss - 0.05);
    expect(outcome.chosen.learner.kind).toBe('adam');
    const figures =
      /^Chosen: cross-entropy \d\.\d+ by the cross-entropy head against \d\.\d+ by the recursive ridge head on 896 rows that neither had learned, /;
    expect(softmax!.reason).toMatch(figures);
    expect(ridge!.reason).toMatch(
      /^Not chosen: cross-entropy .* by the recursive ridge head against .* by the cross-entropy head on 896 rows/,
    );
  });

  test('the loss that is told is that of the judging rows after the temperature', () => {
    const { chosen, heldOut, trials } = outcome;
    near(trials[1]!.loss, temperatureLoss(heldOut.judge, chosen.temperature));
    expect(heldOut.judge.rows).toBe(roles.filter((role) => role === 'judge').length);
    expect(trials[1]!.energy.value).toBeGreaterThan(0);
  });

  test('the same features with other labels, which ridge is made for, go the other way where energy decides', async () => {
    // Two classes, told by one number: both heads answer right, and the ridge head takes less energy.
    const easy = arrayFeatures(
      Float32Array.from({ length: 4000 }, (_, i) => (i % 4 === 0 ? ((i / 4) % 2 === 0 ? 1 : -1) : Math.sin(i))),
      Int32Array.from({ length: 1000 }, (_, r) => r % 2),
      4,
    );
    const { trials } = await tryHeads(easy, rowRoles(1000, 4, 1), options);
    expect(trials.map(({ accuracy }) => accuracy)).toEqual([1, 1]);
    expect(trials[0]).toMatchObject({ head: 'rls', chosen: true });
    expect(trials[0]!.energy.value).toBeLessThan(trials[1]!.energy.value);
    expect(trials[0]!.reason).toMatch(
      /accuracy 1\.000 by .* so the cheaper one is taken \(\S+ nJ \(modelled\) against \S+ nJ \(modelled\) to learn\)\.$/,
    );
  });

  test('a higher accuracy that costs more than the plan pays for is not taken', async () => {
    const rows = chain(3000, 4);
    const run = (gainPerJoule: number | undefined): Promise<TrialOutcome> =>
      tryHeads(rows, rowRoles(3000, 24, 1), { ...options, gainPerJoule, rate: 1e-2 });
    const [free, dear] = [await run(undefined), await run(1e12)];
    const [ridge, softmax] = free.trials;
    expect(softmax!.accuracy).toBeGreaterThan(ridge!.accuracy);
    expect(softmax!.energy.value).toBeGreaterThan(ridge!.energy.value);
    expect([free, dear].map(({ chosen }) => chosen.learner.kind)).toEqual(['adam', 'rls']);
  });
});

describe('heads', () => {
  const { lower, labels, rows } = toyRows(500, 4, 2);
  const source = arrayFeatures(lower, labels, lowerWidth, 64);
  const roles = rowRoles(rows, 10, 4);

  test('the streamed ridge head is that of all its rows at once', async () => {
    const { chosen } = await tryHeads(source, roles, { ...options, heads: ['rls'], lambda: 0.3, forgetting: 0.9 });
    const learn = await allOfRole(source, roles, 'learn');
    const whole = await (await createRidgeLearner(ridgeOptions({ inputs: lowerWidth, lambda: 0.3 }), numerics)).updated(learn);
    expect(relativeDifference(await chosen.learner.scores(learn), await whole.scores(learn))).toBeLessThan(tolerances.headFp32.relative);
  });

  test('lambda auto is one of the tried ones, and no worse on the rows that stop', async () => {
    const [usual, auto] = await Promise.all(
      ([undefined, 'auto'] as const).map((lambda) => tryHeads(source, roles, { ...options, heads: ['rls'], lambda })),
    );
    const lossOf = ({ chosen, heldOut }: TrialOutcome): number => temperatureLoss(heldOut.stop, chosen.temperature);
    expect(lossOf(auto!)).toBeLessThanOrEqual(lossOf(usual!) + tolerances.factorFp64.relative + 1 / 200);
    expect(auto!.trials[0]!.energy.value).toBeGreaterThan(usual!.trials[0]!.energy.value);
  });

  test('the model’s own weights stay where learning does not help, and always where it is not asked for', async () => {
    const first = await tryHeads(source, roles, { ...options, heads: ['adam'] });
    const weights = await first.chosen.learner.weights();
    if (weights.kind !== 'head') throw new Error('not a head');
    const start = weights.head;
    const kept = await tryHeads(source, roles, { ...options, heads: ['adam'], start, isFixed: true });
    expect(await kept.chosen.learner.weights()).toEqual(weights);
    expect(kept.trials[0]!.energy.value).toBe(0);
    expect(kept.trials[0]!.reason).toMatch(
      /^The cross-entropy head was asked for: cross-entropy .*, accuracy .* on \d+ rows it had not learned\.$/,
    );
    // Rows to learn whose labels are all wrong can only do harm: the start is the best pass.
    const wrong = labels.map((label, r) => (roles[r] === 'learn' ? (label + 1) % 4 : label));
    const misled = arrayFeatures(lower, wrong, lowerWidth, 64);
    const harmed = await tryHeads(misled, roles, { ...options, heads: ['adam'], start });
    expect(await harmed.chosen.learner.weights()).toEqual(weights);
    expect(harmed.trials[0]!.energy.value).toBeGreaterThan(0);
  });
});

describe('calibration of both exits', () => {
  test('threshold, temperature and curve of a small world', async () => {
    const world = toyRows(900, 4, 7);
    const { calibration, threshold, pool, heads, classRows, error } = await prepared(world, { learn: 'auto' });
    expect(calibration.rows).toBe(900);
    expect(calibration.threshold).toBe(threshold);
    const ridge = (await prepared(world, { learn: 'rls' })).calibration;
    expect(ridge.calibrationError.after).toBeLessThan(0.5 * ridge.calibrationError.before);
    expect(ridge.temperature).toBeLessThan(0.5);
    expect(calibration.curve.filter(({ chosen }) => chosen)).toHaveLength(1);
    const chosen = calibration.curve.find((point) => point.chosen)!;
    const last = calibration.curve.at(-1)!;
    expect(chosen.threshold).toBe(threshold);
    expect(chosen.accuracy).toBeGreaterThanOrEqual(last.accuracy - 0.01);
    expect(chosen.energy.value).toBeLessThan(last.energy.value);
    near(last.energy.value, 1e-6 + 4e-8 + 1e-5 + 8e-8);
    near(calibration.curve[0]!.energy.value, 1e-6 + 4e-8);
    near(error!, 1 - chosen.accuracy);
    expect(heads.map(({ exit, head }) => `${exit} ${head}`)).toEqual(['lower rls', 'lower adam', 'upper rls', 'upper adam']);
    expect(heads.filter((head) => head.chosen)).toHaveLength(2);
    expect([...pool.asked]).toEqual(new Array(pool.confidence.length).fill(1));
    expect(classRows.reduce((sum, v) => sum + v, 0)).toBe(900);
  });

  test('tokens of a context are paid up to the last one that escalates', async () => {
    const world = toyRows(640, 4, 8);
    const places = {
      context: Array.from({ length: 640 }, (_, r) => Math.floor(r / 64)),
      position: Array.from({ length: 640 }, (_, r) => (r % 64) + 1),
    };
    const { calibration } = await prepareExits({
      ...{
        task: 'next-token',
        compound: plan,
        labels: world.labels,
        upperWidth,
        outputs: 4,
        tokensPerDecision: 1,
        places,
        prices,
        numerics,
        seed: 3,
      },
      lower: { source: arrayFeatures(world.lower, world.labels, lowerWidth), start: null },
      upper: { source: arrayFeatures(world.upper, world.labels, upperWidth), start: null },
    });
    // All of them escalate: one token of the upper module for each decision, however few rows of a context calibrate.
    near(calibration.curve.at(-1)!.energy.value, 1e-6 + 4e-8 + 1e-5 + 8e-8);
    const second = calibration.curve[1]!;
    expect(second.energy.value - calibration.curve[0]!.energy.value).toBeGreaterThanOrEqual((second.escalated * 1e-5) / 1.0001);
  });

  test('without an upper exit nothing escalates; too few rows are refused', async () => {
    const world = toyRows(100, 4, 9);
    const base = {
      ...({
        task: 'row-class',
        compound: { ...plan, escalate: { confidence: 'never', within: 0.01 } },
        labels: world.labels,
        upper: null,
      } as const),
      ...{ upperWidth, outputs: 4, tokensPerDecision: 1, places: null, prices, numerics, seed: 3 },
    };
    const { threshold, upper, heads } = await prepareExits({
      ...base,
      lower: { source: arrayFeatures(world.lower, world.labels, lowerWidth), start: null },
    });
    expect(threshold).toBe(0);
    expect(upper.learner.outputs).toBe(4);
    expect(heads.map(({ exit }) => exit)).toEqual(['lower']);
    const few = arrayFeatures(world.lower.slice(0, 2 * lowerWidth), world.labels.slice(0, 2), lowerWidth);
    await expect(prepareExits({ ...base, labels: world.labels.slice(0, 2), lower: { source: few, start: null } })).rejects.toMatchObject({
      code: 'too-few-calibration-rows',
    });
  });
});
