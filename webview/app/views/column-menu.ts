import type { PageContext } from '../context.ts';
import { h, listen } from '../dom.ts';
import type { UiState } from '../state.ts';

/** A column that may be left out. */
export interface ColumnChoice {
  readonly key: string;
  readonly label: string;
  readonly isDefault: boolean;
}

/** Whether a column is shown: as the user said, else as it comes. */
export function isColumnShown(state: UiState, column: ColumnChoice): boolean {
  if (state.columns?.includes(`+${column.key}`) === true) return true;
  if (state.columns?.includes(`-${column.key}`) === true) return false;
  return column.isDefault;
}

/** A menu of check boxes, one for each column; the choice is remembered. */
export function columnMenu(columns: readonly ColumnChoice[], context: PageContext, changed: () => void): HTMLElement {
  const { t, store } = context;
  const boxes = columns.map((column) => {
    const box = h('input', { type: 'checkbox', 'data-focus': `column:${column.key}` });
    box.checked = isColumnShown(store.get(), column);
    listen(box, 'change', () => {
      const others = (store.get().columns ?? []).filter((entry) => entry.slice(1) !== column.key);
      store.set({ columns: [...others, `${box.checked ? '+' : '-'}${column.key}`] });
      changed();
    });
    return h('label', { class: 'check' }, box, column.label);
  });
  const menu = h(
    'details',
    { class: 'column-menu' },
    h('summary', { 'data-focus': 'columns' }, t('Columns')),
    h(
      'fieldset',
      { class: 'column-list' },
      h('legend', { class: 'visually-hidden' }, t('Columns of the table')),
      ...boxes,
      h('p', { class: 'muted' }, t('Columns that do not fit stand in the details of a row.')),
    ),
  );
  document.addEventListener('pointerdown', (event) => {
    if (menu.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  return listen(menu, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== 'Escape' || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}
