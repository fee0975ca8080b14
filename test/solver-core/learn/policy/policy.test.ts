import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../solver-core/fit/prng.ts';
import { noEnergy, pairedDifference } from '../../../../solver-core/learn/policy/judge.ts';
import { afford, createPolicy, decide, observe, rowsOf, settle } from '../../../../solver-core/learn/policy/policy.ts';
import { replayPolicy } from '../../../../solver-core/learn/policy/replay.ts';
import type {
  BatchSignals,
  Candidate,
  EnergyJ,
  PolicyDecision,
  PolicyEvent,
  PolicyOptions,
  PolicyState,
} from '../../../../solver-core/learn/policy/types.ts';

const joules = (valueJ: number): EnergyJ => ({ valueJ, lowJ: 0.5 * valueJ, highJ: 2 * valueJ });

function batch(changes: Partial<BatchSignals> = {}): BatchSignals {
  return { rows: 50, drift: [], newClasses: 0, ...changes };
}

/** A candidate that is right on `better` of 64 rows where the present head is wrong, and wrong on `worse` where it is right. */
function candidate(better: number, worse: number, probe: number, changes: Partial<Candidate> = {}): Candidate {
  const before = Array.from({ length: 64 }, (_, i) => (i < better ? 1 : 0));
  const after = Array.from({ length: 64 }, (_, i) => (i >= 64 - worse ? 1 : 0));
  return { action: 'update', difference: pairedDifference(before, after), probe: joules(probe), commit: noEnergy, ...changes };
}

/** Batches without news until rows wait, then one with these signals. */
function probing(options: Partial<PolicyOptions>, signals: Partial<BatchSignals> = { drift: ['ewma'] }): PolicyState {
  let state = createPolicy({ kind: 'gain', ...options });
  for (let i = 0; i < 3; i++) state = observe(state, batch()).state;
  const trigger = observe(state, batch(signals));
  if (trigger.kind !== 'probe') throw new Error(`expected a probe, got ${trigger.kind}`);
  return trigger.state;
}

describe('baselines', () => {
  test('always: every batch is learned whole, nothing is held out', () => {
    let state = createPolicy({ kind: 'always', bucket: { refillJ: 0, capacityJ: 0 } });
    for (let i = 0; i < 5; i++) {
      const trigger = observe(state, batch());
      expect(trigger.kind).toBe('act');
      if (trigger.kind !== 'act') return;
      expect(trigger.rows.pending).toEqual({ from: 50 * i, to: 50 * i + 50 });
      expect(trigger.decision).toMatchObject({ action: 'update', batch: i });
      // However bad: a baseline keeps what it learned.
      const settled = settle(trigger.state, pairedDifference([0, 0, 0, 0], [1, 1, 1, 1]), joules(3));
      expect(settled.restored).toBe(false);
      state = settled.state;
    }
    expect(state).toMatchObject({ updates: 5, skips: 0, spentJ: 15 });
  });

  test('never: only skip, whatever the signals', () => {
    let state = createPolicy({ kind: 'never' });
    for (let i = 0; i < 5; i++) {
      const trigger = observe(state, batch({ drift: ['ddm', 'ewma'], newClasses: 2 }));
      expect(trigger.kind).toBe('skip');
      state = trigger.state;
    }
    expect(state).toMatchObject({ updates: 0, skips: 5, spentJ: 0 });
  });
});

