import type { TiersView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h, icon, listen } from './dom.ts';
import { startPage } from './page.ts';
import { goalOf, nextGoals } from './tiers-goals.ts';
import type { TierKind } from './tiers-goals.ts';
import { createTierRequests } from './tiers-requests.ts';
import type { TierNews } from './tiers-requests.ts';
import { createTiersState } from './tiers-state.ts';
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
  const { t, store, post } = context;
  const state = createTiersState(store);
  const news = h('p', { class: 'tier-news', role: 'status' });
  const tell = ({ kind, text, advice }: TierNews): void =>
    fill(
      news,
      kind === 'done'
        ? icon('check', 'severity-good')
        : kind === 'skipped'
          ? icon('info', 'severity-info')
          : icon('warning', 'severity-warning'),
      h('span', {}, advice === '' ? text : `${text}. ${advice}`.replace(/([.?!])\. /, '$1 ')),
    );
  const requests = createTierRequests(context, state, tell, () => paint());
  const toKind = (kind: TierKind): void => {
    const goal = goalOf(state.tiers, kind);
    if (goal === undefined && kind !== 'frozen') picker.open(kind);
    else if (goal !== undefined) requests.move(state.chosenIds(), [goal]);
  };
  const onStep = (step: 'undo' | 'redo'): void => {
    // What the line says may not be so any more.
    fill(news);
    post({ kind: 'plan-step', plan: state.plan, step });
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
    onKind: toKind,
    onNew: () => picker.open('new'),
    onStep,
    onFilter: (filter) => {
      state.setFilter(filter);
      paint();
    },
    onSort: (sort) => {
      state.setSort(sort);
      paint({ follow: true });
    },
  });
  const paint = (options: { readonly follow?: boolean } = {}): void => {
    list.paint(options);
    strip.paint(list.visible());
    toolbar.paint();
    zones.paint();
  };
  installKeys(state, list, {
    onKind: toKind,
    onNext: () => requests.move(state.chosenIds(), nextGoals(state.tiers, state.kindOf(state.selection.active))),
    onReveal: () => {
      const row = state.rows[state.selection.active];
      if (row !== undefined) post({ kind: 'reveal-layer', id: row.row.id });
    },
    onFilter: toolbar.focusFilter,
    onStep,
    onClear: () => {
      if (state.selection.chosen.size === 0 && state.filter !== '') state.setFilter('');
      else state.clear();
      paint({ follow: true });
    },
    onSelect: () => paint({ follow: true }),
  });
  installDrag({
    context,
    box: list.box,
    zones,
    begin: (target) => (list.indexAt(target) < 0 ? [] : state.chosenIds()),
    drop: (ids, goal) => requests.move(ids, [goal]),
  });
  installFocus(root, context);
  const actions = createTierActions(context);
  fill(
    root,
    h(
      'div',
      { class: 'tiers-panel' },
      h('h1', {}, t('Tiers')),
      h(
        'div',
        { class: 'tiers-main' },
        toolbar.element,
        picker.element,
        strip.element,
        list.element,
        h('div', { class: 'tier-foot' }, news, keyHint(t)),
      ),
      h('div', { class: 'tiers-side' }, zones.element, actions.element),
    ),
  );

  function installFocus(page: HTMLElement, { announce }: PageContext): void {
    listen(list.box, 'focus', () => {
      const [first] = state.shown;
      if (state.selection.active >= 0 || first === undefined) return;
      state.reach(first, 'single');
      paint({ follow: true });
    });
    let last: HTMLElement = list.box;
    listen(page, 'focusin', (event) => {
      if (event.target instanceof HTMLElement) last = event.target;
    });
    // Going to the editor and back, browsers may forget which element had the focus.
    window.addEventListener('focus', () => {
      if (document.activeElement === document.body && list.box.isConnected)
        (last.isConnected ? last : list.box).focus({ preventScroll: true });
    });
    listen(page, 'keydown', (event) => {
      if (!(event instanceof KeyboardEvent) || event.target === list.box) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
        event.preventDefault();
        toolbar.focusFilter();
      } else if (event.target instanceof HTMLInputElement && event.target.classList.contains('tier-filter')) {
        if (event.key === 'Escape') state.setFilter('');
        else if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
        event.preventDefault();
        list.box.focus();
        paint({ follow: true });
        announce(t('{0} of {1} layers', state.shown.length, state.rows.length));
      }
    });
  }
  let cursor: string | null = null;
  return (view) => {
    state.show(view);
    requests.take(view);
    // The list follows the cursor of the plan while the user is there, not here.
    const index =
      view.cursor === null || view.cursor === cursor || document.hasFocus()
        ? -1
        : state.rows.findIndex(({ row }) => row.id === view.cursor);
    cursor = view.cursor;
    if (index >= 0 && state.shown.includes(index)) state.reach(index, 'single');
    actions.update(view);
    paint({ follow: index >= 0 });
    return view.plan === null ? '' : shortName(baseName(view.plan), 60);
  };
}
