import type { FigureView, ReportView } from '../../messages/index.ts';
import { compareWithDescent } from '../compare.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h } from '../dom.ts';
import { figureKeys } from '../report-figures.ts';
import { figureButton } from './figure-button.ts';
import { sourceChip, sourceDetails } from './figure.ts';
import './totals.css';

/** A tile: what is counted, the figure in large type, its band and provenance, and a remark. With `key` the figure explains itself when pressed. */
export function figureTile(
  context: PageContext,
  label: string,
  figure: FigureView | null,
  remark: string,
  extraClass = '',
  key?: string,
): HTMLElement {
  const { t } = context;
  const body: Child[] =
    figure === null
      ? [h('dd', { class: 'tile-value tile-none' }, '–'), h('dd', { class: 'tile-remark' }, t('No figure for this model'))]
      : [
          h(
            'dd',
            { class: 'tile-value' },
            ...(key === undefined ? [figure.text] : figureButton(t, { ...figure, bandText: '' }, key, 'tile')),
          ),
          figure.bandText !== '' && h('dd', { class: 'tile-band', title: t('Low and high end of the error band') }, figure.bandText),
          remark !== '' && h('dd', { class: 'tile-remark' }, remark),
          h('dd', { class: 'tile-source' }, key === undefined ? sourceDetails(t, figure) : sourceChip(t, figure.source)),
        ];
  return h('div', { class: `tile ${extraClass}`.trim() }, h('dt', { class: 'tile-label' }, label), ...body);
}

/** A tile for what has no band and no source: a count or a share. */
export function textTile(label: string, value: string, remark: string, extraClass = ''): HTMLElement {
  return h(
    'div',
    { class: `tile ${extraClass}`.trim() },
    h('dt', { class: 'tile-label' }, label),
    h('dd', { class: 'tile-value' }, value),
    remark !== '' && h('dd', { class: 'tile-remark' }, remark),
  );
}

/** The report's headline: energy per inference and of retraining once by three methods, with the break-even in words. */
export function totalsView(totals: ReportView['totals'], context: PageContext): HTMLElement {
  const { t } = context;
  const descent = (figure: FigureView | null): string => compareWithDescent(t, totals.sgd, figure);
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'totals-heading' },
    h('h2', { id: 'totals-heading' }, t('Whole model')),
    h(
      'dl',
      { class: 'tiles' },
      figureTile(
        context,
        t('One inference'),
        totals.inference,
        t('{0} MACs, {1} parameters', totals.macs, totals.parameters),
        'tile-main',
        figureKeys.total('inference'),
      ),
      figureTile(context, t('Retrain: gradient descent'), totals.sgd, '', '', figureKeys.total('sgd')),
      figureTile(context, t('Retrain: direct solve'), totals.solve, descent(totals.solve), '', figureKeys.total('solve')),
      figureTile(
        context,
        t('Retrain: incremental update'),
        totals.incremental,
        descent(totals.incremental),
        '',
        figureKeys.total('incremental'),
      ),
    ),
    totals.breakEven !== '' &&
      h(
        'p',
        { class: 'break-even' },
        h('strong', {}, t('Direct solve pays off: {0}.', totals.breakEven)),
        ' ',
        h('span', { class: 'muted' }, t('Counted in retrainings until its total energy is below that of gradient descent.')),
      ),
  );
}