describe('stage 0', () => {
  test('without a cause: skip, at no cost, and the rows wait', () => {
    let state = createPolicy({ kind: 'gain' });
    for (let i = 0; i < 4; i++) {
      const trigger = observe(state, batch({ drift: ['ddm-warning'] }));
      expect(trigger).toMatchObject({ kind: 'skip', decision: { action: 'skip', expectedGain: null, energy: noEnergy } });
      state = trigger.state;
    }
    expect(rowsOf(state)).toEqual({ pending: { from: 0, to: 136 }, window: { from: 136, to: 200 } });
  });

  test.each([
    { signals: { drift: ['ewma'] }, cause: 'ewma' },
    { signals: { drift: ['leverage'], rows: 0 }, cause: 'leverage' },
    { signals: { newClasses: 1 }, cause: 'new classes' },
    { signals: { rows: 500 }, cause: '586 rows wait' },
  ])('$cause calls for a closer look', ({ signals, cause }) => {
    expect(probing({}, signals).causes).toEqual([cause]);
  });

  test('an event is remembered until the rows that came with it have been judged', () => {
    const state = observe(createPolicy({ kind: 'gain' }), batch({ newClasses: 1 })).state;
    // The 50 rows are all held out; 50 later ones push 36 of them into the queue.
    const second = observe(state, batch());
    expect(second).toMatchObject({ kind: 'probe', rows: { pending: { from: 0, to: 36 } } });
    const third = observe(decide(second.state, [candidate(0, 0, 1)]).state, batch());
    expect(third).toMatchObject({ kind: 'probe', causes: ['new classes'] });
    const after = decide(third.state, [candidate(0, 0, 1)]).state;
    expect(observe(after, batch()).kind).toBe('skip');
  });

  test('rows that were refused do not ask again until as many more have come', () => {
    const refused = decide(probing({}, { rows: 500 }), [candidate(0, 0, 1)]).state;
    expect(observe(refused, batch()).kind).toBe('skip');
    expect(observe(refused, batch({ rows: 512 })).kind).toBe('probe');
  });

  test('the queue is bounded: the oldest rows are let go', () => {
    let state = createPolicy({ kind: 'gain', pendingKeep: 100 });
    for (let i = 0; i < 10; i++) state = observe(state, batch()).state;
    expect(rowsOf(state).pending).toEqual({ from: 336, to: 436 });
  });

  test('a full queue still asks when enough of its rows are new', () => {
    const options: PolicyOptions = { kind: 'gain', pendingKeep: 600, pendingLimit: 512 };
    const trigger = observe(createPolicy(options), batch({ rows: 700 }));
    let state = decide(trigger.state, [candidate(0, 0, 1)]).state;
    const kinds = Array.from({ length: 11 }, () => {
      const next = observe(state, batch());
      state = next.state;
      return next.kind;
    });
    expect(kinds).toEqual([...new Array<string>(10).fill('skip'), 'probe']);
  });

  test('all rows held out: nothing to learn from yet', () => {
    const trigger = observe(createPolicy({ kind: 'gain' }), batch({ drift: ['ddm'] }));
    expect(trigger).toMatchObject({ kind: 'skip' });
  });
});

describe('stages 1 and 2', () => {
  test('a sure gain is taken, a doubtful one is not', () => {
    expect(decide(probing({}), [candidate(20, 1, 1)]).decision.action).toBe('update');
    expect(decide(probing({}), [candidate(1, 1, 1)]).decision.action).toBe('skip');
    expect(decide(probing({}), [candidate(1, 20, 1)]).decision.action).toBe('skip');
  });

  test('the gain is that of the lower bound over the horizon, per joule of the high bound', () => {
    const { decision } = decide(probing({ horizon: 500 }), [candidate(16, 0, 3)]);
    // 16 of 64 better: mean 0.25, sample deviation √(64/63 · 0.1875); lower bound one standard error below.
    const lower = 0.25 - Math.sqrt((64 / 63) * 0.1875) / 8;
    expect(decision.expectedGain).toBeCloseTo(500 * lower);
    expect(decision.gainPerJoule).toBeCloseTo((500 * lower) / 6);
    expect(decision.energy).toEqual(joules(3));
  });

  test('update when gain per joule > x: the bound decides', () => {
    const perJoule = decide(probing({}), [candidate(16, 0, 3)]).decision.gainPerJoule!;
    expect(decide(probing({ gainPerJoule: 0.99 * perJoule }), [candidate(16, 0, 3)]).decision.action).toBe('update');
    expect(decide(probing({ gainPerJoule: 1.01 * perJoule }), [candidate(16, 0, 3)]).decision.action).toBe('skip');
    expect(decide(probing({ gainPerJoule: 0 }), [candidate(16, 0, 3)]).decision.action).toBe('update');
  });

  test('of two candidates the one of more utility is chosen, not the one of more gain per joule', () => {
    const small = candidate(8, 0, 0.001);
    const large = candidate(40, 0, 1, { action: 'refit' });
    expect(decide(probing({ gainPerJoule: 1 }), [small, large]).decision.action).toBe('refit');
    expect(decide(probing({ gainPerJoule: 1000 }), [small, large]).decision.action).toBe('update');
  });

  test('all probes are paid, also of a refusal and of the candidate that was not chosen', () => {
    const refused = decide(probing({}), [candidate(0, 0, 3), candidate(0, 0, 4)]);
    expect(refused.decision).toMatchObject({ action: 'skip', energy: joules(7) });
    expect(refused.state.spentJ).toBe(7);
    const taken = decide(probing({}), [candidate(20, 0, 3, { commit: joules(2) }), candidate(0, 0, 4)]);
    expect(taken.decision).toMatchObject({ action: 'update', energy: joules(9) });
  });

  test('learned rows wait no longer; the window is never learned', () => {
    const { state } = decide(probing({}), [candidate(20, 0, 1)]);
    expect(rowsOf(state)).toEqual({ pending: { from: 136, to: 136 }, window: { from: 136, to: 200 } });
  });
});

