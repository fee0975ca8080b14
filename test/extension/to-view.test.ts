import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { emptySnapshot, layerLookup, type PlanSnapshot } from '../../extension/plan-snapshot.ts';
import { fitView, modelView, reportView } from '../../extension/to-view.ts';
import { model as modelGuard } from '../../webview/app/guard-model.ts';
import { check, energy, fit, hostileId, inspect, plainText } from './fixtures.ts';

const snapshot: PlanSnapshot = { path: '/models/digits.tiers', check, energy, inspect, fit, stale: false, error: null };

describe('report view', () => {
  it('is null until energy is known', () => {
    expect(reportView(emptySnapshot('/models/digits.tiers'), plainText)).toBeNull();
  });

  it('keeps value, band and source of each figure beside its text', () => {
    const layer = reportView(snapshot, plainText)?.layers[0];
    expect(layer?.inference).toEqual({
      text: '610 nJ',
      value: 6.1e-7,
      low: 3.05e-7,
      high: 1.22e-6,
      bandText: '0.305 to 1.22 \u00b5J',
      source: 'modelled',
      ref: 'table A; table B',
    });
    expect(layer?.solve?.source).toBe('simulated');
    expect(layer?.components.map((component) => component.name)).toEqual(['mac', 'weights']);
  });

  it('joins what the model says to what the energy says, by layer id', () => {
    const layers = reportView(snapshot, plainText)?.layers ?? [];
    expect(layers.map(({ shape, weightBytes, macs, breakEven }) => ({ shape, weightBytes, macs, breakEven }))).toEqual([
      { shape: 'batch \u00d7 64 \u2192 batch \u00d7 64', weightBytes: '16.6 kB', macs: '4,096', breakEven: 'at once' },
      { shape: '\u2013 \u2192 \u2013', weightBytes: '2.60 kB', macs: '\u2013', breakEven: 'never or unknown' },
    ]);
  });

  it('shows unknown energy as unknown, never as zero', () => {
    expect(reportView(snapshot, plainText)?.layers[1]?.inference).toBeNull();
  });

  it('marks fitted layers only while the fit belongs to the plan', () => {
    expect(reportView(snapshot, plainText)?.layers[0]?.fitted).toBe('rtl-wasm + 2 refinement passes');
    const stale = reportView({ ...snapshot, stale: true }, plainText);
    expect([stale?.layers[0]?.fitted, stale?.fit?.stale]).toEqual([null, true]);
  });

  it('lists a problem that check and energy both report once', () => {
    const twice = reportView({ ...snapshot, energy: { ...energy, diagnostics: check.diagnostics } }, plainText);
    expect(twice?.problems.map((problem) => problem.code)).toEqual(['budget-exceeded', 'data-missing']);
  });

  it('passes names from the model on unchanged: pages show them as text', () => {
    expect(reportView(snapshot, plainText)?.layers[1]?.id).toBe(hostileId);
  });
});

describe('fit view', () => {
  it('says when another engine than usual ran the model', () => {
    const finding = { code: 'fallback-runtime', severity: 'info', message: 'another engine', where: {} } as const;
    const snapshot = { ...emptySnapshot('/models/digits.tiers'), energy, fit: { ...fit, diagnostics: [finding] } };
    expect(reportView(snapshot, plainText)?.problems).toContainEqual({
      severity: 'info',
      code: 'fallback-runtime',
      message: 'another engine',
    });
    expect(reportView({ ...snapshot, fit }, plainText)?.problems).toEqual([]);
  });

  it('shows quality before and after, with counts of rows', () => {
    expect(fitView(fit, false, plainText)).toMatchObject({
      before: '10.0 %',
      after: '96.9 %',
      rowsText: '360 rows, held-out: 36 correct before, 349 after',
      output: '/models/digits.fitted.onnx',
    });
  });

  it('says when nothing was evaluated', () => {
    expect(fitView({ ...fit, evaluation: null }, false, plainText)).toMatchObject({
      before: '\u2013',
      after: '\u2013',
      rowsText: 'not evaluated',
    });
  });
});

