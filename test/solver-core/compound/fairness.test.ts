import { expect, test } from 'vitest';
import { createCache } from '../../../solver-core/compound/cache.ts';
import { fitTemperature } from '../../../solver-core/compound/calibration.ts';
import { featureRows } from '../../../solver-core/compound/decide.ts';
import { arrayFeatures } from '../../../solver-core/compound/features.ts';
import { compoundPolicy, withPlan } from '../../../solver-core/compound/policy.ts';
import { prepareExits } from '../../../solver-core/compound/prepare.ts';
import { represent } from '../../../solver-core/compound/represent.ts';
import { opinionOf } from '../../../solver-core/compound/softmax.ts';
import { compoundStep } from '../../../solver-core/compound/step.ts';
import type { LowerModule } from '../../../solver-core/compound/types.ts';
import {
  batchesOf,
  calibration,
  drifting,
  gainPolicy,
  lowerWidth,
  near,
  numerics,
  plan,
  prepared,
  prices,
  run,
  started,
  toolsFor,
  toyRows,
  upperWidth,
} from './toy.ts';

test('what only an update changed is no drift: the rival that retrains at alarms pays for none', async () => {
  for (const learn of ['rls', 'adam'] as const) {
    const state = await started(toyRows(100, 4, 1), { plan: { learn }, policy: { kind: 'always' } });
    const { state: last } = await run(state, batchesOf(toyRows(6000, 4, 9), 50));
    expect(last.counts.updates).toBe(120);
    expect(last.counts.alarms).toBe(0);
    expect(last.sums.retraining).toEqual(last.sums.alwaysUpper);
  }
});

test('a batch of nothing changes nothing that is known', async () => {
  const { state } = await run(
    await started(calibration, { policy: { ...gainPolicy, pendingLimit: 512 } }),
    batchesOf(drifting, 50).slice(0, 5),
  );
  expect(state.waiting.rows).toBeGreaterThan(0);
  const [some] = batchesOf(drifting, 50);
  // Something is remembered that calls for a look at the rows that wait.
  const asking = { ...state, policy: { ...state.policy, latched: [{ cause: 'ddm', until: state.policy.seen }] } };
  const { state: after, decisions, step } = await compoundStep(asking, { items: [], features: new Float32Array(0) }, toolsFor(some!));
  expect(decisions).toEqual([]);
  expect(step.update!.energy.value).toBeGreaterThan(0);
  expect(after.counts).toMatchObject({ decisions: state.counts.decisions, batches: state.counts.batches + 1 });
  const { rows, first, lower } = after.waiting;
  expect(lower).toEqual(drifting.lower.slice(first * 5, (first + rows) * 5));
});

test('features of another width are refused, whatever the head', async () => {
  for (const learn of ['rls', 'adam'] as const) {
    const state = await started(calibration, { plan: { learn } });
    const [batch] = batchesOf(drifting, 10);
    for (const width of [4, 6]) {
      const wrong = { ...batch!, features: new Float32Array(10 * width) };
      await expect(compoundStep(state, wrong, toolsFor(batch!))).rejects.toMatchObject({ code: 'learn-rows-do-not-fit' });
    }
  }
});

test('the content that a look-up compares is read, and so paid', async () => {
  const lower: LowerModule = {
    ...{ version: 'v1', width: 2 },
    represent: (requests) =>
      Promise.resolve(requests.map(() => ({ features: new Float32Array(2), states: [], computed: 1, beginnings: [] }))),
  };
  const row = { kind: 'row', values: new Float32Array(100) } as const;
  const [miss, hit] = await represent(lower, createCache('v1', 10_000), [row, row]);
  expect(hit).toMatchObject({ cache: 'hit', readBytes: 16 + 4 * 100 + 4 * 2 });
  expect(hit!.readBytes).toBe(miss!.writtenBytes);
});

test('a threshold of the plan is told by the rows below it, wherever it lies between two of them', async () => {
  for (const confidence of [0.5, 0.6, 0.7, 0.8, 0.9]) {
    const { calibration: told, pool } = await prepared(calibration, { escalate: { confidence, within: 0 } });
    const below = pool.confidence.filter((p) => p < confidence).length;
    const chosen = told.curve.find((point) => point.chosen)!;
    near(chosen.escalated, below / pool.confidence.length);
    const right = pool.confidence.reduce((sum, p, i) => sum + (p < confidence ? pool.upper : pool.lower)[i]!, 0);
    near(chosen.accuracy, right / pool.confidence.length);
    expect(told.curve.map(({ threshold }) => threshold)).toEqual(told.curve.map(({ threshold }) => threshold).toSorted((a, b) => a - b));
  }
});