describe('budget', () => {
  test('zero: only skip, nothing is spent', () => {
    let state = createPolicy({ kind: 'gain', bucket: { refillJ: 0, capacityJ: 0 } });
    for (let i = 0; i < 20; i++) {
      const trigger = observe(state, batch({ drift: ['ewma', 'ddm'], newClasses: 1 }));
      expect(trigger.kind).toBe('skip');
      state = trigger.state;
    }
    expect(state).toMatchObject({ updates: 0, skips: 20, spentJ: 0, bucketJ: 0 });
  });

  test('a probe beyond the bucket is not made; what it would take is said', () => {
    const state = probing({ bucket: { refillJ: 1, capacityJ: 5 } });
    expect(state.bucketJ).toBe(4);
    const refused = afford(state, joules(2.1));
    expect(refused.decision).toMatchObject({ action: 'skip', energy: noEnergy });
    expect(refused.decision!.reason).toContain('4.2 J');
    expect(afford(state, joules(2)).decision).toBeNull();
  });

  test('a probe that could not pay for itself is not made: no update avoids more errors than there are', () => {
    // 0.02 · 1000 errors at most; 2 · 1 J: 10 per joule.
    const state = (gainPerJoule: number | undefined, error: number | null): PolicyState =>
      probing({ gainPerJoule }, { drift: ['ewma'], error });
    const refused = afford(state(11, 0.02), joules(1));
    expect(refused.decision).toMatchObject({ action: 'skip', energy: noEnergy });
    expect(refused.decision!.reason).toContain('10 per joule, asked for 11');
    expect(afford(state(9, 0.02), joules(1)).decision).toBeNull();
    expect(afford(state(11, null), joules(1)).decision).toBeNull();
    expect(afford(state(undefined, 0.02), joules(1)).decision).toBeNull();
    expect(afford(state(11, 0), joules(1)).decision).not.toBeNull();
  });

  test('the bucket fills up to its capacity and pays the high bound', () => {
    let state = createPolicy({ kind: 'gain', bucket: { refillJ: 2, capacityJ: 5 } });
    for (let i = 0; i < 4; i++) state = observe(state, batch()).state;
    expect(state.bucketJ).toBe(5);
    const trigger = observe(state, batch({ drift: ['ewma'] }));
    expect(decide(trigger.state, [candidate(20, 0, 2)]).state.bucketJ).toBe(1);
  });

  test('a candidate that costs more than is left is not chosen, however good', () => {
    const state = probing({ bucket: { refillJ: 1, capacityJ: 4 } });
    const { decision } = decide(state, [candidate(60, 0, 1, { commit: joules(5) })]);
    expect(decision).toMatchObject({ action: 'skip', energy: joules(1) });
  });

  test('with a budget alone, overspending makes errors cheaper to bear', () => {
    const prices = [0.01, 100].map((probe) => {
      let state = createPolicy({ kind: 'gain', bucket: { refillJ: 1, capacityJ: 1e6 } });
      for (let i = 0; i < 30; i++) {
        const trigger = observe(state, batch({ drift: ['ewma'] }));
        state = trigger.kind === 'probe' ? decide(trigger.state, [candidate(20, 0, probe)]).state : trigger.state;
      }
      return state.priceJ!;
    });
    expect(prices[0]).toBeGreaterThan(1);
    expect(prices[1]).toBeLessThan(1);
  });
});

