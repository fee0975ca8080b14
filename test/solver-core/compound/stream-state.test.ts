import { describe, expect, test } from 'vitest';
import { compoundPolicy, streamSettings, withPlan } from '../../../solver-core/compound/policy.ts';
import { compoundStep } from '../../../solver-core/compound/step.ts';
import { resumeStream, saveStream } from '../../../solver-core/compound/stream-state.ts';
import type { PolicyOptions } from '../../../solver-core/learn/index.ts';
import { createPolicy } from '../../../solver-core/learn/index.ts';
import { batchesOf, calibration, drifting, gainPolicy, lowerWidth, numerics, run, started, toolsFor, toyRows, upperWidth } from './toy.ts';

const range = { bounds: { line: 1, column: 1, endLine: 1, endColumn: 1 } };
const widths = { lower: lowerWidth, upper: upperWidth };

describe('a state in a file', () => {
  test('a run that was cut anywhere goes on bit for bit', async () => {
    for (const learn of ['rls', 'adam'] as const) {
      const start = await started(calibration, { plan: { learn } });
      const batches = batchesOf(drifting, 50, (item, row) => (row % 7 === 0 ? { ...item, label: null } : item));
      const whole = await run(start, batches);
      expect(whole.state.counts.updates).toBeGreaterThan(0);
      for (const cut of [1, 7, 12]) {
        const first = await run(start, batches.slice(0, cut));
        const { header, arrays } = saveStream(first.state);
        const file = { header: JSON.parse(JSON.stringify(header)) as typeof header, arrays };
        const { value, diagnostics } = resumeStream(file, { versions: start.versions, widths, numerics });
        expect(diagnostics).toEqual([]);
        const rest = await run(value!, batches.slice(cut));
        expect(JSON.stringify(rest.steps.map(({ decisions, step }) => [decisions, step]))).toBe(
          JSON.stringify(whole.steps.slice(cut).map(({ decisions, step }) => [decisions, step])),
        );
        expect(saveStream(rest.state).arrays).toEqual(saveStream(whole.state).arrays);
        const resumed = JSON.parse(JSON.stringify(saveStream(rest.state).header)) as unknown;
        expect(resumed).toEqual(JSON.parse(JSON.stringify(saveStream(whole.state).header)));
      }
    }
  });

  test('it stays bounded, however long the stream', async () => {
    const policy = { ...gainPolicy, gainPerJoule: 1e12 };
    const sizes: number[] = [];
    let { state } = await run(await started(calibration, { policy }), []);
    for (let round = 0; round < 4; round++) {
      ({ state } = await run(state, batchesOf(toyRows(1000, 4, 20 + round), 100)));
      sizes.push(state.waiting.rows);
      expect(state.pool.confidence.length).toBeLessThanOrEqual(512);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512 + 64);
    expect(state.policy.updates).toBe(0);
  });

  test('changed modules are refused, and damage is a finding', async () => {
    const start = await started(calibration);
    const { state } = await run(start, batchesOf(drifting, 50).slice(0, 3));
    const saved = saveStream(state);
    const identity = { versions: start.versions, widths, numerics };
    for (const module of ['lower', 'upper'] as const) {
      const { value, diagnostics } = resumeStream(saved, { ...identity, versions: { ...start.versions, [module]: 'other' } });
      expect(value).toBeUndefined();
      expect(diagnostics).toMatchObject([{ code: 'compound-version-mismatch', severity: 'error' }]);
      expect(diagnostics[0]!.message).toContain(`${module} module`);
    }
    const { header, arrays } = saved;
    const without = (name: string): typeof saved => ({ header, arrays: new Map([...arrays].filter(([key]) => key !== name)) });
    const broken = [
      ...['kind', 'version', 'settings', 'policy', 'drift', 'context', 'counts', 'sums', 'exits', 'threshold', 'waitingFirst'].map(
        (key) => ({ header: { ...header, [key]: 'broken' }, arrays }),
      ),
      ...['waiting.lower', 'waiting.labels', 'pool.upper', 'classRows', 'lower.sums.gram'].map(without),
      { header, arrays: new Map([...arrays, ['waiting.labels', arrays.get('waiting.labels')!.map(() => -1)]]) },
      { header, arrays: new Map([...arrays, ['pool.confidence', arrays.get('pool.confidence')!.map(() => 7)]]) },
    ];
    for (const state of broken) {
      const { value, diagnostics } = resumeStream(state, identity);
      expect(value).toBeUndefined();
      expect(diagnostics[0]!.severity).toBe('error');
    }
    expect(resumeStream(saved, { ...identity, widths: { ...widths, upper: upperWidth + 1 } }).value).toBeUndefined();
  });

  test('a plan that has changed changes threshold and policy, and nothing else', async () => {
    const { state } = await run(await started(calibration), batchesOf(drifting, 50).slice(0, 5));
    const compound = { learn: 'rls', gainPerJoule: 1e-6, budgets: [], escalate: { confidence: 'auto', within: 0.01 } } as const;
    const same = withPlan(state, streamSettings(compound), gainPolicy);
    expect(same).toEqual(state);
    const other = withPlan(state, streamSettings({ ...compound, escalate: { confidence: 'always', within: 0.01 } }), {
      ...gainPolicy,
      gainPerJoule: 1,
    });
    expect(other.threshold).toBe(2);
    expect(other.policy).toMatchObject({ seen: state.policy.seen, absorbed: state.policy.absorbed, options: { gainPerJoule: 1 } });
    expect(withPlan(other, state.settings, gainPolicy).threshold).toBeLessThan(1);
    expect(
      streamSettings({
        ...compound,
        budgets: [
          { limitJ: 2, per: 'decision', range: range.bounds },
          { limitJ: 1, per: 'decision', range: range.bounds },
        ],
      }).decisionBudgetJ,
    ).toBe(1);
    expect(createPolicy(compoundPolicy({ ...compound, learn: 'none' }, 8)).options.kind).toBe('never');
  });

  test('a policy that changes on the way goes on with the right rows', async () => {
    const batches = batchesOf(drifting, 50);
    let state = await started(calibration);
    for (const [i, kind] of (['gain', 'never', 'gain', 'always', 'gain'] as const).entries()) {
      const policy: PolicyOptions = kind === 'gain' ? { ...gainPolicy, gainPerJoule: 1e-6 * (i + 1) } : { kind };
      state = withPlan(state, state.settings, policy);
      expect(state.policy.options.kind).toBe(kind);
      for (const batch of batches.slice(4 * i, 4 * i + 4)) {
        const outcome = await run(state, [batch]);
        state = outcome.state;
        const { waiting, policy: now } = state;
        expect(waiting.first + waiting.rows).toBe(now.seen);
        expect([...waiting.labels]).toEqual([...drifting.labels.subarray(waiting.first, now.seen)]);
        expect(waiting.lower).toEqual(drifting.lower.slice(waiting.first * lowerWidth, now.seen * lowerWidth));
        expect(waiting.upper).toHaveLength(waiting.upperRows.length * upperWidth);
        expect(resumeStream(saveStream(state), { versions: state.versions, widths, numerics }).value).toBeDefined();
      }
    }
    expect(state.policy.seen).toBe(1000);
    expect(state.counts.updates).toBeGreaterThanOrEqual(4);
  });

  test('features that are no numbers are refused before anything is decided', async () => {
    const state = { ...(await started(calibration)), threshold: 2 };
    const [batch] = batchesOf(drifting, 5);
    const features = batch!.features.slice();
    features[3 * lowerWidth + 1] = NaN;
    const wrong = { ...batch!, features };
    await expect(compoundStep(state, wrong, toolsFor(batch!))).rejects.toMatchObject({
      code: 'non-finite-features',
      message: 'what a module makes of "row 3" is infinite or not a number',
    });
    const tools = toolsFor(batch!);
    const infinite = {
      ...tools,
      upper: { ...tools.upper, represent: () => Promise.resolve(new Float32Array(5 * upperWidth).fill(Infinity)) },
    };
    await expect(compoundStep(state, batch!, infinite)).rejects.toMatchObject({ code: 'non-finite-features' });
  });

  test('stray labels are refused before anything is decided', async () => {
    const state = await started(calibration);
    const [batch] = batchesOf(drifting, 5, (item) => ({ ...item, label: 1e9 }));
    await expect(compoundStep(state, batch!, toolsFor(batch!))).rejects.toMatchObject({ code: 'label-out-of-range' });
  });
});
