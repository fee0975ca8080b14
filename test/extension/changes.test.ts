import { describe, expect, it } from 'vitest';
import { changeViews, sumOf } from '../../extension/to-changes-view.ts';
import { emptySnapshot } from '../../extension/plan-snapshot.ts';
import type { SavingDocument, SelectDocument } from '../../solver-core/protocol/index.ts';
import { energy, fit, joules, plainText } from './fixtures.ts';

const snapshot = { ...emptySnapshot('/models/digits.tiers'), energy, fit };
const saving: SavingDocument = {
  baseline: 'int8 by rounding',
  variant: 'selected weights',
  perTable: [
    { table: 'horowitz45', cell: 'array', before: joules(2e-6), after: joules(1.5e-6), saving: 0.25 },
    { table: 'aladdin40', cell: 'array', before: joules(4e-6), after: joules(2.8e-6), saving: 0.3 },
  ],
  low: 0.25,
  high: 0.3,
  metric: 'accuracy',
  before: 0.972,
  after: 0.969,
  split: '360 held-out rows',
  rows: 360,
  source: 'simulated',
};

describe('before and after', () => {
  it('is empty before anything was done', () => {
    expect(changeViews(emptySnapshot('/x.tiers'), { select: null, sparsify: null }, plainText)).toEqual([]);
  });

  it('sets the solve of a fit against gradient descent on the same layers, with the quality on both sides', () => {
    const [change] = changeViews(snapshot, { select: null, sparsify: null }, plainText);
    const solved = energy.layers.filter((layer) => fit.layers.some(({ id }) => id === layer.id));
    expect(change?.kind).toBe('fit');
    expect(change?.energyBefore?.value ?? null).toBe(sumOf(solved.map((layer) => layer.retraining.sgd))?.value ?? null);
    expect(change?.energyAfter?.value ?? null).toBe(sumOf(solved.map((layer) => layer.retraining.solve))?.value ?? null);
    expect(change?.qualityBefore).toMatch(/%$/);
    expect(change?.stale).toBe(false);
    expect(changeViews({ ...snapshot, stale: true }, { select: null, sparsify: null }, plainText)[0]?.stale).toBe(true);
  });

  it('names the table of a saving and what all tables say', () => {
    const select = { saving } as SelectDocument;
    const [, change] = changeViews(snapshot, { select, sparsify: null }, plainText);
    expect(change).toMatchObject({
      kind: 'select',
      of: 'selected weights; before: int8 by rounding',
      saving: 'Saving by every table: 25.0 % to 30.0 %. The two energies are by horowitz45.',
      qualityBefore: '97.2 %',
      qualityAfter: '96.9 %',
    });
    expect(change?.energyBefore?.source).toBe('modelled');
  });

  it('gives no sum where a part is missing, and the weakest source where none is', () => {
    expect(sumOf([joules(1), null])).toBeNull();
    expect(sumOf([])).toBeNull();
    expect(sumOf([joules(1, 'measured'), joules(2, 'assumed')])).toMatchObject({ value: 3, low: 1.5, high: 6, source: 'assumed' });
  });
});
