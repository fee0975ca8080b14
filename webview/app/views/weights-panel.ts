import type { WeightsView, WeightSideView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen, svg } from '../dom.ts';
import { drawHistogram, valueText } from '../draw/histogram.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './layer-chart.css';
import './weights-panel.css';

/** What is known about the weights of a layer: nothing yet, why not, or its view. */
export type WeightsState = { readonly weights: WeightsView } | { readonly failed: string } | 'reading';

/** Histogram, sparsity and figures of one layer's weights, with a table of the same counts. */
export function weightsPanel(state: WeightsState, context: PageContext): HTMLElement {
  const { t } = context;
  const heading = h('h3', {}, t('Weights'));
  if (state === 'reading') return h('section', { class: 'weights' }, heading, h('p', { class: 'muted' }, t('Counting the weights…')));
  if ('failed' in state) return h('section', { class: 'weights' }, heading, h('p', { class: 'muted' }, state.failed));
  const { weights } = state;
  // Without a number there is nothing to draw, whatever the edges say.
  const isEmpty = [weights.after, weights.before].every((side) => side === null || side.counts.every((count) => count === 0));
  return h(
    'section',
    { class: 'weights' },
    heading,
    h('p', { class: 'muted' }, `${shortName(weights.tensor, 80)} · ${weights.dtype} · ${weights.shape}`),
    weights.note !== '' && h('p', {}, weights.note),
    isEmpty && h('p', {}, histogramSentence(weights, t)),
    h('div', { class: 'weights-columns' }, !isEmpty && histogram(weights, context), sideTable(weights, t)),
    !isEmpty && countsTwin(weights, t),
  );
}

/** The result of a histogram in a sentence. */
export function histogramSentence(weights: WeightsView, t: Translate): string {
  const { edges, after, before } = weights;
  const most = Math.max(...after.counts);
  if (most === 0) return t('None of the {0} weights is a finite number.', after.count);
  const top = after.counts.indexOf(most);
  const sentence = t(
    'Histogram of {0} weights from {1} to {2}: the fullest bin lies between {3} and {4} and holds {5} of them; {6} are exactly zero.',
    after.count,
    valueText(edges[0] ?? 0),
    valueText(edges.at(-1) ?? 0),
    valueText(edges[top] ?? 0),
    valueText(edges[top + 1] ?? 0),
    most,
    after.zeros,
  );
  return before === null
    ? sentence
    : `${sentence} ${t('The line is {0}; the weights differ by {1}.', shortName(before.name, 60), weights.change)}`;
}

function histogram(weights: WeightsView, context: PageContext): HTMLElement {
  const { t, store } = context;
  const drawing = h('div', { class: 'chart-drawing' });
  const draw = (): void => {
    const widthPx = Math.floor(drawing.clientWidth);
    if (widthPx === 0) return;
    const shape = drawHistogram({
      edges: weights.edges,
      counts: weights.after.counts,
      before: weights.before?.counts ?? null,
      zeros: weights.after.zeros,
      logCounts: store.get().logCounts === true,
      widthPx,
      ariaLabel: histogramSentence(weights, t),
      countLabel: store.get().logCounts === true ? t('weights per bin (logarithmic)') : t('weights per bin'),
      valueLabel: t('value of the weight'),
      zeroLabel: t('exactly 0'),
      measure: measureIn(drawing),
    });
    fill(drawing, svg(shape));
  };
  observeWidth(drawing, draw);
  const box = h('input', { type: 'checkbox', 'data-focus': `log-counts:${weights.tensor}` });
  box.checked = store.get().logCounts === true;
  listen(box, 'change', () => {
    store.set({ logCounts: box.checked });
    draw();
  });
  const { before, after } = weights;
  return h(
    'figure',
    { class: 'chart weights-chart' },
    drawing,
    h(
      'figcaption',
      { class: 'legend' },
      before !== null &&
        h('span', { class: 'swatch-item' }, h('span', { class: 'swatch-after', 'aria-hidden': 'true' }), shortName(after.name, 40)),
      before !== null &&
        h('span', { class: 'swatch-item' }, h('span', { class: 'swatch-before', 'aria-hidden': 'true' }), shortName(before.name, 40)),
      h('label', { class: 'check' }, box, t('Logarithmic counts')),
    ),
  );
}

function sideTable(weights: WeightsView, t: Translate): HTMLElement {
  const { after, before } = weights;
  const named = new Map(before?.rows.map((row) => [row.name, row.value]));
  const head = (side: WeightSideView, word: string): HTMLElement => h('th', { scope: 'col', class: 'num', title: side.name }, word);
  const rows = after.rows.map(({ name, value }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      before !== null && h('td', { class: 'num' }, named.get(name) ?? '–'),
      h('td', { class: 'num' }, value),
    ),
  );
  return h(
    'table',
    { class: 'small-table weights-figures' },
    h('caption', {}, before === null ? t('Spread and zeros') : t('Spread and zeros; the weights differ by {0}', weights.change)),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, t('Figure')),
        before !== null && head(before, t('Before')),
        head(after, before === null ? t('Value') : t('After')),
      ),
    ),
    h('tbody', {}, ...rows),
  );
}

/** The histogram as a table, built when it is opened. */
function countsTwin({ edges, after, before }: WeightsView, t: Translate): HTMLElement {
  const place = h('div', { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': t('Weights per bin') });
  const details = h('details', { class: 'weights-twin' }, h('summary', {}, t('The same counts as a table')), place);
  return listen(details, 'toggle', () => {
    if (!details.open || place.childElementCount > 0) return;
    const rows = after.counts.map((count, i) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row', class: 'num' }, valueText(edges[i] ?? 0)),
        h('td', { class: 'num' }, valueText(edges[i + 1] ?? 0)),
        before !== null && h('td', { class: 'num' }, String(before.counts[i] ?? 0)),
        h('td', { class: 'num' }, String(count)),
      ),
    );
    fill(
      place,
      h(
        'table',
        { class: 'small-table' },
        h('caption', {}, t('Weights per bin')),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col', class: 'num' }, t('From')),
            h('th', { scope: 'col', class: 'num' }, t('To (below)')),
            before !== null && h('th', { scope: 'col', class: 'num' }, t('Before')),
            h('th', { scope: 'col', class: 'num' }, before === null ? t('Weights') : t('After')),
          ),
        ),
        h('tbody', {}, ...rows),
      ),
    );
  });
}
