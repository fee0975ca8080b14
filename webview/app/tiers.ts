import type { TiersView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h, listen } from './dom.ts';
import { startPage } from './page.ts';
import { tierSorts } from './tiers-filter.ts';
import type { TierSort } from './tiers-filter.ts';
import { keepTiersFocus } from './tiers-focus.ts';
import { goalOf, nextGoals } from './tiers-goals.ts';
import type { TierKind } from './tiers-goals.ts';
import { createNewsLine } from './tiers-news.ts';
import { createTierRequests } from './tiers-requests.ts';
import type { TierRequests } from './tiers-requests.ts';
import { createTiersState } from './tiers-state.ts';
import type { TiersState } from './tiers-state.ts';
import { baseName, shortName } from './text.ts';
import './tiers.css';
import { createTierActions } from './views/tier-actions.ts';
import { installDrag } from './views/tier-drag.ts';
import { keyHint } from './views/tier-hint.ts';
import { installKeys } from './views/tier-keys.ts';
import { createTierList } from './views/tier-list.ts';
import { createTierPicker } from './views/tier-picker.ts';
import { createTierStrip } from './views/tier-strip.ts';
import { createTierToolbar } from './views/tier-toolbar.ts';
import { createTierZones } from './views/tier-zones.ts';

startPage({ page: 'tiers', title: 'Tiers', select: (message) => (message.kind === 'tiers' ? message.view : null), mount });

function mount(root: HTMLElement, context: PageContext): (view: TiersView) => string {
  const state = createTiersState(context.store);
  const news = createNewsLine(state);
  const requests = createTierRequests(context, state, news.tell, () => parts.paint());
  const parts = createParts(context, state, requests);
  const actions = createTierActions(context);
  const { toolbar, picker, strip, list, zones } = parts;
  const foot = h('div', { class: 'tier-foot' }, news.element, keyHint(context.t));
  const panel = h(
    'div',
    { class: 'tiers-panel' },
    h('h1', {}, context.t('Tiers')),
    h('div', { class: 'tiers-main' }, toolbar.element, picker.element, strip.element, list.element, foot),
    h('div', { class: 'tiers-side' }, actions.fit, zones.element, actions.element),
  );
  fill(root, panel);
  keepTiersFocus(panel, context, state, parts);
  let cursor: string | null = null;
  return (view) => {
    state.show(view);
    requests.take(view);
    news.check();
    // The list follows the cursor of the plan while the user is there, not here.
    const index =
      view.cursor === null || view.cursor === cursor || document.hasFocus()
        ? -1
        : state.rows.findIndex(({ row }) => row.id === view.cursor);
    cursor = view.cursor;
    if (index >= 0 && state.shown.includes(index)) state.reach(index, 'single');
    actions.update(view);
    parts.paint({ follow: index >= 0 });
    return view.plan === null ? '' : shortName(baseName(view.plan), 60);
  };
}

/** The list with all that speaks of it, connected with each other. */
interface TierParts {
  readonly toolbar: ReturnType<typeof createTierToolbar>;
  readonly picker: ReturnType<typeof createTierPicker>;
  readonly strip: ReturnType<typeof createTierStrip>;
  readonly list: ReturnType<typeof createTierList>;
  readonly zones: ReturnType<typeof createTierZones>;
  /** Draws what changed; `follow` scrolls the active row into view. */
  readonly paint: (options?: { readonly follow?: boolean }) => void;
}

function createParts(context: PageContext, state: TiersState, requests: TierRequests): TierParts {
  const moveTo = (kind: TierKind): void => {
    const goal = goalOf(state.tiers, kind);
    if (goal === undefined && kind !== 'frozen') picker.open(kind);
    else if (goal !== undefined) requests.move(state.chosenIds(), [goal]);
  };
  const sortBy = (sort: TierSort): void => {
    state.setSort(sort);
    paint({ follow: true });
  };
  const list = createTierList(context, state, 'tier-keys', () => strip.paint(list.visible()));
  const strip = createTierStrip(state, (from, to) => {
    state.reachSpan(from, to);
    paint({ follow: true });
  });
  const picker = createTierPicker(
    context,
    state,
    (goal) => requests.move(state.chosenIds(), [goal]),
    () => list.box.focus(),
  );
  const zones = createTierZones(context, state, (goal) => requests.move(state.chosenIds(), [goal]));
  const toolbar = createTierToolbar(context, state, {
    onKind: moveTo,
    onNew: () => picker.open('new'),
    onStep: requests.step,
    onFilter: (filter) => {
      state.setFilter(filter);
      paint();
    },
    onSort: sortBy,
  });
  const paint = (options: { readonly follow?: boolean } = {}): void => {
    list.paint(options);
    strip.paint(list.visible());
    toolbar.paint();
    zones.paint();
  };
  // For the mouse; the choice above the list does the same for every hand.
  listen(list.element, 'click', ({ target }) => {
    const column = target instanceof Element ? target.closest<HTMLElement>('.tier-head [data-sort]')?.dataset['sort'] : undefined;
    const sort = tierSorts.find((one) => one === column);
    if (sort !== undefined) sortBy(sort);
  });
  const parts: TierParts = { toolbar, picker, strip, list, zones, paint };
  connectKeys(context, state, requests, parts, moveTo);
  installDrag({
    context,
    box: list.box,
    zones,
    begin: (target) => (list.indexAt(target) < 0 ? [] : state.chosenIds()),
    drop: (ids, goal) => requests.move(ids, [goal]),
  });
  return parts;
}

function connectKeys(
  { post }: PageContext,
  state: TiersState,
  requests: TierRequests,
  { list, toolbar, paint }: TierParts,
  moveTo: (kind: TierKind) => void,
): void {
  installKeys(state, list, {
    onKind: moveTo,
    onNext: () => requests.move(state.chosenIds(), nextGoals(state.tiers, state.kindOf(state.selection.active))),
    onReveal: () => {
      const row = state.rows[state.selection.active];
      if (row !== undefined) post({ kind: 'reveal-layer', id: row.row.id });
    },
    onFilter: toolbar.focusFilter,
    onStep: requests.step,
    onClear: () => {
      if (state.selection.chosen.size === 0 && state.filter !== '') state.setFilter('');
      else state.clear();
      paint({ follow: true });
    },
    onSelect: () => paint({ follow: true }),
  });
}
