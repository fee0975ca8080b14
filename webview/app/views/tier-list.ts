import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import type { ScaleKind } from '../draw/scale.ts';
import { chooseScale, makeScale } from '../draw/scale.ts';
import type { PlacedRow } from '../tiers-filter.ts';
import type { TiersState } from '../tiers-state.ts';
import { shortName } from '../text.ts';
import { createRules } from './css-rules.ts';
import './tier-list.css';
import { listHeader, rowElement, rowSignature } from './tier-row.ts';

/** Rows drawn above and below what is visible. */
const overscan = 8;

/** The list of layers: as many elements as fit, whatever the model. Focus stays on the list; the active row is told by its id. */
export interface TierList {
  readonly element: HTMLElement;
  readonly box: HTMLElement;
  /** Draws what changed; `follow` scrolls the active row into view. */
  readonly paint: (options?: { readonly follow?: boolean }) => void;
  /** Rows that fit at once, at least 1. */
  readonly pageSize: () => number;
  /** First and last visible row of the list. */
  readonly visible: () => { readonly first: number; readonly last: number };
  /** Index in the model of the row at an element, or -1. */
  readonly indexAt: (element: Element | null) => number;
}

/** `hintId`: the element that names the keys. `onScroll`: what is visible changed. */
export function createTierList(context: PageContext, state: TiersState, hintId: string, onScroll: () => void): TierList {
  const { t } = context;
  const rules = createRules();
  const before = h('div', { class: 'tier-spacer tier-spacer-before', 'aria-hidden': 'true' });
  const after = h('div', { class: 'tier-spacer tier-spacer-after', 'aria-hidden': 'true' });
  const box = h('div', {
    class: 'tier-listbox',
    role: 'listbox',
    tabindex: '0',
    'aria-multiselectable': 'true',
    'aria-label': t('Layers of the model'),
    'aria-describedby': hintId,
    'data-focus': 'tier-list',
  });
  const none = h('p', { class: 'tier-none muted', hidden: true });
  const head = h('div', { class: 'tier-head', 'aria-hidden': 'true' });
  const element = h('div', { class: 'tier-list' }, head, box, none);
  const drawn = new Map<number, { readonly element: HTMLElement; readonly signature: string }>();
  const rowPx = rowHeight();

  const visible = (): { first: number; last: number } => {
    const first = Math.floor(box.scrollTop / rowPx);
    const count = Math.ceil(box.clientHeight / rowPx);
    return { first: Math.max(0, first), last: Math.min(state.shown.length, first + count) - 1 };
  };
  const follow = (): void => {
    const at = state.shown.indexOf(state.selection.active);
    if (at < 0) return;
    if (at * rowPx < box.scrollTop) box.scrollTop = at * rowPx;
    else if ((at + 1) * rowPx > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * rowPx - box.clientHeight;
  };
  const paintRows = (): void => {
    const { shown, selection } = state;
    const { first, last } = visible();
    const from = Math.max(0, first - overscan);
    const to = Math.min(shown.length, last + 1 + overscan);
    const scale = energyScale(state.rows);
    const wanted = new Set(shown.slice(from, to));
    for (const [index, row] of drawn) {
      if (wanted.has(index)) continue;
      row.element.remove();
      drawn.delete(index);
    }
    let previous: Element = before;
    for (let at = from; at < to; at++) {
      const row = state.rows[shown[at] ?? -1];
      if (row === undefined) continue;
      const look = { selected: selection.chosen.has(row.index), active: selection.active === row.index, at, of: shown.length };
      const signature = rowSignature(row, look, scale);
      const known = drawn.get(row.index);
      const next = known?.signature === signature ? known.element : rowElement(context, row, look, scale);
      if (next !== known?.element) {
        if (known === undefined) previous.after(next);
        else known.element.replaceWith(next);
        drawn.set(row.index, { element: next, signature });
      }
      if (previous.nextElementSibling !== next) previous.after(next);
      previous = next;
    }
    rules.set(
      `.tier-list{--tier-row:${rowPx}px}.tier-spacer-before{height:${from * rowPx}px}.tier-spacer-after{height:${Math.max(0, shown.length - to) * rowPx}px}`,
    );
    if (wanted.has(selection.active)) box.setAttribute('aria-activedescendant', `layer-${selection.active}`);
    else box.removeAttribute('aria-activedescendant');
  };

  fill(box, before, after);
  listen(box, 'scroll', () => {
    paintRows();
    onScroll();
  });
  new ResizeObserver(() => {
    paintRows();
    onScroll();
  }).observe(box);
  return {
    element,
    box,
    visible,
    pageSize: () => Math.max(1, Math.floor(box.clientHeight / rowPx) - 1),
    indexAt: (target) => Number(target?.closest<HTMLElement>('[data-index]')?.dataset['index'] ?? -1),
    paint: (options) => {
      const isEmpty = state.shown.length === 0;
      box.hidden = isEmpty;
      head.hidden = isEmpty;
      none.hidden = !isEmpty;
      if (isEmpty) fill(none, noneText(context, state));
      const scale = energyScale(state.rows);
      fill(head, ...listHeader(context, state.sort, scale?.kind ?? 'linear'));
      if (options?.follow === true) {
        // The spacers have to be as long as the list before it can be scrolled.
        paintRows();
        follow();
      }
      paintRows();
    },
  };
}

/** How the lengths of the bars are formed; undefined while no layer has a figure. */
export interface EnergyScale {
  readonly kind: ScaleKind;
  readonly place: (value: number) => number;
}

function energyScale(rows: readonly PlacedRow[]): EnergyScale | undefined {
  let [small, large, low, high] = [Infinity, 0, Infinity, 0];
  for (const { row } of rows) {
    if (row.energy === null || !(row.energy.value > 0)) continue;
    small = Math.min(small, row.energy.value);
    large = Math.max(large, row.energy.value);
    if (row.energy.low > 0) low = Math.min(low, row.energy.low);
    high = Math.max(high, row.energy.high);
  }
  if (large === 0) return undefined;
  // The two ends decide the scale, however many layers lie between.
  const ends = [
    { value: small, low, high: small },
    { value: large, low: large, high },
  ];
  return makeScale(ends, chooseScale(ends), 2);
}

function noneText(context: PageContext, state: TiersState): string {
  const { t } = context;
  if (state.unreadable !== null) return shortName(state.unreadable, 400);
  if (state.rows.length === 0) return t('The model has no layers with weights.');
  return t('No layer fits the filter {0}.', shortName(state.filter, 60));
}

/** Rows are as high as a line of the editor's lists, and grow with the font. */
function rowHeight(): number {
  const fontPx = Number.parseFloat(getComputedStyle(document.body).fontSize);
  return Math.max(22, Math.round((Number.isFinite(fontPx) ? fontPx : 13) * 1.7));
}