describe('guard', () => {
  test('an action that made the newest rows worse is undone; the energy stays spent and the rows wait again', () => {
    const acted = decide(probing({}), [candidate(20, 0, 3)]).state;
    const { state, restored, reason } = settle(acted, candidate(0, 20, 0).difference, joules(1));
    expect(restored).toBe(true);
    expect(reason).toContain('Restored');
    expect(state).toMatchObject({ restored: 1, spentJ: 4 });
    expect(rowsOf(state).pending).toEqual({ from: 0, to: 136 });
  });

  test('settling without new joules moves neither the price nor the bucket', () => {
    const acted = decide(probing({ bucket: { refillJ: 1, capacityJ: 100 } }), [candidate(20, 0, 0.3)]).state;
    expect(settle(acted, null, noEnergy).state).toMatchObject({ priceJ: acted.priceJ, bucketJ: acted.bucketJ, spentJ: acted.spentJ });
    expect(settle(acted, null, joules(0.2)).state.priceJ).not.toBe(acted.priceJ);
  });

  test('a change within chance is kept', () => {
    const acted = decide(probing({}), [candidate(20, 0, 3)]).state;
    expect(settle(acted, candidate(1, 2, 0).difference, noEnergy).restored).toBe(false);
    expect(settle(acted, null, noEnergy).restored).toBe(false);
  });
});

