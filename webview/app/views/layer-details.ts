import type { FigureView, LayerView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText } from '../dom.ts';
import { partName } from '../formulas.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { evidenceTable } from './evidence.ts';
import { figureCell, sourceDetails } from './figure.ts';
import { metricName } from './layer-chart.ts';
import './layer-details.css';

/** The word for a tier; a dash where no plan says it. */
export function tierWord(t: Translate, tier: LayerView['tier']): string {
  return { lower: t('lower'), upper: t('upper'), frozen: t('frozen'), none: '–' }[tier];
}

/** A tier as a small tag; its edge differs per tier, its word says it. */
export function tierTag(t: Translate, tier: LayerView['tier']): HTMLElement {
  if (tier === 'none') return h('span', { class: 'none' }, '–', hiddenText(` ${t('unknown')}`));
  return h('span', { class: `tier-tag tier-${tier}` }, tierWord(t, tier));
}

/**
 * Everything known about a layer: its numbers, its energy figures with what they rest on, and the parts of the inference energy.
 * `more`: what a page adds below.
 */
export function layerDetails(layer: LayerView, context: PageContext, ...more: readonly Child[]): readonly Child[] {
  const { t } = context;
  const facts: readonly (readonly [string, string])[] = [
    [t('Operator'), layer.op],
    [t('Shape'), layer.shape],
    [t('MACs'), layer.macs],
    [t('Parameters'), layer.parameters],
    [t('Weight size'), layer.weightBytes],
    [t('Tier'), layer.tier === 'none' ? '' : tierWord(t, layer.tier)],
    [t('Break-even'), layer.breakEven],
    [t('Fitted'), layer.fitted ?? ''],
    [t('On the array'), layer.mapping ?? ''],
  ];
  const figures = (['inference', 'sgd', 'solve', 'incremental'] as const).flatMap((metric) => {
    const figure = layer[metric];
    return figure === null ? [] : [{ name: metricName(t, metric), figure }];
  });
  const { training } = layer;
  const trained = (['sgd', 'solve', 'incremental'] as const).flatMap((metric) => {
    const figure = training?.[metric] ?? null;
    return figure === null || training === undefined
      ? []
      : [{ name: t('{0}, on {1}', metricName(t, metric), shortName(training.name, 60)), figure }];
  });
  return [
    h(
      'div',
      { class: 'layer-details' },
      h(
        'dl',
        { class: 'fact-grid' },
        ...facts.filter(([, value]) => value !== '').map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
      ),
      (figures.length > 0 || trained.length > 0) &&
        h('dl', { class: 'figure-list' }, ...[...figures, ...trained].map(({ name, figure }) => figureEntry(t, name, figure))),
      layer.components.length > 0 && componentsTable(layer, context),
      layer.evidence !== undefined &&
        layer.evidence.length > 0 &&
        evidenceTable(layer.evidence, t('Estimate, simulation, measurement'), context),
      ...more,
    ),
  ];
}

function figureEntry(t: Translate, name: string, figure: FigureView): HTMLElement {
  return h(
    'div',
    { class: 'figure-entry' },
    h('dt', {}, name),
    h('dd', { class: 'figure-entry-value' }, figure.text, ' ', h('span', { class: 'muted' }, figure.bandText)),
    h('dd', { class: 'figure-entry-source' }, sourceDetails(t, figure)),
  );
}

function componentsTable(layer: LayerView, context: PageContext): HTMLElement {
  const { t } = context;
  const total = layer.components.reduce((sum, part) => sum + Math.max(0, part.figure.value), 0);
  const rows = layer.components.map(({ name, figure }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, partName(t, name)),
      h('td', { class: 'num' }, ...figureCell(t, figure)),
      h('td', { class: 'num' }, total > 0 ? `${Math.round((100 * Math.max(0, figure.value)) / total)} %` : '–'),
    ),
  );
  return h(
    'table',
    { class: 'small-table' },
    h('caption', {}, t('Parts of one inference')),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, t('Part')),
        h('th', { scope: 'col', class: 'num' }, t('Energy')),
        h('th', { scope: 'col', class: 'num' }, t('Share')),
      ),
    ),
    h('tbody', {}, ...rows),
  );
}

/** The provenance signs that occur in the figures of some layers. */
export function usedSources(layers: readonly LayerView[]): ReadonlySet<FigureView['source']> {
  const figures = layers.flatMap((layer) => [layer.inference, layer.sgd, layer.solve, layer.incremental]);
  return new Set(figures.flatMap((figure) => (figure === null ? [] : [figure.source])));
}
