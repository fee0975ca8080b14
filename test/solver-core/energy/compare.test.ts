import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareEnergy } from '../../../solver-core/energy/compare.ts';
import type { CompareSide } from '../../../solver-core/energy/compare.ts';
import { estimateEnergy, evaluateInput } from '../../../solver-core/energy/estimate.ts';
import type { EstimateRequest } from '../../../solver-core/energy/estimate.ts';
import { solveEnergy } from '../../../solver-core/energy/retraining.ts';
import { matchLayers } from '../../../solver-core/energy/match-layers.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import type { DiffFigure } from '../../../solver-core/protocol/index.ts';
import { tolerances } from '../../tolerances.ts';
import { conv, dense, mlp, plan } from '../report/samples.ts';

const pairs = (before: readonly Layer[], after: readonly Layer[]): readonly string[] =>
  matchLayers(before, after).map((p) => `${p.before?.id ?? '-'}>${p.after?.id ?? '-'}`);
const named = (...ids: readonly string[]): readonly Layer[] =>
  ids.map((id) => (id.startsWith('c') ? { ...conv(id), op: 'Conv' } : dense(id, 4, 4)));

describe('matching layers', () => {
  test.each([
    ['the same ids', ['a', 'b'], ['a', 'b'], ['a>a', 'b>b']],
    ['one added', ['a', 'b'], ['a', 'x', 'b'], ['a>a', '->x', 'b>b']],
    ['one removed, where it was', ['a', 'x', 'b'], ['a', 'b'], ['a>a', 'x>-', 'b>b']],
    ['removed ones at the front', ['x', 'y', 'a'], ['a'], ['x>-', 'y>-', 'a>a']],
    ['all names new: by place', ['a', 'b'], ['p', 'q'], ['a>p', 'b>q']],
    ['all names new, another operator between', ['c1', 'a'], ['p', 'c2'], ['a>p', 'c1>c2']],
    ['one renamed between known neighbours', ['a', 'x', 'b'], ['a', 'y', 'b'], ['a>a', 'x>y', 'b>b']],
    ['a new one before is no renamed one behind', ['a', 'x'], ['y', 'a'], ['->y', 'a>a', 'x>-']],
    ['moved', ['a', 'b'], ['b', 'a'], ['b>b', 'a>a']],
    ['nothing on one side', [], ['a'], ['->a']],
  ])('%s', (_, before, after, expected) => {
    expect(pairs(named(...before), named(...after))).toEqual(expected);
  });

  test('every layer is in exactly one pair, pairs have one operator, equal ids are together', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'd', 'e', 'c1', 'c2', 'c3', 'f', 'g'), { maxLength: 9 });
    fc.assert(
      fc.property(ids, ids, (before, after) => {
        const [b, a] = [named(...before), named(...after)];
        const found = matchLayers(b, a);
        expect(found.flatMap((p) => p.before ?? []).sort(byId)).toEqual([...b].sort(byId));
        expect(found.flatMap((p) => p.after ?? [])).toEqual(a);
        for (const p of found) if (p.before !== null && p.after !== null) expect(p.before.op).toBe(p.after.op);
        for (const id of before.filter((x) => after.includes(x)))
          expect(found.some((p) => p.before?.id === id && p.after?.id === id)).toBe(true);
      }),
      { seed: 11 },
    );
  });
});

function byId(a: Layer, b: Layer): number {
  return a.id < b.id ? -1 : 1;
}

function side(layers: readonly Layer[], more: Partial<EstimateRequest> = {}): CompareSide {
  const request = { layers, targetId: 'systolic-64x64', rows: 500, ...more };
  const [document, input] = [estimateEnergy(request).value, evaluateInput(request).value];
  if (document === undefined || input === undefined) throw new Error('no estimate');
  return { document, input };
}

/** Joules of solving all layers with one table alone, from the layers one by one. */
function aloneJ({ input }: CompareSide, table: string): number {
  const context = { ...input.context, tables: input.context.tables.filter((t) => t.id === table) };
  return input.layers.reduce(
    (sum, layer) => sum + (solveEnergy(layer, 'labels', context, input.scenario, undefined)?.total.value ?? NaN),
    0,
  );
}

describe('changes', () => {
  const smaller = mlp.map((layer, i) => (i === 1 ? dense(layer.id, 256, 64) : layer));

  test('a model against itself: all 0, every layer the same', () => {
    const { layers, totals } = compareEnergy(side(mlp), side(mlp));
    expect(layers.map((l) => l.status)).toEqual(['same', 'same', 'same']);
    const figures: readonly DiffFigure[] = [totals.inference, ...Object.values(totals.retraining)];
    expect(figures.map((f) => [f.change, f.perTable?.map((t) => t.change)])).toEqual(Array(4).fill([0, [0, 0]]));
  });

  test('each table by itself on both sides: the ratio of estimates made with that table alone', () => {
    const [before, after] = [side(mlp), side(smaller)];
    const { totals } = compareEnergy(before, after);
    expect(totals.inference.perTable?.map((t) => t.table)).toEqual(before.input.context.tables.map((t) => t.id));
    for (const { table, change } of totals.retraining.solve.perTable ?? []) {
      expect(Math.abs(change - (aloneJ(after, table) / aloneJ(before, table) - 1))).toBeLessThan(tolerances.sumFp64.relative);
    }
    const { value: b } = before.document.totals.retraining.solve ?? { value: NaN };
    const { value: a } = after.document.totals.retraining.solve ?? { value: NaN };
    expect(Math.abs((totals.retraining.solve.change ?? NaN) - (a / b - 1))).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('is no quotient of bands: a narrow ratio of two wide bands', () => {
    const { totals } = compareEnergy(side(mlp), side(smaller));
    const { before, after, perTable = [] } = totals.inference;
    const changes = perTable.map((t) => t.change);
    const widest = (after?.high ?? 0) / (before?.low ?? 1) - (after?.low ?? 0) / (before?.high ?? 1);
    expect(Math.max(...changes) - Math.min(...changes)).toBeLessThan(widest / 10);
  });

  test('a layer that is new, gone or in another tier', () => {
    const moved = { ...plan, lower: plan.lower.map((t) => ({ ...t, layers: ['/fc1/Gemm'] })) };
    const { layers } = compareEnergy(
      side(mlp, { plan, planPath: '/p/a.tiers' }),
      side([...mlp.slice(0, 2), dense('/new', 8, 8, { op: 'MatMul' })], { plan: moved, planPath: '/p/a.tiers' }),
    );
    expect(layers.map((l) => [l.id, l.status, l.tier.before, l.tier.after])).toEqual([
      ['/fc1/Gemm', 'same', 'lower', 'lower'],
      ['/fc2/Gemm', 'changed', 'lower', 'frozen'],
      ['/fc3/Gemm', 'removed', 'upper', null],
      ['/new', 'added', null, 'frozen'],
    ]);
    expect(layers.slice(2).map((l) => [l.inference.change, l.inference.perTable])).toEqual([
      [null, []],
      [null, []],
    ]);
  });

  test('without a plan on one side tiers are not compared', () => {
    const { layers } = compareEnergy(side(mlp), side(mlp, { plan: { ...plan, upper: [], lower: [] }, planPath: '/p/a.tiers' }));
    expect(layers.map((l) => [l.status, l.tier.before, l.tier.after])).toEqual(Array(3).fill(['same', null, 'frozen']));
  });
});
