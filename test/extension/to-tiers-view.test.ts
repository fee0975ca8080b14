import { describe, expect, it } from 'vitest';
import { parsePageMessage } from '../../extension/panels/page-messages.ts';
import { emptySnapshot, type PlanSnapshot } from '../../extension/plan-snapshot.ts';
import { layerAtLine, tierRows, tiersView, type TiersContext } from '../../extension/to-tiers-view.ts';
import { check, energy, fit, hostileId, inspect, joules, outline, plainText } from './fixtures.ts';

const snapshot: PlanSnapshot = { path: '/models/digits.tiers', check, energy, inspect, fit, stale: false, error: null };
const context: TiersContext = {
  backend: undefined,
  target: undefined,
  canFit: true,
  fitting: null,
  canLearn: true,
  learning: null,
  outline: undefined,
  cursor: null,
  answer: null,
};

describe('tiers view', () => {
  it('places every layer of the model, in graph order, in its tier or none', () => {
    const view = tiersView(snapshot, context, plainText);
    expect(view.tiers.map(({ kind, name, canFit, canLearn }) => ({ kind, name, canFit, canLearn }))).toEqual([
      { kind: 'lower', name: 'features', canFit: true, canLearn: false },
      { kind: 'upper', name: 'head', canFit: false, canLearn: true },
    ]);
    expect(tierRows(energy, inspect, plainText).map(({ id }) => id)).toEqual(['fc1', hostileId, 'fc3']);
    expect(view.placement).toEqual([0, 1, -1]);
    expect([view.plan, view.model, view.target, view.errors, view.unreadable]).toEqual([
      '/models/digits.tiers',
      '/models/digits.onnx',
      'ecp5-85f (plan)',
      0,
      null,
    ]);
  });

  it('follows the text where it is newer than what the solver said', () => {
    const moved = {
      ...outline,
      tiers: [{ ...outline.tiers[0]!, name: 'renamed', layers: [{ id: 'fc3', range: outline.tiers[0]!.headerRange }] }],
    };
    const view = tiersView(snapshot, { ...context, outline: moved }, plainText);
    expect(view.tiers.map(({ name }) => name)).toEqual(['renamed']);
    expect(view.placement).toEqual([-1, -1, 0]);
  });

  it('tells each layer with shape, parameters, energy and its budget', () => {
    const limited = {
      ...energy,
      layers: energy.layers.map((layer) => ({ ...layer, budget: { limit: joules(1e-7), status: 'exceeded' as const } })),
    };
    const [first, second, third] = tierRows(limited, inspect, plainText);
    expect(first).toMatchObject({
      op: 'Gemm',
      shape: 'batch \u00d7 64',
      parameters: 4160,
      budget: { status: 'exceeded', limit: '100 nJ' },
    });
    expect(first?.energy).toMatchObject({ text: '610 nJ', source: 'modelled', ref: 'table A; table B' });
    expect(second).toMatchObject({ energy: null, shape: expect.any(String) as string });
    expect(third).toMatchObject({ parameters: 650, energy: null, budget: null });
    expect(tierRows(null, inspect, plainText)).toHaveLength(3);
    expect(tierRows(energy, null, plainText)).toHaveLength(2);
  });

  it('says why there is nothing to list', () => {
    const gone = {
      ...emptySnapshot('/models/digits.tiers'),
      check,
      error: { code: 'file-not-found', message: 'no digits.onnx', advice: '' },
    };
    expect(tiersView(gone, context, plainText)).toMatchObject({ unreadable: 'no digits.onnx', placement: [] });
  });

  it('knows which layer a line of the plan speaks of', () => {
    expect(layerAtLine(outline, 4)).toBe('fc1');
    expect(layerAtLine(outline, 0)).toBeNull();
  });

  it('says which backend and target count, and who chose them', () => {
    const shown = (choice: Partial<typeof context>, backend?: string | null): readonly string[] => {
      const plan = { ...snapshot, check: { ...check, ...(backend === undefined ? {} : { backend }) } };
      const view = tiersView(plan, { ...context, ...choice }, plainText);
      return [view.backend, view.target];
    };
    expect(shown({}, 'sim')).toEqual(['sim (plan)', 'ecp5-85f (plan)']);
    expect(shown({ backend: 'cpu', target: 'ecp5-45f' }, 'sim')).toEqual(['cpu (setting)', 'ecp5-45f (setting)']);
    expect(shown({}, null)).toEqual(['as the plan says', 'ecp5-85f (plan)']);
  });

  it('says what a result was measured by', () => {
    expect(tiersView(snapshot, context, plainText).lastFit?.detail).toBe('accuracy on 360 held-out rows');
  });

  it('counts the errors that forbid a fit; an exceeded budget does not', () => {
    const unknown = { code: 'unknown-layer', severity: 'error' as const, message: 'no layer "x"', where: {} };
    const broken = { ...check, diagnostics: [...check.diagnostics, unknown] };
    expect(tiersView({ ...snapshot, check: broken }, context, plainText).errors).toBe(1);
  });

  it('offers no fit while one is running', () => {
    const view = tiersView(snapshot, { ...context, canFit: false, fitting: { message: 'fc1', fraction: 0.5 } }, plainText);
    expect(view.tiers.some((tier) => tier.canFit)).toBe(false);
    expect(view.fitting).toEqual({ message: 'fc1', fraction: 0.5 });
  });
});

describe('messages of the Tiers panel', () => {
  const assign = {
    kind: 'assign-tier',
    request: 1,
    plan: '/p/digits.tiers',
    ids: ['fc1', hostileId, 'x'.repeat(5000)],
    goal: { kind: 'lower', name: 'features' },
  };

  it('are taken as they are when they keep the contract', () => {
    expect(parsePageMessage(assign)).toEqual(assign);
    expect(parsePageMessage({ ...assign, goal: { kind: 'frozen' } })).toEqual({ ...assign, goal: { kind: 'frozen' } });
    const step = { kind: 'plan-step', request: 2, plan: '/p/digits.tiers', step: 'undo' };
    expect(parsePageMessage(step)).toEqual(step);
  });

  it('are dropped when they do not', () => {
    for (const wrong of [
      { ...assign, ids: [] },
      { ...assign, ids: [7] },
      { ...assign, ids: ['x'.repeat(100_001)] },
      { ...assign, request: -1 },
      { ...assign, goal: { kind: 'lower' } },
      { ...assign, goal: { kind: 'lower', name: '' } },
      { ...assign, goal: { kind: 'middle', name: 'a' } },
      { ...assign, plan: '' },
      { kind: 'plan-step', request: 2, plan: '/p/digits.tiers', step: 'save' },
      { kind: 'plan-step', plan: '/p/digits.tiers', step: 'undo' },
    ])
      expect(parsePageMessage(wrong), JSON.stringify(wrong).slice(0, 100)).toBeUndefined();
  });
});
