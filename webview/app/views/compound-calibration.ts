import type { CompoundView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, icon, listen, svg } from '../dom.ts';
import { axisJoules } from '../draw/joules.ts';
import { drawPlots } from '../draw/plots.ts';
import { makeScale } from '../draw/scale.ts';
import { toggled } from '../state.ts';
import type { Translate } from '../strings.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './compound-course.css';
import './evidence.css';
import { figureCell, sourceLegend } from './figure.ts';
import './layer-chart.css';
import './learning-curves.css';

type Calibration = NonNullable<CompoundView['result']>['calibration'];

/** Rows of the table; a curve of more has its chosen point and evenly the others. */
const maxTableRows = 40;

/** How sure is sure enough: accuracy, escalation and joules over the threshold, on the rows that calibrate, as picture and table. */
export function calibrationSection(calibration: Calibration, context: PageContext): HTMLElement {
  const { t, store } = context;
  const drawing = h('div', { class: 'chart-drawing' });
  const curve = calibration.curve.toSorted((a, b) => a.threshold - b.threshold);
  if (curve.length > 0)
    observeWidth(drawing, () => {
      const widthPx = Math.floor(drawing.clientWidth);
      if (widthPx > 0) fill(drawing, svg(thresholdShape(calibration, curve, widthPx, measureIn(drawing), t)));
    });
  const key = 'thresholds';
  const details = h(
    'details',
    { class: 'disclosure', open: store.get().open.includes(key) },
    h('summary', { 'data-focus': key }, t('All thresholds as a table ({0})', curve.length)),
    thresholdTable(curve, t),
  );
  listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, key, details.open) }));
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'calibration-heading' },
    h('h2', { id: 'calibration-heading' }, t('When the upper module is asked')),
    h(
      'p',
      {},
      t(
        'Calibrated before the stream, a decision is {0}. On the {1} rows of that, confidences are off by {2}, {3} before their temperature became {4}.',
        calibration.thresholdText,
        calibration.rows,
        calibration.errorAfter,
        calibration.errorBefore,
        calibration.temperature,
      ),
    ),
    curve.length > 0 && h('figure', { class: 'chart' }, drawing, details),
  );
}

function thresholdShape(
  calibration: Calibration,
  curve: Calibration['curve'],
  widthPx: number,
  measure: (text: string) => number,
  t: Translate,
): ReturnType<typeof drawPlots> {
  // A threshold beyond 1 asks always: it stands at the end of what a confidence can be.
  const xs = curve.map(({ threshold }) => Math.min(1, threshold));
  const chosen = curve.find((point) => point.chosen);
  const [first = 0, last = 1] = [xs[0], xs.at(-1)];
  return drawPlots({
    xs,
    fromX: first,
    widthPx,
    measure,
    endLabels: widthPx >= 420,
    ariaLabel:
      chosen === undefined
        ? t('Accuracy, escalation and energy over {0} thresholds. The table below has the same figures.', curve.length)
        : t(
            'Accuracy, escalation and energy over {0} thresholds; at the chosen one {1} right, {2} escalated, {3} per decision. The table below has the same figures.',
            curve.length,
            percent(chosen.accuracy),
            percent(chosen.escalated),
            chosen.energy.text,
          ),
    plots: [
      {
        label: t('Shares'),
        heightPx: 110,
        scale: makeScale([{ value: 1, low: 1, high: 1 }], 'linear', 3),
        tick: (value) => `${Math.round(value * 100)} %`,
        series: [
          { name: 'escalated', label: t('escalated'), values: curve.map(({ escalated }) => escalated) },
          { name: 'quality', label: t('right'), values: curve.map(({ accuracy }) => accuracy) },
        ],
      },
      {
        label: t('Energy of a decision'),
        heightPx: 80,
        scale: makeScale(
          curve.map(({ energy }) => ({ value: energy.value, low: energy.value, high: energy.value })),
          'linear',
          3,
        ),
        tick: axisJoules,
        series: [{ name: 'energy', values: curve.map(({ energy }) => energy.value) }],
      },
    ],
    xTicks: [
      { x: first, text: percent(first) },
      { x: last, text: t('threshold {0}', percent(last)) },
    ],
    ...(calibration.threshold >= first && calibration.threshold <= last
      ? { rule: { x: calibration.threshold, text: t('calibrated: {0}', percent(calibration.threshold)) } }
      : {}),
  });
}

function thresholdTable(curve: Calibration['curve'], t: Translate): HTMLElement {
  const stride = Math.max(1, Math.ceil(curve.length / maxTableRows));
  const rows = curve.filter((point, i) => point.chosen || i % stride === 0);
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Thresholds') },
    h(
      'table',
      { class: 'small-table' },
      h('caption', { class: 'visually-hidden' }, t('Accuracy, escalation and energy of a decision over the threshold')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col', class: 'num' }, t('Threshold')),
          h('th', { scope: 'col', class: 'num' }, t('Right')),
          h('th', { scope: 'col', class: 'num' }, t('Escalated')),
          h('th', { scope: 'col', class: 'num' }, t('Energy of a decision')),
          h('th', { scope: 'col' }, t('State')),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((point) =>
          h(
            'tr',
            { class: point.chosen ? 'chosen-row' : '' },
            h('th', { scope: 'row', class: 'num' }, percent(point.threshold)),
            h('td', { class: 'num' }, percent(point.accuracy)),
            h('td', { class: 'num' }, percent(point.escalated)),
            h('td', { class: 'num' }, ...figureCell(t, point.energy)),
            h('td', {}, point.chosen && icon('check'), point.chosen && ` ${t('chosen')}`),
          ),
        ),
      ),
    ),
    sourceLegend(t, new Set(rows.map(({ energy }) => energy.source))),
  );
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
