import { beforeAll, describe, expect, test } from 'vitest';
import { compoundPolicy } from '../../../solver-core/compound/policy.ts';
import { compoundStep } from '../../../solver-core/compound/step.ts';
import { saveStream } from '../../../solver-core/compound/stream-state.ts';
import { createSoftmaxHead, defaultSoftmaxOptions } from '../../../solver-core/compound/softmax-head.ts';
import { startStream } from '../../../solver-core/compound/stream.ts';
import type { ExitState, Joules, StreamState, UpperRequest } from '../../../solver-core/compound/types.ts';
import { lookCostJ } from '../../../solver-core/compound/update-price.ts';
import type { PolicyEvent } from '../../../solver-core/learn/index.ts';
import { replayPolicy } from '../../../solver-core/learn/index.ts';
import { createRidgeLearner } from '../../../solver-core/learn/ridge/ridge-learner.ts';
import { ridgeOptions } from '../learn/learn-rows.ts';
import { bareJoules } from '../../joules.ts';
import type { ToyRows } from './toy.ts';
import {
  batchesOf,
  calibration,
  drifting,
  fakeLearner,
  gainPolicy,
  joined,
  lowerWidth,
  near,
  numerics,
  prices,
  run,
  started,
  toolsFor,
  toyRows,
  upperWidth,
} from './toy.ts';

const range = { bounds: { line: 1, column: 1, endLine: 1, endColumn: 1 } };

describe('exits', () => {
  test('threshold 0: the lower exit alone; above 1: the upper exit alone', async () => {
    const state = await started(calibration, { policy: { kind: 'never' } });
    const world = toyRows(60, 4, 5);
    const batch = batchesOf(world, 60)[0]!;
    for (const [threshold, exit] of [
      [0, 'lower'],
      [1.001, 'upper'],
      [2, 'upper'],
    ] as const) {
      const asked: UpperRequest[] = [];
      const { decisions, step } = await compoundStep({ ...state, threshold }, batch, toolsFor(batch, asked));
      expect(decisions.map((d) => d.exit)).toEqual(new Array(60).fill(exit));
      expect(asked).toHaveLength(exit === 'lower' ? 0 : 60);
      expect(step.running.escalated).toBe(exit === 'lower' ? 0 : 1);
      // Without cache and learning the compound costs what the baseline of the same depth costs, but for the lower exit's head.
      const heads = exit === 'lower' ? 0 : 60 * prices.head('lower', 4).value;
      near(step.sums.compound.value, (exit === 'lower' ? step.sums.alwaysLower : step.sums.alwaysUpper).value + heads);
    }
  });

  test('the plan words never and always are these limits, and auto lies between', async () => {
    const [never, auto, always] = await Promise.all(
      (['never', 'auto', 'always'] as const).map((confidence) =>
        started(calibration, { plan: { escalate: { confidence, within: 0.01 } } }),
      ),
    );
    expect([never!.threshold, always!.threshold]).toEqual([0, 2]);
    expect(auto!.threshold).toBeGreaterThan(0.2);
    expect(auto!.threshold).toBeLessThan(1);
  });

  test('a decision below the threshold escalates, and no other; the upper exit decides it', async () => {
    const state = await started(calibration, { policy: { kind: 'never' } });
    const world = toyRows(200, 4, 6);
    const batch = batchesOf(world, 200)[0]!;
    const { decisions, step } = await compoundStep({ ...state, threshold: 0.7 }, batch, toolsFor(batch));
    for (const { exit, confidence } of decisions) expect(exit).toBe(confidence < 0.7 ? 'upper' : 'lower');
    const accuracy = (exit: string): number => {
      const mine = decisions.filter((d) => d.exit === exit);
      return mine.filter((d) => d.correct).length / mine.length;
    };
    expect(new Set(decisions.map((d) => d.exit)).size).toBe(2);
    expect(accuracy('upper')).toBeGreaterThan(0.95);
    expect(step.accuracy).toBe(decisions.filter((d) => d.correct).length / 200);
    near(step.running.loss!, decisions.reduce((sum, d) => sum + d.loss!, 0) / 200);
    expect(step.shown).toEqual(decisions.slice(-64));
    expect(decisions[3]).toMatchObject({ index: 3, input: 'row 3', label: `class ${world.labels[3]}`, cache: 'off' });
  });

  test('the upper module catches up on what it missed of a context, on the account of the decision that asks', async () => {
    const state = { ...(await started(calibration, { policy: { kind: 'never' } })), threshold: 0.5 };
    const sure = fakeLearner(2, (x) => (x > 0 ? [9, 0] : [0, 0]));
    const [batch] = batchesOf(toyRows(6, 4, 7), 6, (item, row) => ({
      ...item,
      context: row < 5 ? 'a' : 'b',
      position: row < 5 ? row + 3 : 2,
      tokens: 1,
    }));
    // The lower exit is sure where the first number is above 0: rows 0, 1, 4 stay, 2, 3 and 5 go up.
    const features = new Float32Array(6 * lowerWidth);
    [1, 1, -1, -1, 1, -1].forEach((v, r) => void (features[r * lowerWidth] = v));
    const asked: UpperRequest[] = [];
    const before: StreamState = { ...state, lower: { learner: sure, temperature: 1 }, threshold: 0.9, context: { name: 'a', seen: 1 } };
    const outcome = await compoundStep(before, { ...batch!, features }, toolsFor(batch!, asked));
    expect(asked).toEqual([
      { item: 2, context: 'a', from: 1, to: 5 },
      { item: 3, context: 'a', from: 5, to: 6 },
      { item: 5, context: 'b', from: 0, to: 2 },
    ]);
    expect(outcome.state.context).toEqual({ name: 'b', seen: 2 });
    const upper = outcome.decisions.map(({ energy }) => energy.upper.value);
    const head = prices.head('upper', state.upper.learner.outputs).value;
    [0, 0, 4e-5 + head, 1e-5 + head, 0, 2e-5 + head].forEach((v, i) => near(upper[i]!, v));
  });
});

