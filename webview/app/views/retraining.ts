import type { FigureView, ReportView } from '../../messages/index.ts';
import type { Methods } from '../break-even.ts';
import { axisEnd, crossings, spentAfter } from '../break-even.ts';
import type { PageContext } from '../context.ts';
import { h, listen } from '../dom.ts';
import type { Bar } from '../draw/bars.ts';
import { drawBars } from '../draw/bars.ts';
import { axisJoules, joulesBand, joulesText } from '../draw/joules.ts';
import type { Plot } from '../draw/plots.ts';
import { drawPlots } from '../draw/plots.ts';
import { chooseScale, makeScale } from '../draw/scale.ts';
import type { Metric } from '../formulas.ts';
import { metricName } from '../formulas.ts';
import { figureKeys } from '../report-figures.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { createChartFrame, twinTable } from './chart-frame.ts';
import type { ChartContent } from './chart-frame.ts';
import { figureButton } from './figure-button.ts';
import { sourceWord } from './figure.ts';
import './learning-curves.css';
import './retraining.css';

type Shown = Pick<ReportView, 'totals' | 'trainingMachine'>;
const methods = ['sgd', 'solve', 'incremental'] as const;
/** Points of the curves: they are straight lines, bent only by a logarithmic scale. */
const nPoints = 41;

/** The whole model's retraining by three methods, and after how many retrainings the direct solve has paid off. */
export interface RetrainingSection {
  readonly element: HTMLElement;
  readonly update: (view: Shown) => void;
}

export function createRetrainingSection(context: PageContext): RetrainingSection {
  const { t, store } = context;
  let view: Shown | undefined;
  const log = h('input', { type: 'checkbox', 'data-focus': 'retraining-log' });
  const bars = createChartFrame(context, 'retraining', [h('label', { class: 'check' }, log, t('Logarithmic scale'))]);
  const curve = createChartFrame(context, 'break-even', []);
  const linear = 'retraining-linear';
  const draw = (): void => {
    if (view === undefined) return;
    const isLog = !store.get().open.includes(linear);
    log.checked = isLog;
    bars.show(barsContent(view, isLog ? 'log' : 'linear', t));
    curve.show(curveContent(view, isLog ? 'log' : 'linear', t));
  };
  listen(log, 'change', () => {
    const { open } = store.get();
    store.set({ open: log.checked ? open.filter((name) => name !== linear) : [...open, linear].slice(-200) });
    draw();
  });
  const element = h(
    'section',
    { class: 'section retraining', 'aria-labelledby': 'retraining-heading', hidden: true },
    h('h2', { id: 'retraining-heading' }, t('Retraining compared')),
    h(
      'div',
      { class: 'retraining-charts' },
      h('div', {}, h('h3', {}, t('Once, by each method')), bars.element),
      h('div', {}, h('h3', {}, t('Break-even')), curve.element),
    ),
  );
  return {
    element,
    update: (next) => {
      view = next;
      element.hidden = methods.every((metric) => next.totals[metric] === null);
      draw();
    },
  };
}

interface Priced {
  readonly metric: Metric;
  readonly figure: FigureView;
  readonly key: string;
  readonly where: string;
}

function priced({ totals, trainingMachine }: Shown, t: Translate): Priced[] {
  const here = methods.flatMap((metric): Priced[] => {
    const figure = totals[metric];
    return figure === null ? [] : [{ metric, figure, key: figureKeys.total(metric), where: t('the target') }];
  });
  if (trainingMachine === undefined) return here;
  const there = methods.flatMap((metric): Priced[] => {
    const figure = trainingMachine[metric];
    return figure === null ? [] : [{ metric, figure, key: figureKeys.machine(metric), where: shortName(trainingMachine.name, 60) }];
  });
  return [...here, ...there];
}

function shortMethod(t: Translate, metric: Metric): string {
  return metric === 'sgd' ? t('Gradient descent') : metric === 'solve' ? t('Direct solve') : t('Incremental update');
}

