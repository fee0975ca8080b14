import type { CompoundRow } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { maxRows, movedTo, shownInput, shownToken, windowOf } from '../decisions.ts';
import { fill, h, hiddenText, icon, listen, svg } from '../dom.ts';
import { drawExit } from '../draw/exits.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import './decision-list.css';
import { sourceMark, sourceWord } from './figure.ts';

/** The stream as a list, the newest decision on top: only the rows in sight are in the document. */
export interface DecisionList {
  readonly element: HTMLElement;
  /** `end`: the end of what was read decides, not its beginning. `inspected`: number of the decision that is told beside the list. */
  readonly update: (rows: readonly CompoundRow[], end: boolean, inspected: number | null) => void;
}

const rowPx = 28;

/** `onChoose` is called with the number of the decision that was chosen by mouse or keyboard. */
export function createDecisionList(context: PageContext, onChoose: (index: number) => void): DecisionList {
  const { t } = context;
  const spacer = h('div', { class: 'decision-space', role: 'presentation' });
  const list = h(
    'div',
    { class: 'decision-list', role: 'listbox', tabindex: 0, 'aria-label': t('Decisions, the newest first'), 'data-focus': 'decisions' },
    spacer,
  );
  // Rules of a sheet of our own: the policy of the page has no style attributes.
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const makeRoom = (from: number): void => {
    sheet.replaceSync(`.decision-space { height: ${rows.length * rowPx}px; padding-top: ${from * rowPx}px; }`);
  };
  let rows: readonly CompoundRow[] = [];
  let isEnd = false;
  let chosen: number | null = null;

  const rowAt = (place: number): CompoundRow | undefined => rows[rows.length - 1 - place];
  const placeOf = (index: number | null): number => {
    const at = index === null ? -1 : rows.findLastIndex((row) => row.index === index);
    return at < 0 ? -1 : rows.length - 1 - at;
  };
  const paint = (): void => {
    const { from, to } = windowOf(rows.length, rowPx, list.scrollTop, list.clientHeight);
    makeRoom(from);
    const shown: HTMLElement[] = [];
    for (let place = from; place < to; place++) {
      const row = rowAt(place);
      if (row === undefined) continue;
      const element = rowElement(row, isEnd, row.index === chosen, context);
      element.setAttribute('aria-posinset', String(place + 1));
      element.setAttribute('aria-setsize', String(rows.length));
      shown.push(element);
    }
    fill(spacer, ...shown);
    const active = chosen !== null && shown.some((element) => element.id === rowId(chosen ?? -1)) ? rowId(chosen) : null;
    if (active === null) list.removeAttribute('aria-activedescendant');
    else list.setAttribute('aria-activedescendant', active);
  };
  const choose = (place: number): void => {
    const row = rowAt(place);
    if (row === undefined) return;
    chosen = row.index;
    const topPx = place * rowPx;
    if (topPx < list.scrollTop) list.scrollTop = topPx;
    else if (topPx + rowPx > list.scrollTop + list.clientHeight) list.scrollTop = topPx + rowPx - list.clientHeight;
    paint();
    onChoose(row.index);
  };
  listen(list, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.altKey || event.ctrlKey || event.metaKey) return;
    const perPage = Math.max(1, Math.floor(list.clientHeight / rowPx) - 1);
    const next = movedTo(placeOf(chosen), event.key, rows.length, perPage);
    if (next === null) return;
    event.preventDefault();
    choose(next);
  });
  listen(list, 'click', (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null;
    if (row !== null) choose(placeOf(Number(row.dataset['index'])));
  });
  listen(list, 'scroll', () => requestAnimationFrame(paint));
  new ResizeObserver(() => requestAnimationFrame(paint)).observe(list);

  return {
    element: h('div', { class: 'decision-block' }, headings(t), list),
    update: (next, end, inspected) => {
      const newest = rows.at(-1)?.index ?? -1;
      const isAnother = (next.at(-1)?.index ?? -1) < newest;
      // Who has scrolled down to read stays where the text is, although the list grows at its top.
      const grown = isAnother ? 0 : next.length === 0 ? 0 : next.filter((row) => row.index > newest).length;
      const keepPx = list.scrollTop > rowPx && grown > 0 ? grown * rowPx : 0;
      rows = next;
      isEnd = end;
      if (isAnother || chosen === null) chosen = inspected;
      // Room first: a list cannot scroll beyond what it has.
      makeRoom(0);
      if (keepPx > 0) list.scrollTop += keepPx;
      paint();
    },
  };
}