describe('energy', () => {
  test('parts sum to the total, decisions and learning to the sum, and every number of energy is a quantity', async () => {
    const state = await started(calibration);
    const kinds = ['hit', 'prefix', 'miss'] as const;
    const batches = batchesOf(drifting, 50, (item, row) => {
      const cache = kinds[row % 3]!;
      return {
        ...item,
        cache,
        lookups: 2,
        computed: cache === 'hit' ? 0 : 1,
        readBytes: cache === 'miss' ? 0 : 64,
        writtenBytes: cache === 'hit' ? 0 : 96,
      };
    });
    const { steps, state: last } = await run(state, batches);
    let total = { value: 0, low: 0, high: 0 };
    const add = (q: Joules): void => void (total = { value: total.value + q.value, low: total.low + q.low, high: total.high + q.high });
    for (const { decisions, step } of steps) {
      for (const { energy, cache } of decisions) {
        const { lower, cache: kept, head, upper } = energy;
        for (const key of ['value', 'low', 'high'] as const) near(energy.total[key], lower[key] + kept[key] + head[key] + upper[key]);
        expect(lower.value === 0).toBe(cache === 'hit');
        expect(kept.value).toBeGreaterThan(0);
        add(energy.total);
      }
      if (step.update !== null) add(step.update.energy);
      for (const key of ['value', 'low', 'high'] as const) near(step.sums.compound[key], total[key]);
    }
    expect(last.counts).toMatchObject({ decisions: 1000, lookups: 1000, hits: 334, prefixHits: 333 });
    expect(steps.at(-1)!.step.running.hitRate).toBe(0.334);
    expect(last.counts.updates).toBeGreaterThan(0);
    expect(last.counts.alarms).toBeGreaterThan(0);
    expect(steps.flatMap(({ step }) => bareJoules(step))).toEqual([]);
    const { alwaysLower, alwaysUpper, retraining } = steps.at(-1)!.step.sums;
    near(alwaysLower.value, 1000 * (1e-6 + 4e-8));
    near(alwaysUpper.value, 1000 * (1.1e-5 + 8e-8));
    expect(retraining.value).toBeGreaterThan(alwaysUpper.value + 0.3);
  });

  test('an escalation beyond the budget per decision is not made, and the reason says so', async () => {
    const state = { ...(await started(calibration, { policy: { kind: 'never' } })), threshold: 0.9 };
    const [batch] = batchesOf(toyRows(200, 4, 8), 200);
    // Both exits and both heads together take 1.112e-5 J, at most twice that.
    const limits: readonly (readonly [number, boolean])[] = [
      [1e-5, false],
      [2.2e-5, false],
      [2.3e-5, true],
    ];
    for (const [decisionBudgetJ, isMade] of limits) {
      const budgeted: StreamState = { ...state, settings: { ...state.settings, decisionBudgetJ } };
      const { decisions } = await compoundStep(budgeted, batch!, toolsFor(batch!));
      const unsure = decisions.filter(({ confidence }) => confidence < 0.9);
      expect(unsure.length).toBeGreaterThan(10);
      for (const { exit, reason, energy } of unsure) {
        expect(exit).toBe(isMade ? 'upper' : 'lower');
        expect(energy.total.high).toBeLessThanOrEqual(decisionBudgetJ);
        expect(reason).toMatch(
          isMade
            ? /^Escalated: a confidence of 0\.\d{3} is below 0\.900\.$/
            : /^Stayed although .* the budget is [\d.]+ [µnm]?J per decision\.$/,
        );
      }
    }
    const poor: StreamState = { ...state, settings: { ...state.settings, decisionBudgetJ: 1e-7 } };
    const { decisions } = await compoundStep(poor, batch!, toolsFor(batch!));
    expect(decisions.find(({ confidence }) => confidence >= 0.9)!.reason).toMatch(/more than the 100 nJ per decision\.$/);
  });
});

