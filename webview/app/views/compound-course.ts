import type { CompoundPoint, CompoundView, JoulesView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen, svg } from '../dom.ts';
import { axisJoules, joulesBand, joulesText } from '../draw/joules.ts';
import { drawPlots, type Series } from '../draw/plots.ts';
import { chooseScale, makeScale } from '../draw/scale.ts';
import { toggled } from '../state.ts';
import type { Translate } from '../strings.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './compound-course.css';
import './evidence.css';
import { sourceLegend, sourceMark } from './figure.ts';
import './layer-chart.css';
import { markShape } from './learning-curves.ts';
import './learning-curves.css';
import { createOptionField } from './option-field.ts';

/** The lines of energy, in the order of their key. */
const sums = ['compound', 'alwaysLower', 'alwaysUpper', 'retraining'] as const;
type Sum = (typeof sums)[number];
/** Rows of the table; more of them say no more. */
const maxTableRows = 40;

/** What the lines of energy are called. */
export function sumWord(t: Translate, sum: Sum): string {
  return { compound: t('this run'), alwaysLower: t('always lower'), alwaysUpper: t('always upper'), retraining: t('retraining') }[sum];
}

/** The course of a stream as two pictures on one axis, with a table that says the same. Redraws itself when its width changes. */
export interface CompoundCourse {
  readonly element: HTMLElement;
  readonly update: (view: CompoundView) => void;
}

export function createCompoundCourse(context: PageContext): CompoundCourse {
  const { t, store } = context;
  const drawing = h('div', { class: 'chart-drawing' });
  const table = h('div');
  const summary = h('summary', { 'data-focus': 'course-table' }, t('The course as a table'));
  const details = h('details', { class: 'disclosure', open: store.get().open.includes('course-table') }, summary, table);
  const scale = createOptionField<'auto' | 'linear' | 'log'>(
    'scale',
    t('Scale of energy'),
    [
      ['auto', t('automatic')],
      ['linear', t('linear')],
      ['log', t('logarithmic')],
    ],
    (value) => {
      store.set({ scale: value });
      draw();
    },
  );
  scale.set(store.get().scale);
  let view: CompoundView | undefined;

  const draw = (): void => {
    const widthPx = Math.floor(drawing.clientWidth);
    if (view === undefined || widthPx === 0) return;
    if (view.points.length === 0) return fill(drawing, h('p', { class: 'muted' }, t('The curves begin with the first batch.')));
    fill(drawing, svg(courseShape(view, widthPx, store.get().scale, measureIn(drawing), t)));
  };
  const drawTable = (): void => {
    if (view !== undefined && details.open) fill(table, courseTable(view.points, t));
  };
  listen(details, 'toggle', () => {
    store.set({ open: toggled(store.get().open, 'course-table', details.open) });
    drawTable();
  });
  observeWidth(drawing, draw);
  return {
    element: h('figure', { class: 'chart' }, h('div', { class: 'course-head' }, scale.element), drawing, key(t), details),
    update: (next) => {
      view = next;
      draw();
      drawTable();
    },
  };
}

