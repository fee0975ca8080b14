import type { LearningView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, svg } from '../dom.ts';
import { drawCurves } from '../draw/curves.ts';
import { drawDecision } from '../draw/plots.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './layer-chart.css';
import './learning-curves.css';

/** The two curves of a learning run with their key. Redraws itself when its width changes. */
export interface LearningCurves {
  readonly element: HTMLElement;
  readonly update: (view: LearningView) => void;
}

export function createLearningCurves(context: PageContext): LearningCurves {
  const { t } = context;
  let view: LearningView | undefined;
  const drawing = h('div', { class: 'chart-drawing' });
  const draw = (): void => {
    const widthPx = Math.floor(drawing.clientWidth);
    if (view === undefined || widthPx === 0) return;
    if (view.points.length === 0) return fill(drawing, h('p', { class: 'muted' }, t('The curves begin with the first batch.')));
    const shape = drawCurves({
      points: view.points,
      widthPx,
      metric: view.metric,
      // The whole sentence needs room; what is left out stands in the text for screen readers and in the table's headings.
      qualityLabel:
        widthPx < 480
          ? t('Running {0}', view.metricText)
          : t('Running {0} (bold) and that of each batch (thin), judged before it is learned from', view.metricText),
      energyLabel: t('Spent on learning so far'),
      ariaLabel: t(
        'Curves over {0} batches: {1} is now {2}, {3} spent on learning. The table below has the same figures.',
        view.batchCount,
        view.metricText,
        view.totals.quality,
        view.totals.energy?.text ?? '0 J',
      ),
      measure: measureIn(drawing),
    });
    fill(drawing, svg(shape));
  };
  observeWidth(drawing, draw);
  const key = h(
    'p',
    { class: 'legend' },
    h('span', { class: 'swatch-item' }, svg(markShape('update')), t('learned')),
    h('span', { class: 'swatch-item' }, svg(markShape('refit')), t('refitted')),
    h('span', { class: 'swatch-item' }, svg(markShape('restored')), t('taken back')),
    h('span', { class: 'muted legend-rest' }, t('no mark: skipped')),
  );
  return {
    element: h('figure', { class: 'chart' }, drawing, key),
    update: (next) => {
      view = next;
      draw();
    },
  };
}

/** The sign of what was learned, for a key. */
export function markShape(kind: 'update' | 'refit' | 'restored'): Parameters<typeof svg>[0] {
  const box = { class: 'curves', width: 12, height: 12, viewBox: '0 0 12 12', 'aria-hidden': 'true' };
  return { tag: 'svg', attributes: box, children: [drawDecision(kind, 6, 6)] };
}
