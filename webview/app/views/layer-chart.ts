import type { FigureView, LayerView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen, svg } from '../dom.ts';
import type { Bar } from '../draw/bars.ts';
import { drawBars } from '../draw/bars.ts';
import type { ScaleKind } from '../draw/scale.ts';
import { chooseScale } from '../draw/scale.ts';
import type { UiState } from '../state.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { sourceWord } from './figure.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './layer-chart.css';

type Metric = UiState['metric'];

/** More bars than this do not tell more; the table has every layer. */
const maxBars = 16;

/** Bars per layer for one kind of energy, with a choice of the kind and of the scale. Redraws itself when its width changes. */
export interface LayerChart {
  readonly element: HTMLElement;
  readonly update: (layers: readonly LayerView[]) => void;
}

export function createLayerChart(context: PageContext): LayerChart {
  const { t, store } = context;
  let layers: readonly LayerView[] = [];
  const drawing = h('div', { class: 'chart-drawing' });
  const caption = h('figcaption', { class: 'chart-caption muted' });
  const legend = h('p', { class: 'legend' });
  const metric = metricSelect(t, store.get().metric);
  const log = h('input', { type: 'checkbox', id: 'chart-log' });

  const draw = (): void => {
    const state = store.get();
    const bars = barsOf(layers, state.metric, t);
    const scale: ScaleKind = state.scale === 'auto' ? chooseScale(bars.shown) : state.scale;
    log.checked = scale === 'log';
    const widthPx = Math.floor(drawing.clientWidth);
    if (bars.shown.length === 0) {
      fill(drawing, h('p', { class: 'muted chart-none' }, t('No layer has a figure for this.')));
    } else if (widthPx > 0) {
      const ariaLabel = chartSentence(t, state.metric, scale, bars.shown);
      fill(drawing, svg(drawBars({ bars: bars.shown, widthPx, scale, measure: measureIn(drawing), ariaLabel })));
    }
    fill(caption, captionText(t, scale, bars));
    fill(legend, ...tierSwatches(t, bars.shown));
  };

  listen(metric, 'change', () => {
    const chosen = (['inference', 'sgd', 'solve', 'incremental'] as const).find((name) => name === metric.value) ?? 'inference';
    store.set({ metric: chosen, scale: 'auto' });
    draw();
  });
  listen(log, 'change', () => {
    store.set({ scale: log.checked ? 'log' : 'linear' });
    draw();
  });
  observeWidth(drawing, draw);

  const element = h(
    'div',
    { class: 'layer-chart' },
    h(
      'div',
      { class: 'chart-controls' },
      h('label', { class: 'field' }, h('span', {}, t('Energy of')), metric),
      h('label', { class: 'check' }, log, t('Logarithmic scale')),
    ),
    h('figure', { class: 'chart' }, drawing, legend, caption),
  );
  return {
    element,
    update: (next) => {
      layers = next;
      draw();
    },
  };
}

/** The name of a kind of energy. */
export function metricName(t: Translate, metric: Metric): string {
  switch (metric) {
    case 'inference':
      return t('One inference');
    case 'sgd':
      return t('Retrain: gradient descent');
    case 'solve':
      return t('Retrain: direct solve');
    case 'incremental':
      return t('Retrain: incremental update');
  }
}

function metricSelect(t: Translate, chosen: Metric): HTMLSelectElement {
  const options = (['inference', 'sgd', 'solve', 'incremental'] as const).map((name) =>
    h('option', { value: name, selected: name === chosen }, metricName(t, name)),
  );
  return h('select', { 'data-focus': 'chart-metric' }, ...options);
}

interface ChosenBars {
  readonly shown: readonly Bar[];
  readonly total: number;
  readonly missing: number;
}

function barsOf(layers: readonly LayerView[], metric: Metric, t: Translate): ChosenBars {
  const withFigure = layers.flatMap((layer) => {
    const figure = layer[metric];
    return figure === null ? [] : [{ layer, figure }];
  });
  const kept = withFigure.length <= maxBars ? withFigure : withFigure.toSorted((a, b) => b.figure.value - a.figure.value).slice(0, maxBars);
  return {
    shown: kept.map(({ layer, figure }) => toBar(layer, figure, t)),
    total: withFigure.length,
    missing: layers.length - withFigure.length,
  };
}

function toBar(layer: LayerView, figure: FigureView, t: Translate): Bar {
  const { value, low, high, text, source } = figure;
  const title = `${shortName(layer.id, 400)}: ${text} (${figure.bandText}, ${sourceWord(t, source)})`;
  return { label: shortName(layer.id), value, low, high, text, source, tone: layer.tier, title };
}

function chartSentence(t: Translate, metric: Metric, scale: ScaleKind, bars: readonly Bar[]): string {
  const largest = bars.reduce((best, bar) => (bar.value > best.value ? bar : best));
  const kind = scale === 'log' ? t('logarithmic scale') : t('linear scale');
  const count = bars.length === 1 ? t('1 layer') : t('{0} layers', bars.length);
  return t(
    'Bar chart of {0}: {1}, {2}. Largest: {3} with {4}. The table below has the same figures.',
    count,
    metricName(t, metric),
    kind,
    largest.label,
    largest.text,
  );
}

function captionText(t: Translate, scale: ScaleKind, bars: ChosenBars): string {
  const parts = [
    scale === 'log' ? t('Joules, logarithmic scale: each grid line is a power of ten.') : t('Joules, linear scale from zero.'),
  ];
  parts.push(t('Whiskers span the error band from low to high.'));
  if (bars.shown.length < bars.total) parts.push(t('The {0} largest of {1} layers.', bars.shown.length, bars.total));
  if (bars.missing > 0)
    parts.push(bars.missing === 1 ? t('1 layer has no figure for this.') : t('{0} layers have no figure for this.', bars.missing));
  return parts.join(' ');
}

function tierSwatches(t: Translate, bars: readonly Bar[]): HTMLElement[] {
  const names = { lower: t('lower tier'), upper: t('upper tier'), frozen: t('frozen') };
  const used = new Set(bars.map((bar) => bar.tone));
  return (['lower', 'upper', 'frozen'] as const)
    .filter((tier) => used.has(tier))
    .map((tier) => h('span', { class: 'swatch-item' }, h('span', { class: `swatch tone-${tier}`, 'aria-hidden': 'true' }), names[tier]));
}
