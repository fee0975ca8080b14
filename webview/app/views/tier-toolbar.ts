import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { fill, h, hiddenText, icon, listen } from '../dom.ts';
import type { TierSort } from '../tiers-filter.ts';
import { tierSorts } from '../tiers-filter.ts';
import type { TierKind } from '../tiers-goals.ts';
import { tierLetter } from '../tiers-goals.ts';
import type { TiersState } from '../tiers-state.ts';
import './tier-toolbar.css';

/** What the buttons above the list do. */
export interface ToolbarActions {
  readonly onKind: (kind: TierKind) => void;
  readonly onNew: () => void;
  readonly onStep: (step: 'undo' | 'redo') => void;
  readonly onFilter: (filter: string) => void;
  readonly onSort: (sort: TierSort) => void;
}

/** The buttons above the list, its filter and its order. */
export interface TierToolbar {
  readonly element: HTMLElement;
  readonly paint: () => void;
  readonly focusFilter: () => void;
}

export function createTierToolbar(context: PageContext, state: TiersState, actions: ToolbarActions): TierToolbar {
  const { t } = context;
  const filter = h('input', {
    type: 'search',
    class: 'tier-filter',
    value: state.filter,
    placeholder: t('Filter: name, op:conv, tier:lower'),
    'aria-label': t('Filter the layers by name, op: or tier:'),
    'data-focus': 'tier-filter',
    spellcheck: 'false',
    maxlength: 1000,
  });
  const sort = h(
    'select',
    { class: 'tier-sort', 'aria-label': t('Order of the layers'), 'data-focus': 'tier-sort' },
    ...tierSorts.map((one) => h('option', { value: one, selected: one === state.sort }, sortName(context, one))),
  );
  const count = h('span', { class: 'tier-count muted' });
  listen(filter, 'input', () => actions.onFilter(filter.value));
  listen(sort, 'change', () => actions.onSort(tierSorts.find((one) => one === sort.value) ?? 'order'));
  const element = h(
    'div',
    { class: 'tier-toolbar' },
    h(
      'div',
      { class: 'tool-group', role: 'group', 'aria-label': t('Move the selected layers') },
      kindButton(context, 'lower', t('Lower'), actions),
      kindButton(context, 'upper', t('Upper'), actions),
      kindButton(context, 'frozen', t('Frozen'), actions),
      tool(t('New tier…'), [icon('add'), h('span', { class: 'tool-label' }, t('New tier…'))], 'tool:new', actions.onNew),
    ),
    h(
      'div',
      { class: 'tool-group', role: 'group', 'aria-label': t('Edits of the plan') },
      tool(t('Undo the newest edit of the plan'), [icon('discard')], 'tool:undo', () => actions.onStep('undo')),
      tool(t('Redo'), [icon('redo')], 'tool:redo', () => actions.onStep('redo')),
    ),
    h('div', { class: 'tool-find' }, filter, sort, count),
  );
  return {
    element,
    focusFilter: () => {
      filter.focus();
      filter.select();
    },
    paint: () => {
      if (document.activeElement !== filter && filter.value !== state.filter) filter.value = state.filter;
      sort.value = state.sort;
      const { rows, shown, selection } = state;
      const listed = shown.length === rows.length ? layersText(context, rows.length) : t('{0} of {1}', shown.length, rows.length);
      fill(count, selection.chosen.size > 1 ? t('{0}, {1} selected', listed, selection.chosen.size) : listed);
    },
  };
}

function layersText({ t }: PageContext, n: number): string {
  return n === 1 ? t('1 layer') : t('{0} layers', n.toLocaleString('en'));
}

function sortName({ t }: PageContext, sort: TierSort): string {
  return sort === 'order' ? t('Model order') : sort === 'energy' ? t('Most energy') : t('Most parameters');
}

function kindButton(context: PageContext, kind: TierKind, label: string, actions: ToolbarActions): HTMLElement {
  const letter = tierLetter(kind);
  return tool(
    context.t('{0} ({1})', label, letter),
    [h('span', { class: `tier-letter tier-letter-${kind}`, 'aria-hidden': 'true' }, letter), h('span', { class: 'tool-label' }, label)],
    `tool:${kind}`,
    () => actions.onKind(kind),
  );
}

/** A small button; its tooltip is its name where the label is left out for want of room. */
function tool(title: string, content: readonly Child[], key: string, run: () => void): HTMLElement {
  const hasLabel = content.length > 1;
  const button = h(
    'button',
    { type: 'button', class: `tool ${key.replace(':', '-')}`, title, 'data-focus': key },
    ...content,
    hasLabel ? null : hiddenText(title),
  );
  return listen(button, 'click', run);
}
