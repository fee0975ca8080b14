import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { fill, h, icon, listen } from '../dom.ts';
import { toggled } from '../state.ts';
import { shortName } from '../text.ts';
import { keepFocus } from '../slot.ts';
import type { Direction } from './sort.ts';
import { sortRows } from './sort.ts';
import './data-table.css';

/** A column: `rank` 1 is always there, 2 to 5 need 400, 560, 700 and 960 px; what is left out stands in the row's details. `sortBy` null sorts last in both directions. */
export interface Column<R> {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  readonly numeric: boolean;
  readonly rank: 1 | 2 | 3 | 4 | 5;
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
}

/** A sortable table that builds its rows in chunks, so that thousands of rows cost no more than one screenful. */
export interface DataTable<R> {
  readonly element: HTMLElement;
  readonly update: (rows: readonly R[]) => void;
}

/** Rows built at first and with each "show more". */
export const chunkSize = 200;

export function createTable<R>(options: TableOptions<R>): DataTable<R> {
  const { context, columns } = options;
  const { t, store } = context;
  let rows: readonly R[] = [];
  let shown = chunkSize;
  const body = h('tbody');
  const head = h('tr');
  const more = h('button', { type: 'button', class: 'link show-more', hidden: true, 'data-focus': 'show-more' });
  const table = h(
    'table',
    { class: 'data-table' },
    h('caption', { class: 'visually-hidden' }, options.caption),
    h('thead', {}, head),
    body,
  );
  const element = h('div', { class: 'table-block' }, table, more);

  const sorted = (): readonly R[] => {
    const { sort } = store.get();
    const column = columns.find((candidate) => candidate.key === sort?.column);
    return sort === null || column === undefined ? rows : sortRows(rows, column, sort.direction);
  };
  const paint = (): void => {
    const all = sorted();
    keepFocus(element, () => {
      fill(head, ...columns.map((column) => headCell(column, options, resort)));
      fill(body, ...all.slice(0, shown).flatMap((row) => rowElements(row, options)));
    });
    paintMore(all.length);
  };
  const paintMore = (total: number): void => {
    more.hidden = shown >= total;
    if (!more.hidden) fill(more, t('Show {0} more of {1}', Math.min(chunkSize, total - shown), total));
  };
  const resort = (column: Column<R>): void => {
    const next = nextSort(column, store.get().sort);
    store.set({ sort: next });
    shown = chunkSize;
    paint();
    context.announce(
      next === null
        ? t('Order of the model')
        : t('Sorted by {0}, {1}', column.label, next.direction === 'ascending' ? t('ascending') : t('descending')),
    );
  };
  listen(more, 'click', () => {
    const all = sorted();
    body.append(...all.slice(shown, shown + chunkSize).flatMap((row) => rowElements(row, options)));
    shown += chunkSize;
    paintMore(all.length);
    context.announce(t('{0} of {1} layers shown', Math.min(shown, all.length), all.length));
  });

  return {
    element,
    update: (next) => {
      rows = next;
      shown = chunkSize;
      paint();
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

function rowElements<R>(row: R, options: TableOptions<R>): HTMLElement[] {
  const { context, columns } = options;
  const { t, store } = context;
  const id = options.rowId(row);
  const [first, ...rest] = columns;
  if (first === undefined) return [];
  const open = store.get().expanded.includes(id);
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
    {},
    h('th', { scope: 'row', class: cellClass(first) }, h('div', { class: 'row-head' }, toggle, ...first.cell(row))),
    ...rest.map((column) => h('td', { class: cellClass(column) }, ...column.cell(row))),
  );
  const detailRow = (): HTMLElement => h('tr', { class: 'detail-row' }, h('td', { colspan: columns.length }, ...options.details(row)));
  listen(toggle, 'click', () => {
    const nowOpen = toggle.getAttribute('aria-expanded') !== 'true';
    toggle.setAttribute('aria-expanded', String(nowOpen));
    fill(toggle, icon(nowOpen ? 'chevron-down' : 'chevron-right'));
    if (nowOpen) line.after(detailRow());
    else if (line.nextElementSibling?.classList.contains('detail-row') === true) line.nextElementSibling.remove();
    store.set({ expanded: toggled(store.get().expanded, id, nowOpen) });
  });
  return open ? [line, detailRow()] : [line];
}

function cellClass<R>(column: Column<R>): string {
  return `rank-${column.rank} col-${column.key}${column.numeric ? ' num' : ''}`;
}
