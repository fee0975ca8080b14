import { describe, expect, test } from 'vitest';
import type { BudgetDocument, DiffDocument, DiffFigure, DiffLayer, Quantity } from '../../../solver-core/protocol/index.ts';
import { changeCell, changeRange, qualityLine, savingLine } from '../../../solver-core/report/diff-cells.ts';
import { diffMarkdown } from '../../../solver-core/report/diff-markdown.ts';
import { diffText } from '../../../solver-core/report/diff-text.ts';
import { bareJoules } from '../../joules.ts';
import { expectGolden } from './golden.ts';
import { evidencedEnergy, hostileName } from './samples.ts';

const q = (value: number): Quantity<'J'> => ({ value, unit: 'J', low: value / 3, high: value * 4, source: 'modelled', ref: 'a table' });

function figure(before: number | null, after: number | null, byTable: readonly [number, number] = [0, 0]): DiffFigure {
  const change = before === null || after === null ? null : after / before - 1;
  const perTable = change === null ? [] : byTable.map((c, i) => ({ table: ['horowitz45', 'aladdin40'][i] ?? '', change: c }));
  return { before: before === null ? null : q(before), after: after === null ? null : q(after), change, perTable };
}

const none = { sgd: figure(null, null), solve: figure(1e-3, 2e-3, [0.9, 1.1]), incremental: figure(null, null) };

function layer(id: string, more: Partial<DiffLayer> = {}): DiffLayer {
  return {
    id,
    op: 'Gemm',
    status: 'changed',
    tier: { before: 'lower', after: 'upper' },
    macs: { before: 100, after: 80 },
    parameters: { before: 100, after: 80 },
    inference: figure(1e-6, 8e-7, [-0.25, -0.15]),
    retraining: none,
    ...more,
  };
}

const side = (name: string, quality: DiffDocument['before']['quality']): DiffDocument['before'] => ({
  name,
  sha256: 'ab'.repeat(32),
  quality,
});
const accuracy = (value: number): NonNullable<DiffDocument['before']['quality']> => ({
  metric: 'accuracy',
  value,
  rows: 360,
  from: 'a.json',
});

function diff(more: Partial<DiffDocument> = {}, name = '/fc1/Gemm'): DiffDocument {
  return {
    schema: 'tierwise.diff/1',
    target: 'ecp5-85f',
    before: side(`HEAD:plans/${name}.tiers`, accuracy(0.969)),
    after: side(`plans/${name}.tiers`, accuracy(0.9634)),
    layers: [layer(name), layer('/new', { status: 'added', tier: { before: null, after: 'frozen' }, inference: figure(null, 1e-7) })],
    totals: { inference: figure(1e-6, 9e-7, [-0.15, -0.08]), retraining: none },
    qualityChange: -0.0056,
    budgets: { before: null, after: evidencedEnergy(name === '/fc1/Gemm' ? '/fc2/Gemm' : name).budgets ?? null },
    diagnostics: [{ severity: 'info', code: 'diff-rows', message: `rows of ${name}`, where: {} }],
    ...more,
  };
}

test('golden files', () => {
  expectGolden('report/diff.txt', diffText(diff()));
  expectGolden('report/diff.md', diffMarkdown(diff()));
});

test.each([
  [null, '-'],
  [0, '0 %'],
  [1e-9, '+1e-7 %'],
  [-0.0042, '−0.42 %'],
  [0.124, '+12 %'],
  [1.236, '+124 %'],
  [-1, '−100 %'],
  [130, '×130'],
])('a change of %s is shown as %s', (change, text) => {
  expect(changeCell(change)).toBe(text);
});

test('the range over the tables', () => {
  expect(changeRange(figure(1, 1, [-0.25, -0.21]))).toBe('−25 to −21 %');
  expect(changeRange(figure(1, 1, [-0.21, -0.25]))).toBe('−25 to −21 %');
  expect(changeRange(figure(1, 1, [0.1, 0.1]))).toBe('+10 %');
  expect(changeRange(figure(1, 1, [0.1, 150]))).toBe('+10 % to ×150');
  expect(changeRange(figure(1, null))).toBe('-');
});