describe('log', () => {
  const event = fc.record({
    rows: fc.integer({ min: 0, max: 300 }),
    drift: fc.subarray(['ewma', 'ddm', 'ddm-warning', 'leverage']),
    newClasses: fc.integer({ min: 0, max: 2 }),
    error: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    better: fc.integer({ min: 0, max: 40 }),
    worse: fc.integer({ min: 0, max: 20 }),
    probe: fc.double({ min: 0, max: 5, noNaN: true }),
    worsens: fc.boolean(),
  });
  const options = fc.record({
    kind: fc.constantFrom('always' as const, 'never' as const, 'gain' as const),
    gainPerJoule: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: undefined }),
    bucket: fc.option(
      fc.record({ refillJ: fc.double({ min: 0, max: 3, noNaN: true }), capacityJ: fc.double({ min: 0, max: 10, noNaN: true }) }),
      {
        nil: undefined,
      },
    ),
    pendingKeep: fc.integer({ min: 50, max: 1000 }),
  });

  test('replays to the same decisions, also from JSON; every decision has one reason, energy adds up, bounds hold', () => {
    fc.assert(
      fc.property(options, fc.array(event, { maxLength: 40 }), (chosen, events) => {
        let state = createPolicy(chosen);
        const decisions: PolicyDecision[] = [];
        let extra = 0;
        for (const e of events) {
          const trigger = observe(state, { rows: e.rows, drift: e.drift, newClasses: e.newClasses, error: e.error });
          state = trigger.state;
          if (trigger.kind !== 'probe') decisions.push(trigger.decision);
          if (trigger.kind === 'probe') {
            const made = candidate(e.better, e.worse, e.probe);
            const affordance = afford(state, made.probe);
            state = affordance.state;
            if (affordance.decision !== null) decisions.push(affordance.decision);
            else {
              const outcome = decide(state, [made]);
              state = outcome.state;
              decisions.push(outcome.decision);
              if (outcome.decision.action !== 'skip') {
                state = settle(state, candidate(0, e.worsens ? 30 : 0, 0).difference, joules(0.1)).state;
                extra += 0.1;
              }
            }
          }
          expect(state.bucketJ === null || (state.bucketJ >= 0 && state.bucketJ <= chosen.bucket!.capacityJ)).toBe(true);
          const { pending, window } = rowsOf(state, chosen.kind === 'always' ? 0 : undefined);
          expect(pending.to - pending.from).toBeLessThanOrEqual(chosen.kind === 'always' ? 0 : chosen.pendingKeep);
          expect(chosen.kind === 'always' || state.absorbed <= Math.max(window.from, pending.from)).toBe(true);
        }
        expect(decisions.map((d) => d.batch)).toEqual(events.map((_, i) => i));
        expect(decisions.every((d) => /^[A-Z].*\.$/.test(d.reason))).toBe(true);
        expect(state.spentJ).toBeCloseTo(decisions.reduce((sum, d) => sum + d.energy.valueJ, 0) + extra);
        expect(state.updates + state.skips).toBe(events.length);
        const log = JSON.parse(JSON.stringify(state.log)) as readonly PolicyEvent[];
        expect(replayPolicy(JSON.parse(JSON.stringify(chosen)) as PolicyOptions, log)).toEqual(decisions);
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });

  test('a log that was changed does not replay', () => {
    const { state, decision } = decide(probing({}), [candidate(20, 1, 1)]);
    const forged = state.log.map((e) => (e.kind === 'decide' ? { ...e, candidates: [candidate(1, 1, 1)] } : e));
    expect(replayPolicy({ kind: 'gain' }, forged).at(-1)).not.toEqual(decision);
  });
});

test('paired differences: mean and sample deviation of before − after', () => {
  const random = createRandom(1, 'pairs');
  const before = Array.from({ length: 20 }, () => random.uniform());
  const after = Array.from({ length: 20 }, () => random.uniform());
  const d = before.map((v, i) => v - after[i]!);
  const mean = d.reduce((s, v) => s + v, 0) / 20;
  const { mean: got, deviation, count } = pairedDifference(before, after);
  expect(got).toBeCloseTo(mean);
  expect(deviation ** 2 * 19).toBeCloseTo(d.reduce((s, v) => s + (v - mean) ** 2, 0));
  expect(count).toBe(20);
  expect(pairedDifference([], [])).toEqual({ mean: 0, deviation: 0, count: 0 });
  expect(pairedDifference([1], [0])).toEqual({ mean: 1, deviation: 0, count: 1 });
});

describe('looks that gain nothing', () => {
  /** Numbers of the batches in which a probe was made and refused. */
  function looks(options: Partial<PolicyOptions>, signals: (index: number) => Partial<BatchSignals>, batches: number): readonly number[] {
    let state = createPolicy({ kind: 'gain', pendingLimit: 100, pendingKeep: 150, ...options });
    const found: number[] = [];
    for (let i = 0; i < batches; i++) {
      const trigger = observe(state, batch(signals(i)));
      state = trigger.state;
      if (trigger.kind !== 'probe') continue;
      found.push(i);
      state = decide(afford(state, joules(1)).state, [candidate(0, 0, 1)]).state;
    }
    return found;
  }

  test('come at growing distances while nothing happens, also where old rows are let go', () => {
    expect(looks({}, () => ({}), 130)).toEqual([3, 5, 9, 17, 33, 65, 129]);
  });

  test('an alarm and a new class are looked at in spite of the pause', () => {
    expect(looks({}, (i) => (i === 12 ? { drift: ['page-hinkley'] } : i === 14 ? { newClasses: 1 } : {}), 16)).toEqual(
      expect.arrayContaining([12, 14]),
    );
  });

  test('the pause ends with an update', () => {
    let state = createPolicy({ kind: 'gain', pendingLimit: 100, pendingKeep: 150 });
    const probes: number[] = [];
    for (let i = 0; i < 40; i++) {
      const trigger = observe(state, batch());
      state = trigger.state;
      if (trigger.kind !== 'probe') continue;
      probes.push(i);
      // Nothing to gain until batch 15, then much.
      state = decide(afford(state, joules(1)).state, [i < 15 ? candidate(0, 0, 1) : candidate(60, 0, 1)]).state;
    }
    // After the update at 17 the next hundred rows are looked at as at the start.
    expect(probes.slice(0, 5)).toEqual([3, 5, 9, 17, 19]);
  });
});
