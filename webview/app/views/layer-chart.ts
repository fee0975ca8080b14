import type { FigureView, LayerView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, listen, svg } from '../dom.ts';
import type { Bar } from '../draw/bars.ts';
import { drawBars } from '../draw/bars.ts';
import { drawPartKey } from '../draw/parts.ts';
import type { ScaleKind } from '../draw/scale.ts';
import { chooseScale } from '../draw/scale.ts';
import type { Metric } from '../formulas.ts';
import { metricName, partName } from '../formulas.ts';
import { figureKeys } from '../report-figures.ts';
import type { UiState } from '../state.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { createChartFrame, twinTable } from './chart-frame.ts';
import { figureButton } from './figure-button.ts';
import { sourceWord } from './figure.ts';
import './layer-chart.css';

export { metricName } from '../formulas.ts';

type Kind = UiState['metric'];
const kinds: readonly Kind[] = ['parts', 'inference', 'sgd', 'solve', 'incremental', 'retraining'];
const retrainings = ['sgd', 'solve', 'incremental'] as const;

/** More bars than this do not tell more; the table has every layer. */
const maxBars = 16;
/** Groups of three bars. */
const maxGroups = 6;

/** Bars per layer: one kind of energy, its parts stacked, or the ways of retraining side by side. Redraws itself when its width changes. */
export interface LayerChart {
  readonly element: HTMLElement;
  readonly update: (layers: readonly LayerView[]) => void;
}

export function createLayerChart(context: PageContext): LayerChart {
  const { t, store } = context;
  let layers: readonly LayerView[] = [];
  const select = h(
    'select',
    { 'data-focus': 'chart-metric' },
    ...kinds.map((kind) => h('option', { value: kind, selected: kind === store.get().metric }, kindName(t, kind))),
  );
  const log = h('input', { type: 'checkbox', id: 'chart-log', 'data-focus': 'chart-log' });
  const frame = createChartFrame(context, 'layers', [
    h('label', { class: 'field' }, h('span', {}, t('Energy of')), select),
    h('label', { class: 'check' }, log, t('Logarithmic scale')),
  ]);

  const draw = (): void => {
    const { metric: kind, scale: wanted } = store.get();
    const bars = barsOf(layers, kind, t);
    const scale: ScaleKind = kind === 'parts' ? 'linear' : wanted === 'auto' ? chooseScale(bars.shown) : wanted;
    log.checked = scale === 'log';
    // Lengths of parts add up on a linear scale only.
    log.disabled = kind === 'parts';
    const ariaLabel = bars.shown.length === 0 ? '' : chartSentence(t, kind, scale, bars);
    frame.show({
      draw:
        bars.shown.length === 0
          ? null
          : (widthPx, measure) => drawBars({ bars: bars.shown, widthPx, scale, measure, ariaLabel, clip: kind === 'parts' }),
      none: t('No layer has a figure for this.'),
      table: () => twin(bars.layers, kind, t),
      caption: [...drawingWords(t, kind, scale), ...countWords(t, bars), t('Press a bar for what it rests on.')].join(' '),
      tableCaption: countWords(t, bars).join(' '),
      legend: kind === 'parts' ? partSwatches(t, bars.parts) : tierSwatches(t, bars.shown),
    });
  };

  listen(select, 'change', () => {
    store.set({ metric: kinds.find((kind) => kind === select.value) ?? 'parts', scale: 'auto' });
    draw();
  });
  listen(log, 'change', () => {
    store.set({ scale: log.checked ? 'log' : 'linear' });
    draw();
  });
  return {
    element: h('div', { class: 'layer-chart' }, frame.element),
    update: (next) => {
      layers = next;
      draw();
    },
  };
}

function kindName(t: Translate, kind: Kind): string {
  if (kind === 'parts') return t('One inference, by part');
  return kind === 'retraining' ? t('Retraining, side by side') : metricName(t, kind);
}

interface ChosenBars {
  readonly shown: readonly Bar[];
  readonly layers: readonly LayerView[];
  /** Names of parts in the order of their patterns. */
  readonly parts: readonly string[];
  readonly total: number;
  readonly missing: number;
}

function barsOf(layers: readonly LayerView[], kind: Kind, t: Translate): ChosenBars {
  const size = (layer: LayerView): number | null => {
    if (kind !== 'retraining') return layer[kind === 'parts' ? 'inference' : kind]?.value ?? null;
    const values = retrainings.flatMap((metric) => layer[metric]?.value ?? []);
    return values.length === 0 ? null : Math.max(...values);
  };
  const known = layers.filter((layer) => size(layer) !== null);
  const limit = kind === 'retraining' ? maxGroups : maxBars;
  const kept = known.length <= limit ? known : known.toSorted((a, b) => (size(b) ?? 0) - (size(a) ?? 0)).slice(0, limit);
  const parts = kind === 'parts' ? [...new Set(kept.flatMap((layer) => layer.components.map(({ name }) => name)))] : [];
  const bars = kept.flatMap((layer): Bar[] => {
    if (kind === 'retraining') return groupOf(layer, t);
    const metric = kind === 'parts' ? 'inference' : kind;
    const figure = layer[metric];
    if (figure === null) return [];
    const bar = toBar(layer, metric, figure, shortName(layer.id), t);
    return [kind === 'parts' && layer.components.length > 0 ? withParts(bar, layer, parts, t) : bar];
  });
  return { shown: bars, layers: kept, parts, total: known.length, missing: layers.length - known.length };
}