describe('the line for a pull request', () => {
  const line = (document: DiffDocument): string => diffMarkdown(document).split('\n')[2] ?? '';

  test('energy as a range over the tables, accuracy in points, budgets', () => {
    expect(line(diff())).toBe(
      '**Energy per inference 1.0 µJ → 900 nJ, −15 to −8 %**; accuracy 96.9 % → 96.3 % (−0.6 points, 360 rows). Budgets: 2 exceeded.',
    );
  });

  test('says that the tables do not agree rather than naming a direction', () => {
    const totals = { ...diff().totals, inference: figure(1e-6, 1.01e-6, [-0.05, 0.09]) };
    expect(line(diff({ totals }))).toContain('more or less depending on the constants (−5 to +9 %)');
  });

  test('says what is not known', () => {
    const totals = { ...diff().totals, inference: figure(1e-6, null) };
    expect(line(diff({ totals, after: side('b', null), qualityChange: null, budgets: { before: null, after: null } }))).toBe(
      'The energy per inference is not known on both sides; accuracy before 96.9 %, not known on the other side.',
    );
    expect(qualityLine(diff({ before: side('a', null), after: side('b', null) }))).toMatch(/^accuracy not known: no record/);
  });
});

describe('budgets of both sides', () => {
  const [given] = evidencedEnergy().budgets ?? [];
  const budget = (limitJ: number, more: Partial<BudgetDocument> = {}): BudgetDocument => {
    if (given === undefined) throw new Error('no budget');
    const limit = { ...given.limit, value: limitJ, low: limitJ, high: limitJ };
    return { scope: 'model', per: 'inference', limit, actual: q(1e-6), status: 'exceeded', range: null, ...more };
  };
  const change = (before: readonly BudgetDocument[] | null, after: readonly BudgetDocument[] | null): readonly string[] => {
    const document = diff({ budgets: { before, after } });
    return [diffMarkdown(document).split('\n').slice(2), diffText(document).split('\n')].flat();
  };

  test('a limit that was raised is seen, and what the outcome was', () => {
    const lines = change([budget(5e-7)], [budget(2e-6, { status: 'met' })]);
    expect(lines[0]).toContain('Budgets: 1 met, 1 limit raised.');
    expect(lines.find((l) => l.includes('| 500 nJ → 2 µJ per inference |'))).toContain('| exceeded → met |');
    expect(lines.filter((l) => l.endsWith('[limit was 500 nJ, was exceeded]'))).toHaveLength(1);
  });

  test('one that was taken out is seen; one that is new is no surprise', () => {
    const lines = change([budget(1e-6)], [budget(2e-3, { per: 'fit', status: 'met' })]);
    expect(lines[0]).toContain('Budgets: 1 met, 1 removed.');
    expect(lines.filter((l) => l.includes('**removed**, was exceeded'))).toHaveLength(1);
    expect(lines.filter((l) => /^ {2}removed: model, 1 µJ per inference: exceeded/.test(l))).toHaveLength(1);
    expect(lines.filter((l) => l.includes('new, met') || l.endsWith('[new]'))).toHaveLength(2);
  });

  test('a side that judges none took none away', () => {
    expect(change([budget(1e-6)], null).filter((l) => /removed:|[*]removed/.test(l))).toEqual([]);
    expect(change(null, [budget(1e-6)]).filter((l) => /\[new|new, /.test(l))).toEqual([]);
  });
});

test('the line for a pull request says that the target changed', () => {
  const message = 'the plans name different targets, up5k and ecp5-85f; both sides are priced on ecp5-85f';
  const line = diffMarkdown(diff({ diagnostics: [{ severity: 'info', code: 'diff-target', message, where: {} }] })).split('\n')[2];
  expect(line).toContain(message);
});

test('layers that did not change are said to cost the same, because weights are not compared', () => {
  const same = { status: 'same' } as const;
  const layers = [layer('a', same), layer('b', same), layer('c', same)];
  expect(diffMarkdown(diff({ layers }))).toContain('\nLayers: 3 cost the same.\n');
  expect(diffText(diff({ layers: [layer('a'), layer('b', same)] }))).toContain('\nLayers: 1 changed, 1 costs the same\n');
});

test('many layers are folded away, and very many are counted', () => {
  const layers = Array.from({ length: 300 }, (_, i) => layer(`/layer${i}`));
  const md = diffMarkdown(diff({ layers }));
  expect(md).toContain('<details><summary>Layers: 300 changed</summary>');
  expect(md).toContain('| … and 100 more |');
  expect(md.match(/^\| \/layer\d+ /gm)).toHaveLength(200);
});

test('a saving of selected weights is never without baseline, tables and both accuracies', () => {
  const perTable = ['horowitz45', 'aladdin40'].map((table) => ({ table, cell: 'array', before: q(2), after: q(1), saving: 0.5 }));
  const saving = {
    baseline: 'int8 by rounding',
    variant: '4 bits',
    perTable,
    low: 0.48,
    high: 0.53,
    metric: 'accuracy' as const,
    before: 0.97,
    after: 0.965,
    split: 'held-out rows',
    rows: 360,
    source: 'simulated' as const,
    from: 'a.selected.json',
  };
  const document = diff({ after: { ...side('a.onnx', null), saving } });
  expect(savingLine(document)).toBe(
    'Selected weights, which these figures do not count: 48 to 53 % of the multiply-add energy saved by horowitz45 and aladdin40 (simulated), accuracy 97 % → 96.5 % on 360 held-out rows, against int8 by rounding (a.selected.json)',
  );
  expect(savingLine(diff({ after: { ...side('a.onnx', null), saving: { ...saving, low: -0.1 } } }))).toContain('no saving by all tables');
  expect(diffMarkdown(document)).toContain('48 to 53 %');
  expect(bareJoules(document)).toEqual([]);
  const zeros = {
    ...saving,
    baseline: 'the model as it was given on a machine that skips the zeros of its rectifiers already',
    perTable: saving.perTable.map((entry, i) => ({ ...entry, table: i === 0 ? 'synaptic' : 'instructions', cell: 'seneca-type' })),
    ...{ metric: 'cross-entropy' as const, before: 1.5131, after: 1.5324, split: '4096 held-out tokens', rows: 4096 },
    ...{ source: 'assumed' as const, from: 'a.sparse.json' },
  };
  expect(savingLine(diff({ after: { ...side('a.onnx', null), saving: zeros } }))).toBe(
    'Zeros that thresholds make, which these figures do not count: 48 to 53 % of the energy of an inference on seneca-type saved by synaptic and instructions (assumed), cross-entropy in nats 1.51 → 1.53 on 4096 held-out tokens, against the model as it was given on a machine that skips the zeros of its rectifiers already (a.sparse.json)',
  );
});

describe('names from files are inert', () => {
  const outputs = { text: diffText(diff({}, hostileName)), md: diffMarkdown(diff({}, hostileName)) };

  test.each(Object.entries(outputs))('%s has no control, direction or invisible character', (_, text) => {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
  });

  test('markdown keeps markup in names literal: no element but our own, no link, no row broken', () => {
    const tags = new Set([...outputs.md.matchAll(/<\/?([a-z]+)/g)].map((m) => m[1]));
    expect([...tags].sort()).toEqual(['code', 'details', 'sub', 'summary']);
    expect(outputs.md).not.toMatch(/(?<!\\)\[l(?<!\\)\]/);
    const rows = outputs.md.split('\n').filter((row) => row.startsWith('| ') && row.includes('HYPERLINK'));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row.replaceAll('\\\\', '').replaceAll('\\|', '').split('|').length).toBeGreaterThanOrEqual(6);
  });
});
