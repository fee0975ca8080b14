import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { fill, h, icon, listen } from '../dom.ts';
import { toggled } from '../state.ts';
import { shortName } from '../text.ts';
import { keepFocus } from '../slot.ts';
import { fitColumns, shownColumns } from './column-widths.ts';
import type { Direction } from './sort.ts';
import { sortRows } from './sort.ts';
import { listenToKeys, setTabStop } from './table-keys.ts';
import { createFinder } from './table-find.ts';
import type { Finding, Found } from './table-find.ts';
import { createVirtualRows, eagerRows } from './virtual-rows.ts';
import './data-table.css';

/** A column: `rank` 1 is always there, 2 to 6 need 400, 560, 700, 960 and 1180 px; what is left out stands in the row's details. `sortBy` null sorts last in both directions. */
export interface Column<R> {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  readonly numeric: boolean;
  readonly rank: 1 | 2 | 3 | 4 | 5 | 6;
  readonly sortBy: (row: R) => number | string | null;
  readonly cell: (row: R) => readonly Child[];
}

/** `rowId` names a row (also for people); `details` builds what opens below it. The first column is the row's header. */
export interface TableOptions<R> {
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rowId: (row: R) => string;
  readonly details: (row: R) => readonly Child[];
  readonly context: PageContext;
  /** Cells of a last row that stays in view, by the key of their column; none for an empty answer. */
  readonly footer?: () => ReadonlyMap<string, readonly Child[]>;
  /** What *find* looks through, as it is shown. Default: the row's id. */
  readonly findIn?: (row: R) => string;
  /** The row that is marked from the start, by its id. */
  readonly marked?: string | null;
  /** A search that an earlier table had begun, and who is told when the rows make it come to something else. */
  readonly finding?: Finding | null;
  readonly onFound?: (found: Found) => void;
  /** Called when a row is opened by the user, and for rows that are open when they come into the document. */
  readonly onOpen?: (row: R) => void;
}

/** A sortable table of any length: only the rows in view and a few around them are in the document. */
export interface DataTable<R> {
  readonly element: HTMLElement;
  /** Shows other rows. `focused`: the row that had the focus in an earlier table, to be there for it wherever it stands. */
  readonly update: (rows: readonly R[], focused?: string) => void;
  /** The row that has the focus, by its id. */
  readonly focused: () => string | undefined;
  /** Builds one row anew, by its id, where it is in the document; without an id all of them. */
  readonly refresh: (id?: string) => void;
  /** Scrolls to a row, marks it and puts the focus on it; false when it is not there. */
  readonly reveal: (id: string) => boolean;
  /** Looks for a text and goes to the first row with it at or below the window; an empty text ends the search. */
  readonly find: (text: string) => Found;
  /** Goes on to the next (1) or the previous (-1) row found. */
  readonly findNext: (step: 1 | -1) => Found;
  /** The search that runs; null without one. */
  readonly finding: () => Finding | null;
  /** Puts the focus on the row found last; false without one. */
  readonly focusFound: () => boolean;
}

