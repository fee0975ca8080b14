import type { TierGoalView, TierRow, TiersView } from '../messages/index.ts';
import type { PlacedRow, TierSort } from './tiers-filter.ts';
import { filterTierRows, sortTierRows, tierSorts } from './tiers-filter.ts';
import type { Selection, SelectMode } from './tiers-selection.ts';
import { noSelection, select, selectAll, selectSpan, within } from './tiers-selection.ts';
import type { UiStore } from './state.ts';

/** A tier as the page shows it; one that was asked for is there before the host has answered. */
export interface ShownTier {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
}

/** Moves that were asked for and not answered yet. */
interface Pending {
  readonly request: number;
  readonly ids: ReadonlySet<string>;
  readonly goal: TierGoalView;
}

/** What the panel shows: layers, where they are, which are selected, and which of them the filter lets through. */
export interface TiersState {
  readonly rows: readonly PlacedRow[];
  readonly tiers: readonly ShownTier[];
  /** Indices of the rows of the list from top to bottom. */
  readonly shown: readonly number[];
  readonly selection: Selection;
  readonly filter: string;
  readonly sort: TierSort;
  /** Path of the plan whose layers these are. */
  readonly plan: string;
  /** Why there are no rows; null when there are, or could be. */
  readonly unreadable: string | null;
  /** Ids of the selected layers in graph order; of the active one when none is selected. */
  readonly chosenIds: () => readonly string[];
  readonly kindOf: (index: number) => 'lower' | 'upper' | 'frozen';
  readonly show: (view: TiersView) => void;
  readonly setFilter: (filter: string) => void;
  readonly setSort: (sort: TierSort) => void;
  readonly reach: (index: number, mode: SelectMode) => void;
  /** Selects what is listed of the model from one row to another. */
  readonly reachSpan: (from: number, to: number) => void;
  readonly reachAll: () => void;
  readonly clear: () => void;
  /** Shows layers where they will be, until the host has answered request `request`. */
  readonly expect: (request: number, ids: readonly string[], goal: TierGoalView) => void;
  readonly settle: (request: number) => void;
}

/** The state of one panel; filter and order are remembered, what is selected is not. */
export function createTiersState(store: UiStore): TiersState {
  let layers: readonly TierRow[] = [];
  let view: Pick<TiersView, 'tiers' | 'placement'> = { tiers: [], placement: [] };
  let plan = '';
  let unreadable: string | null = null;
  let pending: readonly Pending[] = [];
  let rows: readonly PlacedRow[] = [];
  let tiers: readonly ShownTier[] = [];
  let shown: readonly number[] = [];
  let selection: Selection = noSelection;
  let filter = store.get().filter;
  let sort: TierSort = tierSorts.find((one) => one === store.get().sort?.column) ?? 'order';

  const arrange = (): void => {
    shown = sortTierRows(filterTierRows(rows, filter), sort).map(({ index }) => index);
    selection = within(selection, shown);
  };
  const place = (): void => {
    const missing = pending.flatMap(({ goal }) =>
      goal.kind === 'frozen' || view.tiers.some((tier) => tier.kind === goal.kind && tier.name === goal.name)
        ? []
        : [{ kind: goal.kind, name: goal.name }],
    );
    tiers = [...view.tiers, ...missing];
    rows = layers.map((row, index) => ({ index, row, tier: tierOf(row.id, index) }));
    arrange();
  };
  const tierOf = (id: string, index: number): ShownTier | undefined => {
    const wanted = pending.findLast((move) => move.ids.has(id));
    if (wanted === undefined) return view.tiers[view.placement[index] ?? -1];
    const { goal } = wanted;
    return goal.kind === 'frozen' ? undefined : { kind: goal.kind, name: goal.name };
  };

  return {
    get rows() {
      return rows;
    },
    get tiers() {
      return tiers;
    },
    get shown() {
      return shown;
    },
    get selection() {
      return selection;
    },
    get filter() {
      return filter;
    },
    get sort() {
      return sort;
    },
    get plan() {
      return plan;
    },
    get unreadable() {
      return unreadable;
    },
    chosenIds: () => {
      const indices = selection.chosen.size > 0 ? [...selection.chosen].sort((a, b) => a - b) : [selection.active];
      return indices.flatMap((index) => rows[index]?.row.id ?? []);
    },
    kindOf: (index) => rows[index]?.tier?.kind ?? 'frozen',
    show: (next) => {
      if (next.rows !== null) {
        const same = next.rows.length === layers.length && next.rows.every((row, i) => row.id === layers[i]?.id);
        if (!same) selection = noSelection;
        layers = next.rows;
      }
      // Another plan of the same model has layers of the same names.
      if ((next.plan ?? '') !== plan) pending = [];
      view = next;
      plan = next.plan ?? '';
      unreadable = next.unreadable;
      place();
    },
    setFilter: (next) => {
      filter = next;
      store.set({ filter: next });
      arrange();
    },
    setSort: (next) => {
      sort = next;
      store.set({ sort: next === 'order' ? null : { column: next, direction: 'descending' } });
      arrange();
    },
    reach: (index, mode) => {
      selection = select(selection, shown, index, mode);
    },
    reachSpan: (from, to) => {
      selection = selectSpan(selection, shown, from, to);
    },
    reachAll: () => {
      selection = selectAll(selection, shown);
    },
    clear: () => {
      selection = { chosen: new Set(), active: selection.active, anchor: selection.active };
    },
    expect: (request, ids, goal) => {
      pending = [...pending, { request, ids: new Set(ids), goal }];
      place();
    },
    settle: (request) => {
      pending = pending.filter((move) => move.request > request);
      place();
    },
  };
}
