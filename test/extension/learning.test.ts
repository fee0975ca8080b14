import { describe, expect, it } from 'vitest';
import { finishedRun, startedRun, withBatch } from '../../extension/learning-run.ts';
import { learningText, learningView } from '../../extension/to-learning-view.ts';
import type { LearnBatch, LearnDocument, Quantity } from '../../solver-core/protocol/index.ts';
import { plainText } from './fixtures.ts';

const joules = (value: number, source: Quantity['source'] = 'modelled'): Quantity<'J'> => ({
  value,
  unit: 'J',
  low: value / 2,
  high: value * 2,
  source,
  ref: `table of ${source}`,
});

function batch(index: number, changes: Partial<LearnBatch> = {}): LearnBatch {
  return {
    index,
    rows: 64,
    decision: 'update',
    reason: 'no rule in the plan: every batch is learned from',
    expectedGain: null,
    gainPerJoule: null,
    energy: joules(1e-6),
    metric: 'accuracy',
    before: 0.9,
    after: 0.95,
    running: 0.9,
    drift: [],
    newClasses: [],
    ...changes,
  };
}

const started = startedRun('/p/digits.tiers', '/p/new.npz', 'reading');
const after = (batches: readonly LearnBatch[]): ReturnType<typeof startedRun> => batches.reduce(withBatch, { ...started, batches: [] });

describe('a learning run', () => {
  it('adds up what was spent, with both ends of the band and the weaker source', () => {
    const run = after([batch(0), batch(1, { energy: joules(3e-6, 'assumed') })]);
    expect(run.energy).toMatchObject({ source: 'assumed', ref: 'table of assumed' });
    expect([run.energy?.value, run.energy?.low, run.energy?.high].map((v) => Math.round((v ?? 0) * 1e7))).toEqual([40, 20, 80]);
    expect(run.rows).toBe(128);
  });

  it('shows the newest batches first and every point in order', () => {
    const view = learningView(after([batch(0, { decision: 'skip' }), batch(1), batch(2, { decision: 'restored' })]), plainText);
    expect(view.batches.map(({ index }) => index)).toEqual([2, 1, 0]);
    expect(view.points.map(({ index, decision }) => [index, decision])).toEqual([
      [0, 'skip'],
      [1, 'update'],
      [2, 'restored'],
    ]);
    expect(view.totals).toMatchObject({ updates: '1', skips: '1', rows: '192' });
  });

  it('shows errors as errors from the first batch on, not as shares', () => {
    const view = learningView(after([batch(0, { metric: 'mse', before: 3.5, after: 2, running: 3.5 })]), plainText);
    expect([view.metric, view.totals.quality, view.batches[0]?.before]).toEqual(['mse', '3.5', '3.5']);
    expect(learningText(after([batch(0, { metric: 'mse', running: 3.5 })]), plainText).text).toContain('mean squared error 3.5');
  });

  it('stays small for a long stream, keeps the last point, and loses no joule and no decision', () => {
    const many = Array.from({ length: 10_001 }, (_, i) => batch(i, { decision: i % 40 === 7 ? 'update' : 'skip' }));
    const view = learningView(after(many), plainText);
    expect(view.batches).toHaveLength(500);
    expect(view.batchCount).toBe(10_001);
    expect(view.points.length).toBeLessThanOrEqual(401);
    expect(view.points.at(-1)?.index).toBe(10_000);
    expect(Math.round((view.points.at(-1)?.spent.value ?? 0) * 1e6)).toBe(10_001);
    expect(view.points.filter((point) => point.decision === 'update').length).toBeGreaterThan(200);
  });

  it('says in one line how it stands', () => {
    expect(learningText(started, plainText)).toEqual({ running: true, text: 'reading' });
    expect(learningText(after([batch(0)]), plainText).text).toBe('1 batch, accuracy 90.0 %, 1.00 µJ spent');
  });

  it('takes policy, tier, problems and evaluation from the record', () => {
    const document: LearnDocument = {
      schema: 'tierwise.learn/1',
      plan: '/p/digits.tiers',
      tier: 'head',
      learner: 'rls',
      output: '/p/digits.learned.onnx',
      state: '/p/digits.learned.state',
      resumed: true,
      policy: 'never',
      batches: [batch(0, { drift: ['page-hinkley'], newClasses: [7] })],
      totals: { batches: 1, rows: 64, updates: 1, skips: 0, energy: joules(1e-6), energyAlways: joules(2e-6), classes: 10 },
      evaluation: { metric: 'accuracy', heldOut: { rows: 360, before: 0.5, after: 0.75 }, stream: 0.9 },
      versions: {},
      diagnostics: [],
    };
    const view = learningView(finishedRun(started, document), plainText);
    expect(view).toMatchObject({ tier: 'head', policy: 'never learn', running: null });
    expect(view.result?.heldOut).toEqual({ before: '50.0 %', after: '75.0 %', rows: '360' });
    expect(view.batches[0]?.signals).toBe('page-hinkley, new classes 7');
  });
});