function courseShape(
  view: CompoundView,
  widthPx: number,
  wanted: 'auto' | 'linear' | 'log',
  measure: (text: string) => number,
  t: Translate,
): ReturnType<typeof drawPlots> {
  const { points } = view;
  const isWide = widthPx >= 560;
  const last = points.at(-1)?.decisions ?? 0;
  const ends = sums.map((sum) => points.at(-1)?.[sum]).filter((one) => one !== undefined);
  const kind = wanted === 'auto' ? chooseScale(ends) : wanted;
  // Only this run has its band in the picture; those of the others stand in the table.
  const energies = points.flatMap((point) =>
    sums.map((sum) => (sum === 'compound' ? point[sum] : { value: point[sum].value, low: point[sum].value, high: point[sum].value })),
  );
  const share = (name: string, label: string, value: (point: CompoundPoint) => number | null): Series => ({
    name,
    label,
    values: points.map(value),
  });
  const hasHits = points.some((point) => point.hitRate !== null);
  return drawPlots({
    xs: points.map((point) => point.decisions),
    widthPx,
    measure,
    endLabels: isWide,
    ariaLabel: ariaText(view, t),
    plots: [
      {
        label: t('Running shares'),
        heightPx: 132,
        scale: makeScale([{ value: 1, low: 1, high: 1 }], 'linear', 5),
        tick: (value) => `${Math.round(value * 100)} %`,
        series: [
          ...(hasHits ? [share('hits', t('cached'), (point) => point.hitRate)] : []),
          share('escalated', t('escalated'), (point) => point.escalated),
          share('quality', t('right'), (point) => point.accuracy),
        ],
      },
      {
        label: kind === 'log' ? t('Energy so far, on a logarithmic scale') : t('Energy so far'),
        heightPx: 180,
        scale: makeScale(kind === 'log' ? energies.filter(({ value }) => value > 0) : energies, kind, 5),
        tick: axisJoules,
        series: sums.toReversed().map((sum) => ({
          name: sum,
          label: sumWord(t, sum),
          values: points.map((point) => (kind === 'log' && point[sum].value <= 0 ? null : point[sum].value)),
          ...(sum === 'compound' ? { band: points.map((point) => point.compound) } : {}),
        })),
      },
    ],
    marks: points.flatMap(({ decisions, learned }) => (learned === 'skip' ? [] : [{ x: decisions, kind: learned }])),
    xTicks: [{ x: last, text: t('{0} decisions', last.toLocaleString('en-US')) }],
  });
}

function ariaText({ decisionCount, totals }: CompoundView, t: Translate): string {
  const text = (figure: { readonly text: string } | null): string => figure?.text ?? '0 J';
  return t(
    'Course over {0} decisions: {1} right, {2} escalated; {3} spent, {4} by always deciding below, {5} by always deciding above, {6} by retraining. The table below has the same figures.',
    decisionCount,
    totals.accuracy,
    totals.escalated,
    text(totals.sums.compound),
    text(totals.sums.alwaysLower),
    text(totals.sums.alwaysUpper),
    text(totals.sums.retraining),
  );
}

function key(t: Translate): HTMLElement {
  const item = (name: string, text: string): HTMLElement =>
    h(
      'span',
      { class: 'swatch-item' },
      svg({
        tag: 'svg',
        attributes: { class: 'curves', width: 28, height: 12, viewBox: '0 0 28 12', 'aria-hidden': 'true' },
        children: [{ tag: 'path', attributes: { class: `curve curve-${name}`, d: 'M0 6H28' } }],
      }),
      text,
    );
  return h(
    'p',
    { class: 'legend' },
    item('quality', t('right')),
    item('escalated', t('escalated')),
    item('hits', t('cached')),
    ...sums.map((sum) => item(sum, sumWord(t, sum))),
    h('span', { class: 'swatch-item' }, svg(markShape('update')), t('learned')),
    h('span', { class: 'swatch-item' }, svg(markShape('refit')), t('refitted')),
    h('span', { class: 'swatch-item' }, svg(markShape('restored')), t('taken back')),
  );
}

function courseTable(points: readonly CompoundPoint[], t: Translate): HTMLElement {
  const stride = Math.max(1, Math.ceil(points.length / maxTableRows));
  const rows = points.filter((_, i) => (points.length - 1 - i) % stride === 0);
  const percent = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);
  const energy = (figure: JoulesView): HTMLElement =>
    h(
      'td',
      { class: 'num' },
      h('span', { class: 'figure-line' }, h('span', { class: 'figure-value' }, joulesText(figure.value)), sourceMark(t, figure.source)),
      h('span', { class: 'figure-band' }, joulesBand(t, figure)),
    );
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('The course as a table') },
    h(
      'table',
      { class: 'small-table' },
      h('caption', { class: 'visually-hidden' }, t('Running shares and energy so far')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...[t('Decisions'), t('Right'), t('Escalated'), t('Cached'), ...sums.map((sum) => sumWord(t, sum))].map((text) =>
            h('th', { scope: 'col', class: 'num' }, text),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((point) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row', class: 'num' }, point.decisions.toLocaleString('en-US')),
            h('td', { class: 'num' }, percent(point.accuracy)),
            h('td', { class: 'num' }, percent(point.escalated)),
            h('td', { class: 'num' }, percent(point.hitRate)),
            ...sums.map((sum) => energy(point[sum])),
          ),
        ),
      ),
    ),
    sourceLegend(t, new Set(rows.flatMap((point) => sums.map((sum) => point[sum].source)))),
  );
}