describe('report view of an earlier moment', () => {
  const error = { code: 'plan-has-errors', message: '/models/digits.tiers: 1 error', advice: '' };
  const unknown = { code: 'unknown-layer', severity: 'error' as const, message: 'no layer "x"', where: {} };

  it('says that the figures are old, and why', () => {
    const broken = { ...snapshot, error, check: { ...check, diagnostics: [unknown] } };
    expect(reportView(broken, plainText)?.notice).toBe('The plan has errors. These figures are from before them.');
    expect(reportView({ ...snapshot, error: { ...error, message: 'the solver ended' } }, plainText)?.notice).toContain('the solver ended');
    expect(reportView(snapshot, plainText)).not.toHaveProperty('notice');
  });
});

describe('model view of a file that cannot be read', () => {
  it('has no counts, only the reason', () => {
    const diagnostics = [{ code: 'truncated-model', severity: 'error' as const, message: 'cut short', where: {} }];
    const view = modelView({ ...inspect, model: { ...inspect.model, nodes: 0 }, layers: [], diagnostics }, null, plainText);
    expect(view.unreadable).toBe(true);
    expect(view.summary.map((entry) => entry.name)).not.toContain('Nodes');
    expect(modelView(inspect, null, plainText)).not.toHaveProperty('unreadable');
  });
});

describe('model view', () => {
  it('shows every layer, with energy where it is known', () => {
    const view = modelView(inspect, energy, plainText);
    expect(view.layers.map((layer) => [layer.id, layer.inference?.text ?? null])).toEqual([
      ['fc1', '610 nJ'],
      [hostileId, null],
      ['fc3', null],
    ]);
    expect(view.totals).toMatchObject({ layers: '3', macs: 'at least 4,736', weightBytes: '19.2 kB' });
  });

  it('claims no tier that no plan says: a fitted file on its own is not frozen', () => {
    const tiers = (document: typeof energy | null): unknown[] => modelView(inspect, document, plainText).layers.map(({ tier }) => tier);
    expect(tiers(energy)).toContain('lower');
    expect(new Set([...tiers({ ...energy, plan: null }), ...tiers(null)])).toEqual(new Set(['none']));
  });

  it('works without energy', () => {
    expect(modelView(inspect, null, plainText)).toMatchObject({
      path: '/models/digits.onnx',
      totals: { inference: null },
      diagnostics: [{ code: 'onnx-unknown-op', where: 'node n1' }],
    });
  });

  it('bounds what a model can put into the summary', () => {
    const metadata = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, 'x'.repeat(10_000)]));
    const { summary } = modelView({ ...inspect, model: { ...inspect.model, metadata } }, null, plainText);
    expect(summary.length).toBeLessThan(60);
    expect(Math.max(...summary.map((entry) => entry.value.length))).toBeLessThanOrEqual(300);
  });

  it('of a model with very many inputs, names and findings is one that the page takes', () => {
    const [input] = inspect.model.inputs;
    const [finding] = [{ severity: 'warning' as const, code: 'x', message: 'y', where: {} }];
    const inputs = Array.from({ length: 30_000 }, (_, index) => ({ ...input!, name: `past_key_values.${index}.${'k'.repeat(400)}` }));
    const large = {
      ...inspect,
      model: { ...inspect.model, inputs, producer: 'p'.repeat(2_000_000), metadata: { ['m'.repeat(2_000_000)]: '' } },
      diagnostics: Array.from({ length: 30_000 }, () => finding!),
    };
    const view = modelView(large, null, plainText);
    expect(v.safeParse(modelGuard, view).issues).toBeUndefined();
    expect(view.summary.find(({ name }) => name === 'Inputs')?.value).toMatch(/ \(\+29900\)$/);
  });
});

describe('layer state', () => {
  it('knows a stale fit from one that belongs to the plan', () => {
    expect(layerLookup(snapshot)('fc1', 'lower')).toMatchObject({ fit: { id: 'fc1' }, staleFit: false });
    expect(layerLookup({ ...snapshot, stale: true })('fc1', 'lower')).toMatchObject({ fit: undefined, staleFit: true });
    expect(layerLookup(snapshot)('fc3', 'lower')).toMatchObject({ energy: undefined, fit: undefined, staleFit: false });
  });
});