export function createTable<R>(options: TableOptions<R>): DataTable<R> {
  const { context, columns } = options;
  const { t, store } = context;
  let rows: readonly R[] = [];
  let order: readonly R[] = [];
  let marked = options.marked ?? null;
  let active = 0;
  const head = h('tr', { 'aria-rowindex': 1 });
  const foot = h('tfoot');
  const virtual = createVirtualRows({
    build: (index) => rowElements(order[index]!, index),
    columns: () => shownColumns(head),
    onRendered: (firstInView, lines) => {
      finder.mark(lines);
      if (order.length > eagerRows) setTabStop(lines, lines.has(active) ? active : firstInView);
    },
  });
  const table = h(
    'table',
    { class: 'data-table' },
    h('caption', { class: 'visually-hidden' }, options.caption),
    h('thead', {}, head),
    virtual.body,
    foot,
  );
  const element = h('div', { class: 'table-block' }, table);
  const finder = createFinder({
    rows: () => order,
    textOf: options.findIn ?? options.rowId,
    idOf: options.rowId,
    finding: options.finding ?? null,
    onChanged: (found) => options.onFound?.(found),
    firstInView: () => virtual.firstInView(),
    show: (index) => {
      // Tab goes on from here.
      active = index;
      virtual.show(index, 'centre');
    },
    render: () => virtual.render(),
  });
  const isLong = (): boolean => order.length > eagerRows;

  const focusedId = (): string | undefined => {
    const { activeElement } = document;
    const index = activeElement === null ? undefined : virtual.indexOf(activeElement);
    const row = index === undefined ? undefined : order[index];
    return row === undefined ? undefined : options.rowId(row);
  };
  const paint = (focused = focusedId()): void => {
    const { sort } = store.get();
    const scrolledPx = window.scrollY;
    const column = columns.find((candidate) => candidate.key === sort?.column);
    order = sort === null || column === undefined ? rows : sortRows(rows, column, sort.direction);
    const held = focused === undefined ? -1 : order.findIndex((row) => options.rowId(row) === focused);
    if (held >= 0) active = held;
    keepFocus(element, () => {
      fill(head, ...columns.map((candidate) => headCell(candidate, options, resort)));
      paintFoot();
      finder.renew();
      if (isLong()) fit();
      virtual.reset(order.length, held);
      if (!isLong()) fit();
      // Without its rows the page was too short for the place where it stood.
      if (isLong() && window.scrollY !== scrolledPx) window.scrollTo({ top: scrolledPx, behavior: 'instant' });
    });
    if (isLong()) table.setAttribute('aria-rowcount', String(order.length + 1 + foot.children.length));
    else table.removeAttribute('aria-rowcount');
  };
  const paintFoot = (): void => {
    const cells = options.footer?.();
    if (cells === undefined || cells.size === 0) return fill(foot);
    const cell = (column: Column<R>, at: number): HTMLElement =>
      h(at === 0 ? 'th' : 'td', { class: cellClass(column), ...(at === 0 ? { scope: 'row' } : {}) }, ...(cells.get(column.key) ?? []));
    fill(foot, h('tr', isLong() ? { 'aria-rowindex': order.length + 2 } : {}, ...columns.map(cell)));
  };
  /** Columns of a long table keep the width that its widest rows need, or they would move with every row that comes into view. */
  const fit = (): void =>
    fitColumns(element, table, head, isLong() ? (index) => rowElements(order[index]!, index, true) : null, order.length);
  let widthPx = 0;
  new ResizeObserver(() => {
    if (!element.isConnected || element.clientWidth === widthPx) return;
    widthPx = element.clientWidth;
    fit();
    virtual.render();
  }).observe(element);

  const resort = (column: Column<R>): void => {
    const next = nextSort(column, store.get().sort);
    store.set({ sort: next });
    paint();
    context.announce(
      next === null
        ? t('Order of the model')
        : t('Sorted by {0}, {1}', column.label, next.direction === 'ascending' ? t('ascending') : t('descending')),
    );
  };

  const rowElements = (row: R, index: number, isSample = false): HTMLElement[] => {
    const id = options.rowId(row);
    const [first, ...rest] = columns;
    if (first === undefined) return [];
    const open = !isSample && store.get().expanded.includes(id);
    const toggle = h(
      'button',
      {
        type: 'button',
        class: 'row-toggle',
        'aria-expanded': String(open),
        'aria-label': t('Details of {0}', shortName(id)),
        'data-focus': `toggle:${id}`,
      },
      icon(open ? 'chevron-down' : 'chevron-right'),
    );
    const line = h(
      'tr',
      { ...(isLong() ? { 'aria-rowindex': index + 2 } : {}), ...(marked === id ? { class: 'row-marked' } : {}) },
      h('th', { scope: 'row', class: cellClass(first) }, h('div', { class: 'row-head' }, toggle, ...first.cell(row))),
      ...rest.map((column) => h('td', { class: cellClass(column) }, ...column.cell(row))),
    );
    if (isSample) return [line];
    listen(toggle, 'click', () => {
      const now = !store.get().expanded.includes(id);
      store.set({ expanded: toggled(store.get().expanded, id, now) });
      rebuild(index);
    });
    if (!open) return [line];
    options.onOpen?.(row);
    const cell = h('td', { colspan: isLong() ? shownColumns(head) : columns.length }, ...options.details(row));
    return [line, h('tr', { class: 'detail-row' }, cell)];
  };

  /** Builds a row anew. What had the focus in its details may be gone then: the row itself takes it, or the keys would start at the top. */
  const rebuild = (index: number): void => {
    const { activeElement } = document;
    const isInside = activeElement !== null && virtual.indexOf(activeElement) === index;
    keepFocus(element, () => virtual.rebuild(index));
    if (isInside && !element.contains(document.activeElement))
      virtual.lineOf(index)?.querySelector<HTMLElement>('.row-toggle')?.focus({ preventScroll: true });
  };
  const focusLine = (index: number): void => {
    active = index;
    virtual.lineOf(index)?.querySelector<HTMLElement>('.row-head button:last-of-type')?.focus({ preventScroll: true });
    virtual.render();
  };

  listenToKeys(virtual, {
    count: () => order.length,
    goTo: (index, control) => {
      active = index;
      virtual.show(index);
      const line = virtual.lineOf(index);
      const controls = line?.querySelectorAll<HTMLElement>('th button, td button') ?? [];
      (controls[control] ?? controls[0])?.focus({ preventScroll: true });
      virtual.render();
    },
    onFocus: (index) => {
      active = index;
      if (isLong()) virtual.render();
    },
  });

  return {
    element,
    update: (next, focused) => {
      rows = next;
      paint(focused);
    },
    focused: focusedId,
    refresh: (id) => {
      if (id === undefined) return paint();
      const index = order.findIndex((row) => options.rowId(row) === id);
      if (index >= 0) rebuild(index);
    },
    reveal: (id) => {
      const index = order.findIndex((row) => options.rowId(row) === id);
      if (index < 0) return false;
      marked = id;
      for (const line of virtual.body.querySelectorAll('.row-marked')) line.classList.remove('row-marked');
      virtual.show(index, 'centre');
      virtual.lineOf(index)?.classList.add('row-marked');
      focusLine(index);
      return true;
    },
    find: finder.find,
    findNext: finder.next,
    finding: finder.finding,
    focusFound: () => {
      const index = finder.current();
      if (index === undefined) return false;
      virtual.show(index, 'centre');
      focusLine(index);
      return true;
    },
  };
}