describe('learning', () => {
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => void (whole = await run(await started(calibration), batchesOf(drifting, 50))));

  test('drift is found and learned: accuracy comes back, and not without learning', async () => {
    const never = await run(await started(calibration, { settings: { learns: false } }), batchesOf(drifting, 50));
    const late = (steps: typeof whole.steps): number => steps.slice(-6).reduce((sum, { step }) => sum + step.accuracy! / 6, 0);
    expect(late(never.steps)).toBeLessThan(0.4);
    expect(late(whole.steps)).toBeGreaterThan(0.85);
    expect(never.steps.every(({ step }) => step.update === null)).toBe(true);
    expect(never.state.waiting.rows).toBe(0);
    const start = await started(calibration);
    for (const exit of ['lower', 'upper'] as const) {
      expect(never.state[exit].temperature).toBe(start[exit].temperature);
      expect(never.state[exit].learner.state()).toEqual(start[exit].learner.state());
    }
  });

  test('the log replays to the same decisions', () => {
    const events: PolicyEvent[] = whole.steps.flatMap((step) => [...step.events]);
    const replayed = replayPolicy(gainPolicy, events);
    const updates = whole.steps.map(({ step }) => step.update!);
    expect(replayed).toHaveLength(updates.length);
    replayed.forEach(({ action, reason }, i) => {
      const { decision, reason: mine } = updates[i]!;
      if (decision === 'restored') return;
      expect([action, reason]).toEqual([decision, mine]);
    });
    expect(whole.state.policy.log).toEqual([]);
    expect(updates.map(({ decision }) => decision)).toContain('skip');
    expect(updates.some(({ decision }) => decision === 'update' || decision === 'refit')).toBe(true);
    expect(updates.every(({ reason }) => /^[A-Z].*\.$/.test(reason))).toBe(true);
  });

  test('a budget of nothing per update: only skips, and nothing is spent', async () => {
    const policy = compoundPolicy(
      { learn: 'rls', gainPerJoule: undefined, budgets: [{ limitJ: 0, per: 'update', range: range.bounds }] },
      12,
    );
    const { steps, state } = await run(await started(calibration, { policy }), batchesOf(drifting, 50));
    expect(new Set(steps.map(({ step }) => step.update!.decision))).toEqual(new Set(['skip']));
    expect(state.sums.learning.value).toBe(0);
    expect(state.counts).toMatchObject({ skips: 20, updates: 0 });
  });

  test('without price and budget every batch is learned', async () => {
    const policy = compoundPolicy({ learn: 'rls', gainPerJoule: undefined, budgets: [] }, 12);
    const { steps, state } = await run(await started(calibration, { policy }), batchesOf(toyRows(200, 4, 9), 50));
    expect(steps.map(({ step }) => step.update!.decision)).toEqual(new Array(4).fill('update'));
    expect(state.lower.learner.rows).toBeGreaterThan(200 + 400);
    expect(state.waiting.rows).toBe(0);
    expect(state.sums.learning.value).toBeGreaterThan(0);
  });

  test('a new class is told, and learned by both heads', async () => {
    const state = await started(calibration, { plan: { escalate: { confidence: 'always', within: 0 } } });
    const more = joined(toyRows(100, 4, 10), toyRows(700, 5, 12));
    const { steps, state: last } = await run(state, batchesOf(more, 50));
    expect(steps.map(({ step }) => step.update!.newClasses)).toEqual([[], [], ['class 4'], ...new Array<string[]>(13).fill([])]);
    expect(last.upper.learner.outputs).toBe(5);
    expect(steps.slice(-4).every(({ step }) => step.accuracy! > 0.9)).toBe(true);
    // A lower exit that never decides does not learn.
    expect(last.lower.learner.outputs).toBe(4);
  });

  test('an error that no candidate lowers becomes the normal one, and calls for no more looks', async () => {
    // Labels by chance: nothing can be learned, and every look is paid for.
    const noise = toyRows(3000, 4, 40);
    const chance = { ...noise, labels: toyRows(3000, 4, 41).labels };
    const { steps, state } = await run(await started(calibration), batchesOf(chance, 50));
    const looks = (from: number, to: number): number => steps.slice(from, to).filter(({ step }) => step.update!.energy.value > 0).length;
    expect(looks(0, 20)).toBeGreaterThanOrEqual(8);
    expect(looks(40, 60)).toBeLessThan(0.5 * looks(0, 20));
    expect(state.drift.reference!).toBeGreaterThan(0.5);
  });

  test('the guard puts everything back, byte for byte, and the joules stay spent', async () => {
    // The candidate is right on three of four rows where today's head is right on two, but no longer sure of itself: behind its temperature
    // every row would go up, where the upper exit is known to be wrong.
    const better = fakeLearner(2, (x) => (x > 0 ? [0, 1] : [1, 0]));
    const lower = { learner: fakeLearner(2, () => [9, 0], better), temperature: 1 };
    const base = await started(calibration, {
      policy: { kind: 'gain', gainPerJoule: 1e-9, pendingLimit: 64 },
      plan: { escalate: { confidence: 0.8, within: 0.01 } },
    });
    const world = toyRows(300, 2, 11);
    const features = new Float32Array(world.rows * lowerWidth);
    world.labels.forEach((label, r) => void (features[r * lowerWidth] = (label === 1) === r % 4 > 0 ? 1 : -1));
    const upperIs = (right: 0 | 1): StreamState => {
      const pool = { ...base.pool, upper: base.pool.upper.map(() => right) };
      return { ...base, pool, lower, upper: { learner: fakeLearner(2, () => [0, 0]), temperature: 1 } };
    };
    const outcome = await run(upperIs(0), batchesOf({ ...world, lower: features }, 50));
    const at = outcome.steps.findIndex(({ step }) => step.update!.decision === 'restored');
    expect(at).toBeGreaterThan(0);
    const [before, after] = [outcome.steps[at - 1]!.state, outcome.steps[at]!];
    expect(after.state.lower).toBe(before.lower);
    expect(after.state.upper).toBe(before.upper);
    const parts = (state: StreamState): unknown => {
      const { header, arrays } = saveStream(state);
      const heads = [...arrays].filter(([name]) => /^(lower|upper)\./.test(name));
      return { exits: header['exits'], threshold: header['threshold'], heads };
    };
    expect(parts(after.state)).toEqual(parts(before));
    expect(after.step.update!.reason).toMatch(/^Restored: the loss on the 64 newest rows rose by /);
    expect(after.step.update!.energy.value).toBeGreaterThan(0);
    expect(after.state.sums.learning.value).toBeGreaterThan(before.sums.learning.value);
    expect(after.state.counts.restored).toBe(1);
    expect(after.state.policy.absorbed).toBe(before.policy.absorbed);
    // Where the upper exit is right, the same candidate is kept.
    const kept = await run(upperIs(1), batchesOf({ ...world, lower: features }, 50).slice(0, at + 1));
    expect(kept.steps[at]!.step.update!.decision).toBe('update');
    expect(kept.state.lower.learner).toBe(better);
  });

  test('a new class alone for a while is learned without forgetting the others', async () => {
    const state = await started(calibration, { plan: { escalate: { confidence: 'always', within: 0 } } });
    const five = toyRows(1500, 5, 13);
    const only = Array.from(five.labels.keys()).filter((r) => five.labels[r] === 4);
    const pick = (values: Float32Array, width: number): Float32Array =>
      Float32Array.from(only.flatMap((r) => [...values.subarray(r * width, (r + 1) * width)]));
    const alone: ToyRows = {
      ...{ rows: only.length, lower: pick(five.lower, lowerWidth), upper: pick(five.upper, upperWidth) },
      labels: new Int32Array(only.length).fill(4),
    };
    const { steps } = await run(state, batchesOf(joined(alone, toyRows(200, 4, 14)), 50));
    const news = Math.floor(alone.rows / 50);
    expect(
      steps
        .slice(0, news)
        .map(({ step }) => step.update!.drift.join())
        .join(),
    ).toMatch(/ddm|page-hinkley|confidence/);
    expect(steps.slice(0, news).map(({ step }) => step.update!.decision)).toContain('update');
    expect(steps[news - 1]!.step.accuracy).toBeGreaterThan(0.9);
    // The first whole batch of the old classes, before anything of it was learned.
    expect(steps[news + 1]!.step.accuracy).toBeGreaterThan(0.85);
  });

  test('a stream without calibration asks the upper exit until it knows better, and learns from nothing', async () => {
    for (const kind of ['rls', 'adam'] as const) {
      const empty = async (inputs: number): Promise<ExitState> => ({
        temperature: 1,
        learner:
          kind === 'rls'
            ? await createRidgeLearner(ridgeOptions({ inputs }), numerics)
            : createSoftmaxHead({ ...defaultSoftmaxOptions, inputs, rate: 1e-2 }, { outputs: 0 }),
      });
      const none = new Float64Array(0);
      const prepared = {
        ...{ lower: await empty(lowerWidth), upper: await empty(upperWidth), threshold: 0, classRows: none, error: null },
        pool: { confidence: none, lower: none, upper: none, asked: none },
      };
      const settings = { escalate: { confidence: 'auto', within: 0.02 }, decisionBudgetJ: null, learns: true } as const;
      const start = startStream({ prepared, settings, policy: gainPolicy, versions: { lower: 'lower 1', upper: 'upper 1' } });
      const { steps, state } = await run(start, batchesOf(toyRows(1200, 4, 30), 50));
      expect(steps[0]!.decisions.every(({ exit, prediction, loss }) => exit === 'upper' && prediction === 'nothing' && loss! > 10)).toBe(
        true,
      );
      expect(steps[0]!.step.update!.newClasses).toEqual(['class 0', 'class 1', 'class 2', 'class 3']);
      expect(steps.slice(-6).reduce((sum, { step }) => sum + step.accuracy! / 6, 0)).toBeGreaterThan(0.9);
      expect(state.threshold).toBeLessThan(1);
      expect(steps.at(-1)!.decisions.some(({ exit }) => exit === 'lower')).toBe(true);
    }
  });

  test('what a look costs at most grows with the rows that wait', async () => {
    const state = await started(calibration);
    const [few, many] = [lookCostJ(state, prices, 64), lookCostJ(state, prices, 512)];
    expect(few).toBeGreaterThan(0);
    expect(many).toBeGreaterThan(few);
  });
});