test('the curve tells the catching up of whole contexts, though only some rows of each are held out', async () => {
  const [rows, length] = [6400, 64];
  const world = toyRows(rows, 4, 8);
  const places = {
    context: Array.from({ length: rows }, (_, r) => Math.floor(r / length)),
    position: Array.from({ length: rows }, (_, r) => (r % length) + 1),
  };
  const { calibration: told, lower } = await prepareExits({
    ...{ task: 'next-token', compound: plan, labels: world.labels, upperWidth, outputs: 4, tokensPerDecision: 1 },
    ...{ places, prices, numerics, seed: 3 },
    lower: { source: arrayFeatures(world.lower, world.labels, lowerWidth), start: null },
    upper: { source: arrayFeatures(world.upper, world.labels, upperWidth), start: null },
  });
  // All rows of the contexts, those that the head learned included: of their confidences only the order in a context counts here.
  const scores = await lower.learner.scores(featureRows(world.lower, rows));
  const confidences = places.context.map((_, r) => opinionOf(scores, r, 4, lower.temperature, null).confidence);
  for (const { threshold, escalated, energy } of told.curve.filter((point) => point.escalated > 0.04 && point.escalated < 0.2)) {
    const furthest = new Map<number, number>();
    confidences.forEach((p, r) => p < threshold && furthest.set(places.context[r]!, places.position[r]!));
    const truth = [...furthest.values()].reduce((sum, v) => sum + v, 0) / rows;
    const tokens =
      (energy.value - prices.lower(1).value - prices.head('lower', 4).value - escalated * prices.head('upper', 4).value) / 1e-5;
    expect(tokens / truth).toBeGreaterThan(0.85);
    expect(tokens / truth).toBeLessThan(1.15);
  }
});

test('equal scores have the loss of chance, not none', () => {
  const { temperature, before, after, rows } = fitTemperature({ rows: 2, outputs: 4, scores: new Float32Array(8), labels: [0, 3] });
  expect([temperature, rows]).toEqual([1, 2]);
  near(before, Math.log(4));
  near(after, Math.log(4));
});

test('wide rows, of which few may wait, still call for a look by their number', () => {
  const compound = { learn: 'rls', gainPerJoule: 1e-6, budgets: [] } as const;
  for (const rowValues of [8, 20_000, 1_000_000]) {
    const { pendingKeep, pendingLimit = 512 } = compoundPolicy(compound, rowValues);
    expect(pendingLimit).toBeLessThanOrEqual(pendingKeep!);
  }
});

test('a plan that begins to learn asks the upper exit now and then', async () => {
  const same = { ...calibration, upper: calibration.upper.map(() => 0) };
  const fixed = await started(same, { settings: { learns: false }, policy: { kind: 'never' } });
  const state = { ...fixed, threshold: 0 };
  const learning = withPlan(state, { ...state.settings, learns: true }, gainPolicy);
  expect(learning.pool.confidence.filter((p) => p < learning.threshold).length).toBeGreaterThan(0);
});

test('the head that is told is the one that most decisions come from', async () => {
  const base = await started(calibration, { plan: { learn: 'rls' } });
  const { upper } = await prepared(calibration, { learn: 'adam' });
  const state = { ...base, upper };
  const [batch] = batchesOf(toyRows(50, 4, 5), 50);
  const headAt = async (threshold: number): Promise<string> =>
    (await compoundStep({ ...state, threshold }, batch!, toolsFor(batch!))).step.update!.head;
  expect([await headAt(0), await headAt(0.999999), await headAt(2)]).toEqual(['rls', 'adam', 'adam']);
});

test('a confidence just below the threshold is told with as many digits as it takes', async () => {
  const state = await started(calibration, { policy: { kind: 'never' } });
  const [batch] = batchesOf(toyRows(50, 4, 5), 50);
  const { decisions } = await compoundStep(state, batch!, toolsFor(batch!));
  const { confidence } = decisions[7]!;
  const next = await compoundStep({ ...state, threshold: confidence + 1e-7 }, batch!, toolsFor(batch!));
  const [mine, limit] = next.decisions[7]!.reason.match(/\d\.\d+/g)!.map(Number);
  expect(mine).toBeLessThan(limit!);
});

test('columns of new classes are paid for by the update that makes them', async () => {
  for (const learn of ['rls', 'adam'] as const) {
    const state = await started(toyRows(100, 2, 1), {
      plan: { learn, escalate: { confidence: 'never', within: 0 } },
      policy: { kind: 'always' },
    });
    // So few rows set no temperature, which would cost something else.
    const { state: after, steps } = await run(state, batchesOf(toyRows(12, 12, 2), 12));
    expect(after.lower.learner.outputs).toBe(12);
    near(steps[0]!.step.update!.energy.value * 1e9, prices.update('lower', after.lower.learner, 12).value * 1e9);
  }
});