/** Numbers begin with the largest, names with the first; the third press returns to the order of the model. */
function nextSort<R>(
  column: Column<R>,
  current: { readonly column: string; readonly direction: Direction } | null,
): { column: string; direction: Direction } | null {
  const [first, second]: readonly Direction[] = column.numeric ? ['descending', 'ascending'] : ['ascending', 'descending'];
  if (current?.column !== column.key) return { column: column.key, direction: first ?? 'ascending' };
  return current.direction === first ? { column: column.key, direction: second ?? 'descending' } : null;
}

function headCell<R>(column: Column<R>, options: TableOptions<R>, resort: (column: Column<R>) => void): HTMLElement {
  const { sort } = options.context.store.get();
  const direction = sort?.column === column.key ? sort.direction : null;
  const arrow = direction === null ? 'arrow-both' : direction === 'ascending' ? 'arrow-up' : 'arrow-down';
  const button = h(
    'button',
    { type: 'button', class: 'sort-button', title: column.hint, 'data-focus': `sort:${column.key}` },
    h('span', {}, column.label),
    icon(arrow === 'arrow-both' ? 'blank' : arrow, 'sort-icon'),
  );
  listen(button, 'click', () => resort(column));
  return h('th', { scope: 'col', class: cellClass(column), 'aria-sort': direction ?? 'none' }, button);
}

function cellClass<R>(column: Column<R>): string {
  return `rank-${column.rank} col-${column.key}${column.numeric ? ' num' : ''}`;
}
