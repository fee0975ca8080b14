import { expect, test } from 'vitest';
import * as v from 'valibot';
import { compareView, weightsView } from '../../extension/to-weights-view.ts';
import { parsePageMessage } from '../../extension/panels/page-messages.ts';
import type { DiffDocument, DiffLayer, Quantity, WeightFigures, WeightsDocument } from '../../solver-core/protocol/index.ts';
import { compare as compareGuard, weights as weightsGuard } from '../../webview/app/guard-model.ts';

const t = (message: string, ...args: (string | number | boolean)[]): string =>
  message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)]));

const figures = (zeros: number): WeightFigures => ({
  count: 1000,
  nonFinite: 0,
  zeros,
  nearZeros: zeros + 5,
  min: -1,
  max: 2,
  mean: 0.25,
  standardDeviation: 0.5,
});
const weights: WeightsDocument = {
  schema: 'tierwise.weights/1',
  model: '/models/after.onnx',
  layer: 'fc1',
  tensor: 'fc1.weight',
  dtype: 'float32',
  shape: [50, 20],
  figures: figures(120),
  edges: [-1, 0, 1, 2],
  counts: [300, 500, 200],
  before: null,
};

const joules = (value: number): Quantity<'J'> => ({
  value,
  unit: 'J',
  low: value / 2,
  high: value * 2,
  source: 'modelled',
  ref: 'a table',
});
const nothing = { before: null, after: null, change: null };
const layer = (id: string, patch: Partial<DiffLayer>): DiffLayer => ({
  id,
  op: 'Gemm',
  status: 'same',
  tier: { before: null, after: null },
  macs: { before: 10, after: 10 },
  parameters: { before: 1000, after: 1000 },
  inference: { before: joules(1e-6), after: joules(1e-6), change: 0, perTable: [{ table: 'a', change: 0 }] },
  retraining: { sgd: nothing, solve: nothing, incremental: nothing },
  ...patch,
});
const halved = {
  before: joules(2e-6),
  after: joules(1e-6),
  change: -0.5,
  perTable: [
    { table: 'a', change: -0.52 },
    { table: 'b', change: -0.48 },
  ],
};
const diff: DiffDocument = {
  schema: 'tierwise.diff/1',
  target: 'ecp5-85f',
  before: { name: 'before.onnx', sha256: 'a', quality: null },
  after: { name: 'after.onnx', sha256: 'b', quality: null },
  layers: [
    layer('fc1', {}),
    layer('fc2', { status: 'changed', inference: halved }),
    layer('new', { status: 'added', inference: { before: null, after: joules(1e-6), change: null } }),
    layer('gone', { status: 'removed', inference: { before: joules(1e-6), after: null, change: null } }),
  ],
  totals: { inference: halved, retraining: { sgd: nothing, solve: nothing, incremental: nothing } },
  qualityChange: null,
  diagnostics: [],
};
const words = { name: 'before.onnx', title: 'before.onnx before, after.onnx after', running: null };

test('the weights of a layer tell zeros as a share, and pass the page’s guard', () => {
  const alone = weightsView(weights, 'after.onnx', null, t);
  expect(v.safeParse(weightsGuard, alone).success).toBe(true);
  expect(alone.after.rows).toContainEqual({ name: 'Exact zeros', value: '120 (12 %)' });
  expect([alone.before, alone.change, alone.note]).toEqual([null, '', '']);
  const beside = { ...weights, before: { model: 'x', figures: figures(0), counts: [1, 2, 3], relativeChange: 0.1234 } };
  const both = weightsView(beside, 'after.onnx', 'before.onnx', t);
  expect(v.safeParse(weightsGuard, both).success).toBe(true);
  expect([both.before?.name, both.change]).toEqual(['before.onnx', '12 %']);
  expect(weightsView(weights, 'after.onnx', 'before.onnx', t).note).toBe('before.onnx has no such layer with weights of that shape.');
});

test('nearly all is not all, and finite values that agree are not the whole tensor', () => {
  const rows = (zeros: number): string => {
    const view = weightsView({ ...weights, figures: { ...figures(zeros), count: 1e6 } }, 'after.onnx', null, t);
    return view.after.rows[1]?.value ?? '';
  };
  expect([rows(999_999), rows(1e6)]).toEqual(['999,999 (>99.99 %)', '1,000,000 (100 %)']);
  const change = (nonFinite: number): string =>
    weightsView(
      { ...weights, before: { model: 'b', figures: { ...figures(0), nonFinite }, counts: weights.counts, relativeChange: 0 } },
      'after.onnx',
      'b',
      t,
    ).change;
  expect([change(0), change(3)]).toEqual(['unchanged', '0 %']);
});

test('a comparison tells energies as a factor with its band, and layers of one side', () => {
  const view = compareView(diff, null, { ...words, running: 'Comparing the weights' }, t);
  expect(v.safeParse(compareGuard, view).success).toBe(true);
  expect(view.total).toMatchObject({ factor: '0.5×', factorBand: '0.48× to 0.52×' });
  expect(view.layers.map(({ factor, weights: text }) => [factor, text])).toEqual([
    ['1×', '…'],
    ['0.5×', '…'],
    ['', 'only here'],
    ['', 'only before'],
  ]);
});

test('with the weights read, a layer whose figures agree may still differ', () => {
  const change = (id: string, status: 'same' | 'changed' | 'unknown', relativeChange: number | null) => ({
    id,
    status,
    count: 1000,
    zeros: { before: 0, after: 10 },
    relativeChange,
  });
  const changes = { layers: [change('fc1', 'changed', 1e-7), change('fc2', 'unknown', null)], leftOut: 3 };
  const view = compareView(diff, changes, words, t);
  expect(view.layers.slice(0, 2).map((one) => [one.status, one.weights, one.zerosAfter])).toEqual([
    ['changed', '<0.001 %', '10 (1 %)'],
    ['changed', 'not compared', '10 (1 %)'],
  ]);
  expect(view.notes[0]).toContain('3 layers were left out');
});

test('requests of the page are checked', () => {
  expect(parsePageMessage({ kind: 'layer-opened', id: 'fc1' })).toEqual({ kind: 'layer-opened', id: 'fc1' });
  expect(parsePageMessage({ kind: 'compare-model' })).toEqual({ kind: 'compare-model' });
  for (const bad of [{ kind: 'layer-opened' }, { kind: 'show-source', id: 7 }, { kind: 'copy-layer', id: 'x'.repeat(100_001) }])
    expect(parsePageMessage(bad)).toBeUndefined();
  // Names come from files, and some are long.
  const long = { kind: 'layer-opened', id: 'x'.repeat(50_000) };
  expect(parsePageMessage(long)).toEqual(long);
  expect(parsePageMessage({ kind: 'layer-opened', id: 'x'.repeat(100_001) })).toBeUndefined();
});
