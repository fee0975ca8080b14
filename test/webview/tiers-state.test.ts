import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { initialState } from '../../webview/app/state.ts';
import type { UiState } from '../../webview/app/state.ts';
import { filterTierRows, sortTierRows } from '../../webview/app/tiers-filter.ts';
import { goalOf, layersWords, movedWords, newTierName, nextGoals, nextKinds } from '../../webview/app/tiers-goals.ts';
import { noSelection, select, selectAll, selectSpan, within } from '../../webview/app/tiers-selection.ts';
import type { SelectMode } from '../../webview/app/tiers-selection.ts';
import { createTiersState } from '../../webview/app/tiers-state.ts';
import { createTranslator } from '../../webview/app/strings.ts';
import { tierRow, tiers } from './canned.ts';

const t = createTranslator({});
const lower = { kind: 'lower', name: 'features' } as const;
const upper = { kind: 'upper', name: 'head' } as const;

describe('goals', () => {
  test('a kind has one tier to go to, a new one, or a question', () => {
    expect(goalOf([lower, upper], 'lower')).toEqual(lower);
    expect(goalOf([upper], 'lower')).toEqual({ kind: 'lower', name: 'features' });
    expect(goalOf([{ kind: 'upper', name: 'features' }], 'lower')).toEqual({ kind: 'lower', name: 'features-2' });
    expect(goalOf([lower, { kind: 'lower', name: 'b' }], 'lower')).toBeUndefined();
    expect(goalOf([], 'frozen')).toEqual({ kind: 'frozen' });
  });

  test('Space goes lower, upper, frozen, and never where the layer is', () => {
    expect(nextKinds('lower')).toEqual(['upper', 'frozen']);
    expect(nextKinds('upper')).toEqual(['frozen', 'lower']);
    expect(nextKinds('frozen')).toEqual(['lower', 'upper']);
    expect(nextGoals([lower], 'lower')).toEqual([{ kind: 'upper', name: 'head' }, { kind: 'frozen' }]);
  });

  test('news count layers', () => {
    expect(layersWords(t, ['fc1'])).toBe('fc1');
    expect(movedWords(t, ['fc1', 'fc2', 'fc3'], lower)).toBe('fc1 and 2 more moved to lower tier features');
    expect(movedWords(t, ['fc1'], { kind: 'frozen' })).toBe('fc1 frozen');
    expect(newTierName([upper, { kind: 'upper', name: 'head-2' }], 'upper')).toBe('head-3');
  });
});

describe('selection', () => {
  const modes = fc.constantFrom<SelectMode[]>('single', 'toggle', 'range', 'move');
  const shown = fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 1, maxLength: 20 });

  test('only ever holds rows of the list, whatever is pressed', () => {
    fc.assert(
      fc.property(shown, fc.array(fc.tuple(fc.nat(), modes), { maxLength: 20 }), shown, (rows, presses, later) => {
        let selection = noSelection;
        for (const [at, mode] of presses) selection = select(selection, rows, rows[at % rows.length] ?? 0, mode);
        for (const index of selection.chosen) expect(rows).toContain(index);
        const kept = within(selection, later);
        for (const index of kept.chosen) expect(later).toContain(index);
        expect(kept.active === -1 || later.includes(kept.active)).toBe(true);
        expect([...selectAll(selection, rows).chosen]).toEqual(rows);
      }),
      { seed: 20261121 },
    );
  });

  test('a range runs in the order of the list, from the anchor, and can be drawn back', () => {
    const rows = [4, 2, 9, 7, 1];
    const first = select(noSelection, rows, 2, 'single');
    const down = select(first, rows, 7, 'range');
    expect([...down.chosen]).toEqual([2, 9, 7]);
    expect([...select(down, rows, 4, 'range').chosen]).toEqual([4, 2]);
    expect([...select(noSelection, rows, 9, 'range').chosen]).toEqual([9]);
    expect([...selectSpan(noSelection, rows, 8, 2).chosen]).toEqual([4, 2, 7]);
    expect(selectSpan(down, rows, 20, 30)).toBe(down);
  });
});

describe('filter and order', () => {
  const rows = [
    { index: 0, row: tierRow('/conv1/Conv', { op: 'Conv', parameters: 5, energy: null }), tier: undefined },
    { index: 1, row: tierRow('/fc\u202e1/Gemm', { parameters: 9 }), tier: lower },
    { index: 2, row: tierRow('/lower/Gemm', { parameters: 7 }), tier: upper },
  ];
  const found = (filter: string): number[] => filterTierRows(rows, filter).map(({ index }) => index);

  test('op: and tier: look at one thing, other words at all', () => {
    expect(found('op:conv')).toEqual([0]);
    expect(found('tier:frozen')).toEqual([0]);
    expect(found('tier:lower')).toEqual([1]);
    expect(found('lower')).toEqual([1, 2]);
    expect(found('tier:head gemm')).toEqual([2]);
    expect(found('U+202E')).toEqual([1]);
    expect(found('  op: tier: ')).toEqual([0, 1, 2]);
    expect(found('nothing')).toEqual([]);
  });

  test('rows without a figure come last', () => {
    expect(sortTierRows(rows, 'parameters').map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(sortTierRows(rows, 'energy').at(-1)?.index).toBe(0);
  });
});

describe('the state of the panel', () => {
  const state = () => {
    let saved: UiState = initialState;
    return createTiersState({ get: () => saved, set: (patch) => (saved = { ...saved, ...patch }) });
  };

  test('shows what was asked for until the host has answered', () => {
    const panel = state();
    panel.show(tiers);
    expect(panel.kindOf(0)).toBe('frozen');
    panel.expect(1, ['/conv1/Conv'], { kind: 'lower', name: 'filters' });
    expect(panel.tiers.map(({ name }) => name)).toEqual(['head', 'features', 'filters']);
    expect(panel.kindOf(0)).toBe('lower');
    panel.show({ ...tiers, rows: null });
    panel.expect(2, ['/conv1/Conv'], { kind: 'frozen' });
    expect(panel.kindOf(0)).toBe('frozen');
    panel.settle(2);
    expect(panel.tiers).toHaveLength(2);
    expect(panel.kindOf(0)).toBe('frozen');
  });

  test('forgets the selection of another model, keeps it over an edit of the plan', () => {
    const panel = state();
    panel.show(tiers);
    panel.reach(2, 'single');
    panel.show({ ...tiers, placement: [-1, -1, -1, -1, -1] });
    expect(panel.chosenIds()).toEqual(['/fc1/Gemm']);
    panel.show({ ...tiers, rows: (tiers.rows ?? []).slice(1) });
    expect(panel.chosenIds()).toEqual([]);
  });
});
