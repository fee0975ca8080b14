import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { fill, h, listen, svg } from '../dom.ts';
import type { Shape } from '../draw/shape.ts';
import { keepFocus } from '../slot.ts';
import { toggled } from '../state.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './layer-chart.css';

/** What a chart shows now: a drawing for a width, and the same figures as a table. */
export interface ChartContent {
  /** Null: there is nothing to draw, and `none` says why. */
  readonly draw: ((widthPx: number, measure: (text: string) => number) => Shape) | null;
  readonly none: string;
  readonly table: () => HTMLElement;
  readonly caption: string;
  /** Below the table instead of `caption`, which may tell of the drawing. Default: the same. */
  readonly tableCaption?: string;
  readonly legend: readonly Child[];
}

/** A figure with a drawing and its table twin; which of the two is shown is remembered. */
export interface ChartFrame {
  readonly element: HTMLElement;
  readonly show: (content: ChartContent) => void;
}

/** `name` remembers the choice; `controls` stand before the switch to the table. */
export function createChartFrame(context: PageContext, name: string, controls: readonly Child[]): ChartFrame {
  const { t, store } = context;
  const key = `table:${name}`;
  let shown: ChartContent | undefined;
  const drawing = h('div', { class: 'chart-drawing' });
  const table = h('div', { class: 'chart-table' });
  const caption = h('figcaption', { class: 'chart-caption muted' });
  const legend = h('p', { class: 'legend' });
  const asTable = h('input', { type: 'checkbox', 'data-focus': `as-table:${name}` });
  asTable.checked = store.get().open.includes(key);

  const paint = (): void => {
    if (shown === undefined) return;
    const { draw } = shown;
    const isTable = asTable.checked && draw !== null;
    drawing.hidden = isTable;
    table.hidden = !isTable;
    if (isTable) {
      const build = shown.table;
      keepFocus(table, () => fill(table, build()));
    } else {
      fill(table);
      const widthPx = Math.floor(drawing.clientWidth);
      if (draw === null) fill(drawing, h('p', { class: 'muted chart-none' }, shown.none));
      else if (widthPx > 0) keepFocus(drawing, () => fill(drawing, svg(draw(widthPx, measureIn(drawing)))));
    }
    const words = isTable ? (shown.tableCaption ?? shown.caption) : shown.caption;
    fill(caption, words);
    caption.hidden = words === '';
    fill(legend, ...(isTable ? [] : shown.legend));
    legend.hidden = isTable || shown.legend.length === 0;
  };
  listen(asTable, 'change', () => {
    store.set({ open: toggled(store.get().open, key, asTable.checked) });
    paint();
    context.announce(asTable.checked ? t('Shown as a table') : t('Shown as a chart'));
  });
  listen(drawing, 'keydown', (event) => {
    if (event instanceof KeyboardEvent) moveBetweenBars(drawing, event);
  });
  observeWidth(drawing, paint);
  return {
    element: h(
      'div',
      { class: 'chart-frame' },
      h('div', { class: 'chart-controls' }, ...controls, h('label', { class: 'check' }, asTable, t('As a table'))),
      h('figure', { class: 'chart' }, drawing, table, legend, caption),
    ),
    show: (content) => {
      shown = content;
      paint();
    },
  };
}

/** Arrows, Home and End move between the bars, of which one is in the order of Tab; Enter and Space press the one in focus. */
export function moveBetweenBars(drawing: HTMLElement, event: KeyboardEvent): void {
  const bars = [...drawing.querySelectorAll<SVGElement>('[data-figure]')];
  const at = bars.findIndex((bar) => bar === document.activeElement);
  const current = bars[at];
  if (current === undefined) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    current.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    return;
  }
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: bars.length - 1,
  };
  const next = bars[targets[event.key] ?? -1];
  if (!(event.key in targets)) return;
  event.preventDefault();
  if (next === undefined) return;
  for (const bar of bars) bar.setAttribute('tabindex', bar === next ? '0' : '-1');
  next.focus();
}

/** A row of a twin: its head, and cells for the columns after the first. */
export interface TwinRow {
  readonly head: string;
  readonly cells: readonly (readonly Child[])[];
}

/** The figures of a chart as a table. */
export function twinTable(caption: string, columns: readonly string[], rows: readonly TwinRow[]): HTMLElement {
  const [first = '', ...rest] = columns;
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h(
      'table',
      { class: 'small-table twin-table' },
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, first), ...rest.map((label) => h('th', { scope: 'col', class: 'num' }, label)))),
      h(
        'tbody',
        {},
        ...rows.map(({ head, cells }) =>
          h('tr', {}, h('th', { scope: 'row' }, head), ...cells.map((cell) => h('td', { class: 'num' }, ...cell))),
        ),
      ),
    ),
  );
}