function barsContent(view: Shown, scale: 'linear' | 'log', t: Translate): ChartContent {
  const all = priced(view, t);
  const hasTwo = all.some((one) => one.where !== all[0]?.where);
  const bars = all.map(({ metric, figure, key, where }, index): Bar => {
    const name = hasTwo ? `${shortMethod(t, metric)} · ${where}` : shortMethod(t, metric);
    const spoken = t(
      '{0}, on {1}: {2}, {3}, {4}',
      metricName(t, metric),
      where,
      figure.text,
      figure.bandText,
      sourceWord(t, figure.source),
    );
    return {
      label: name,
      text: figure.text,
      value: figure.value,
      low: figure.low,
      high: figure.high,
      source: figure.source,
      tone: 'plain',
      title: `${name}: ${figure.text} (${figure.bandText}, ${sourceWord(t, figure.source)})`,
      control: { figure: key, spoken },
      begins: index > 0 && all[index - 1]?.where !== where,
    };
  });
  const ariaLabel = t(
    'Bar chart of retraining the whole model once: {0}.',
    all.map((one, i) => `${bars[i]?.label ?? ''} ${one.figure.text}`).join(', '),
  );
  return {
    draw: bars.length === 0 ? null : (widthPx, measure) => drawBars({ bars, widthPx, scale, measure, ariaLabel }),
    none: t('There is no figure of the whole model.'),
    table: () =>
      twinTable(
        t('Retraining the whole model once'),
        [t('Method'), t('On'), t('Energy')],
        all.map(({ metric, figure, key, where }) => ({
          head: metricName(t, metric),
          cells: [[where], figureButton(t, figure, key, 'twin')],
        })),
      ),
    caption: scale === 'log' ? t('Joules, logarithmic scale: each grid line is a power of ten.') : t('Joules, linear scale from zero.'),
    tableCaption: '',
    legend: [],
  };
}

function curveContent({ totals }: Shown, scale: 'linear' | 'log', t: Translate): ChartContent {
  const { sgd, solve, incremental } = totals;
  const none = t('Break-even needs a figure of all three methods for the whole model; a layer is missing one.');
  const empty: ChartContent = { draw: null, none, table: () => h('div'), caption: '', legend: [] };
  if (sgd === null || solve === null || incremental === null) return empty;
  const given: Methods = { sgd, solve, incremental };
  const { value, best, worst } = crossings(given);
  const end = axisEnd(value);
  const xs = Array.from({ length: Math.min(nPoints, end + 1) }, (_, i, step = end / (Math.min(nPoints, end + 1) - 1)) => i * step);
  const series = (name: 'sgd' | 'direct', label: string): Plot['series'][number] => ({
    name,
    label,
    values: xs.map((n) => spentAfter(given, n, 'value')[name]),
    band: xs.map((n) => ({ low: spentAfter(given, n, 'low')[name], high: spentAfter(given, n, 'high')[name] })),
  });
  const statement = breakEvenSentence(value, best, worst, t);
  const lines = [series('sgd', t('gradient')), series('direct', t('solve'))];
  const rows = lines.flatMap((line) => line.band ?? []).map(({ low, high }) => ({ value: high, low, high }));
  const kind = scale === 'log' ? chooseScale(rows.map(({ low, high }) => ({ value: low, low, high }))) : 'linear';
  const plot = (heightPx: number): Plot => ({
    label: t('Spent in all, by number of retrainings'),
    heightPx,
    scale: makeScale(rows, kind, 5),
    tick: axisJoules,
    series: lines,
  });
  return {
    none,
    draw: (widthPx, measure) =>
      drawPlots({
        plots: [plot(150)],
        xs,
        widthPx,
        measure,
        ariaLabel: t('Curves of energy spent against retrainings. {0}', statement),
        xTicks: [0, Math.round(end / 2), end].map((x) => ({ x, text: String(x) })),
        endLabels: true,
        ...(value !== null && value > 0 && value <= end ? { rule: { x: value, text: t('pays off from {0}', value) } } : {}),
      }),
    table: () =>
      twinTable(
        t('Energy spent after so many retrainings'),
        [t('Retrainings'), t('Gradient descent'), t('Solve and updates')],
        [...new Set([0, 1, 2, 5, 10, ...(value === null ? [] : [value]), end])]
          .filter((n) => n <= end)
          .sort((a, b) => a - b)
          .map((n) => {
            const cell = (name: 'sgd' | 'direct'): readonly HTMLElement[] => [
              h('span', { class: 'figure-value' }, joulesText(spentAfter(given, n, 'value')[name])),
              h(
                'span',
                { class: 'figure-band' },
                joulesBand(t, { low: spentAfter(given, n, 'low')[name], high: spentAfter(given, n, 'high')[name] }),
              ),
            ];
            return { head: String(n), cells: [cell('sgd'), cell('direct')] };
          }),
      ),
    caption: statement,
    legend: [],
  };
}

/** After how many retrainings, with what the bands allow, honestly: the same tables stand behind both. */
function breakEvenSentence(value: number | null, best: number | null, worst: number | null, t: Translate): string {
  const words = (n: number | null): string =>
    n === null ? t('never') : n === 0 ? t('at once') : n === 1 ? t('after 1 retraining') : t('after {0} retrainings', n);
  const central = t('Direct solve with incremental updates against gradient descent: cheaper {0}.', words(value));
  if (best === value && worst === value) return t('{0} Every end of the bands says the same.', central);
  return t(
    '{0} By the ends of the bands: {1} at best, {2} at worst. Both methods rest on the same tables, so that this is wider than it really is.',
    central,
    words(best),
    words(worst),
  );
}
