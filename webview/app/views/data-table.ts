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
import type { Found } from './table-find.ts';
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
  /** Called when a row is opened by the user, and for rows that are open when they come into the document. */
  readonly onOpen?: (row: R) => void;
}

/** A sortable table of any length: only the rows in view and a few around them are in the document. */
export interface DataTable<R> {
  readonly element: HTMLElement;
  readonly update: (rows: readonly R[]) => void;
  /** Builds one row anew, by its id, where it is in the document; without an id all of them. */
  readonly refresh: (id?: string) => void;
  /** Scrolls to a row, marks it and puts the focus on it; false when it is not there. */
  readonly reveal: (id: string) => boolean;
  /** Looks for a text and goes to the first row with it at or below the window; an empty text ends the search. */
  readonly find: (text: string) => Found;
  /** Goes on to the next (1) or the previous (-1) row found. */
  readonly findNext: (step: 1 | -1) => Found;
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
    firstInView: () => virtual.firstInView(),
    show: (index) => virtual.show(index, 'centre'),
    render: () => virtual.render(),
  });
  const isLong = (): boolean => order.length > eagerRows;

  const paint = (): void => {
    const { sort } = store.get();
    const scrolledPx = window.scrollY;
    const column = columns.find((candidate) => candidate.key === sort?.column);
    order = sort === null || column === undefined ? rows : sortRows(rows, column, sort.direction);
    keepFocus(element, () => {
      fill(head, ...columns.map((candidate) => headCell(candidate, options, resort)));
      paintFoot();
      finder.renew();
      if (isLong()) fit();
      virtual.reset(order.length);
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
      keepFocus(element, () => virtual.rebuild(index));
    });
    if (!open) return [line];
    options.onOpen?.(row);
    const cell = h('td', { colspan: isLong() ? shownColumns(head) : columns.length }, ...options.details(row));
    return [line, h('tr', { class: 'detail-row' }, cell)];
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
    update: (next) => {
      rows = next;
      paint();
    },
    refresh: (id) => {
      if (id === undefined) return paint();
      const index = order.findIndex((row) => options.rowId(row) === id);
      if (index >= 0) keepFocus(element, () => virtual.rebuild(index));
    },
    reveal: (id) => {
      const index = order.findIndex((row) => options.rowId(row) === id);
      if (index < 0) return false;
      marked = id;
      for (const line of virtual.body.querySelectorAll('.row-marked')) line.classList.remove('row-marked');
      virtual.show(index, 'centre');
      active = index;
      const line = virtual.lineOf(index);
      line?.classList.add('row-marked');
      line?.querySelector<HTMLElement>('.row-head button:last-of-type')?.focus({ preventScroll: true });
      virtual.render();
      return true;
    },
    find: finder.find,
    findNext: finder.next,
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