/** The ways of retraining a layer; the first bar of the group has the layer's name before its own. */
function groupOf(layer: LayerView, t: Translate): Bar[] {
  const words = { sgd: t('gradient'), solve: t('solve'), incremental: t('update') };
  const bars = retrainings.flatMap((metric) => {
    const figure = layer[metric];
    return figure === null ? [] : [toBar(layer, metric, figure, `${shortName(layer.id)} · ${words[metric]}`, t)];
  });
  return bars.map((bar, index) => (index === 0 ? { ...bar, begins: true } : bar));
}

function toBar(layer: LayerView, metric: Metric, figure: FigureView, label: string, t: Translate): Bar {
  const { value, low, high, text, source } = figure;
  const title = `${shortName(layer.id, 400)}: ${text} (${figure.bandText}, ${sourceWord(t, source)})`;
  const spoken = t('{0}, {1}: {2}, {3}, {4}', shortName(layer.id), metricName(t, metric), text, figure.bandText, sourceWord(t, source));
  const control = { figure: figureKeys.layer(metric, layer.id), spoken };
  return { label, value, low, high, text, source, tone: layer.tier === 'none' ? 'plain' : layer.tier, title, control };
}

function withParts(bar: Bar, layer: LayerView, parts: readonly string[], t: Translate): Bar {
  const told = layer.components.map(({ name, figure }) => `${partName(t, name)} ${figure.text}`).join(', ');
  return {
    ...bar,
    title: `${bar.title}: ${told}`,
    segments: layer.components.map(({ name, figure }) => ({ value: figure.value, pattern: parts.indexOf(name) })),
    ...(bar.control === undefined ? {} : { control: { ...bar.control, spoken: t('{0}; parts: {1}', bar.control.spoken, told) } }),
  };
}

function chartSentence(t: Translate, kind: Kind, scale: ScaleKind, { shown, layers }: ChosenBars): string {
  const [first] = shown;
  const largest = shown.reduce((best, bar) => (bar.value > best.value ? bar : best), first as Bar);
  const scaleName = scale === 'log' ? t('logarithmic scale') : t('linear scale');
  const count = layers.length === 1 ? t('1 layer') : t('{0} layers', layers.length);
  return t(
    'Bar chart of {0}: {1}, {2}. Largest: {3} with {4}. The table below has the same figures.',
    count,
    kindName(t, kind),
    scaleName,
    largest.label,
    largest.text,
  );
}

function drawingWords(t: Translate, kind: Kind, scale: ScaleKind): readonly string[] {
  return [
    scale === 'log' ? t('Joules, logarithmic scale: each grid line is a power of ten.') : t('Joules, linear scale from zero.'),
    kind === 'parts'
      ? t('Whiskers span the error band of the sum; an arrow means that it goes on beyond the picture.')
      : t('Whiskers span the error band from low to high.'),
  ];
}

/** Which layers are not there. */
function countWords(t: Translate, { layers, total, missing }: ChosenBars): readonly string[] {
  return [
    ...(layers.length < total ? [t('The {0} largest of {1} layers.', layers.length, total)] : []),
    ...(missing > 0 ? [missing === 1 ? t('1 layer has no figure for this.') : t('{0} layers have no figure for this.', missing)] : []),
  ];
}

function twin(layers: readonly LayerView[], kind: Kind, t: Translate): HTMLElement {
  const metrics: readonly Metric[] = kind === 'retraining' ? retrainings : [kind === 'parts' ? 'inference' : kind];
  const parts = kind === 'parts' ? [...new Set(layers.flatMap((layer) => layer.components.map(({ name }) => name)))] : [];
  return twinTable(
    kindName(t, kind),
    [t('Layer'), ...metrics.map((metric) => metricName(t, metric)), ...parts.map((name) => partName(t, name))],
    layers.map((layer) => ({
      head: shortName(layer.id),
      cells: [
        ...metrics.map((metric) => figureButton(t, layer[metric], figureKeys.layer(metric, layer.id), 'twin')),
        ...parts.map((name): readonly Child[] => {
          const index = layer.components.findIndex((part) => part.name === name);
          return figureButton(t, layer.components[index]?.figure ?? null, figureKeys.part(index, layer.id), 'twin');
        }),
      ],
    })),
  );
}

function partSwatches(t: Translate, parts: readonly string[]): HTMLElement[] {
  return parts.map((name, index) => h('span', { class: 'swatch-item' }, svg(drawPartKey(index)), shortName(partName(t, name), 60)));
}

function tierSwatches(t: Translate, bars: readonly Bar[]): HTMLElement[] {
  const names = { lower: t('lower tier'), upper: t('upper tier'), frozen: t('frozen') };
  const used = new Set(bars.map((bar) => bar.tone));
  return (['lower', 'upper', 'frozen'] as const)
    .filter((tier) => used.has(tier))
    .map((tier) => h('span', { class: 'swatch-item' }, h('span', { class: `swatch tone-${tier}`, 'aria-hidden': 'true' }), names[tier]));
}