/** The line below the list that says how much of the stream it holds; null when it holds all. */
export function listRest(count: number, t: Translate): HTMLElement | null {
  if (count <= maxRows) return null;
  return h('p', { class: 'muted' }, t('The newest of {0} decisions; the log has them all.', count.toLocaleString('en-US')));
}

/** The word for what the cache knew. */
export function cacheWord(t: Translate, cache: CompoundRow['cache']): string {
  return { hit: t('cached'), prefix: t('partly cached'), miss: t('not cached'), off: t('no cache') }[cache];
}

/** The same where there is little room. */
function shortCacheWord(t: Translate, cache: CompoundRow['cache']): string {
  return { hit: t('cached'), prefix: t('partly'), miss: t('new'), off: '\u2013' }[cache];
}

/** The word for an exit. */
export function exitWord(t: Translate, exit: CompoundRow['exit']): string {
  return exit === 'lower' ? t('lower') : t('upper');
}

/** Right or wrong as sign and word; nothing without a label. */
export function verdict(t: Translate, correct: boolean | null): HTMLElement | null {
  if (correct === null) return null;
  return h(
    'span',
    { class: 'verdict', title: correct ? t('right') : t('wrong') },
    icon(correct ? 'check' : 'close', correct ? 'severity-good' : 'severity-error'),
    hiddenText(correct ? t('right') : t('wrong')),
  );
}

function headings(t: Translate): HTMLElement {
  const cell = (name: string, text: string): HTMLElement => h('span', { class: `cell-${name}` }, text);
  return h(
    'div',
    { class: 'decision-row decision-heads', 'aria-hidden': 'true' },
    cell('index', t('No.')),
    cell('input', t('Read')),
    cell('prediction', t('Decision')),
    cell('exit', t('Exit')),
    cell('cache', t('Cache')),
    cell('confidence', t('Sure')),
    cell('energy', t('Energy')),
  );
}

function rowElement(row: CompoundRow, end: boolean, selected: boolean, { t }: PageContext): HTMLElement {
  const input = shownInput(row.input, end);
  const prediction = shownToken(row.prediction);
  const right = row.correct === null ? '' : row.correct ? `, ${t('right')}` : `, ${t('wrong')}`;
  const spoken = t(
    'decision {0}: {1}{2}, exit {3}, {4}, {5} sure, {6} {7}; read {8}',
    row.index,
    prediction,
    right,
    exitWord(t, row.exit),
    cacheWord(t, row.cache),
    row.confidence,
    row.energy,
    sourceWord(t, row.source),
    input,
  );
  return h(
    'div',
    {
      class: `decision-row${selected ? ' selected' : ''}`,
      role: 'option',
      id: rowId(row.index),
      'aria-selected': String(selected),
      'aria-label': spoken,
      'data-index': row.index,
    },
    // The row has its words in its name, which says more than its cells: those are for the eye alone.
    h('span', { 'aria-hidden': 'true', class: 'cell-index num' }, String(row.index)),
    h(
      'span',
      { 'aria-hidden': 'true', class: `cell-input${end ? ' from-end' : ''}`, title: shortName(row.input, 400) },
      h('bdi', {}, input),
    ),
    h('span', { 'aria-hidden': 'true', class: 'cell-prediction' }, h('code', { class: 'token' }, prediction), verdict(t, row.correct)),
    h('span', { 'aria-hidden': 'true', class: 'cell-exit' }, svg(drawExit(row.exit)), exitWord(t, row.exit)),
    h('span', { 'aria-hidden': 'true', class: 'cell-cache' }, shortCacheWord(t, row.cache)),
    h('span', { 'aria-hidden': 'true', class: 'cell-confidence num' }, row.confidence),
    h('span', { 'aria-hidden': 'true', class: 'cell-energy num' }, h('span', {}, row.energy), sourceMark(t, row.source)),
  );
}

const rowId = (index: number): string => `decision-${index}`;
