import type { FigureView, SparsityCostView, SparsitySavingView, SparsityView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { shortName } from '../text.ts';
import './evidence.css';
import { figureCell, sourceLegend } from './figure.ts';
import { beforeAfter } from './fit-result.ts';
import './search-result.css';
import { writtenFiles, type WrittenCommands } from './written-files.ts';

type Result = NonNullable<SparsityView['result']>;
type Energy = NonNullable<Result['energy']>;

const sparsifiedCommands: WrittenCommands = {
  open: 'open-sparsified',
  compare: 'compare-sparsified',
  reveal: 'reveal-sparsified',
  delete: 'delete-sparsified',
};

/** What a search found: zeros and loss on rows that chose nothing, energy against both baselines, and the files that were written. */
export function sparsityResult(view: SparsityView, context: PageContext): HTMLElement | null {
  const { t } = context;
  const { result, written } = view;
  if (result === null) return null;
  return h(
    'section',
    { class: 'section card search-result', 'aria-labelledby': 'result-heading' },
    h('h2', { id: 'result-heading' }, written === null || written.earlier ? t('Result of the search') : t('Result')),
    result.stale !== null && h('p', { class: 'note' }, icon('warning', 'severity-warning'), h('span', {}, result.stale)),
    h('div', { class: 'saving' }, evaluationView(view, result, context), result.energy !== null && energyTable(result.energy, context)),
    result.energy === null && h('p', {}, t('No energy is told: no event-driven target was asked for.')),
    h(
      'p',
      { class: 'muted' },
      t('{0}. It took {1}.', result.rowsText, result.took),
      result.resumed && ` ${t('The search went on from what an interrupted one had found.')}`,
    ),
    written !== null && writtenFiles(written, sparsifiedCommands, context),
  );
}

function evaluationView(view: SparsityView, result: Result, context: PageContext): HTMLElement {
  const { t } = context;
  const { evaluation, energy } = result;
  if (evaluation === null)
    return h('p', {}, t('Nothing was judged on held-out rows, so that neither zeros nor loss can be stated for rows that chose nothing.'));
  return h(
    'div',
    { class: 'saving-facts' },
    h(
      'p',
      { class: 'headline-row' },
      h('span', { class: 'headline' }, evaluation.sparsityAfter),
      h('span', {}, t('of the multiply-adds meet a zero; {0} before', evaluation.sparsityBefore)),
    ),
    h('p', { class: 'saving-label' }, t('{0} on held-out rows: {1}', view.metricText, evaluation.increase)),
    beforeAfter(t, evaluation.lossBefore, evaluation.lossAfter),
    evaluation.accuracyBefore !== '' &&
      h('p', { class: 'muted' }, t('accuracy {0} before, {1} after', evaluation.accuracyBefore, evaluation.accuracyAfter)),
    energy !== null && h('dl', { class: 'pairs stacked' }, ...savings(energy, context)),
  );
}

function savings(energy: Energy, { t }: PageContext): HTMLElement[] {
  const one = (label: string, saving: SparsitySavingView | null): HTMLElement =>
    h(
      'div',
      {},
      h('dt', {}, label),
      saving === null
        ? h('dd', {}, t('not stated: the record names no baseline'))
        : h(
            'dd',
            {},
            h('strong', {}, saving.headline),
            saving.saves ? ` ${t('of the energy saved')}` : '',
            h('br'),
            h('span', { class: 'muted' }, saving.baseline),
          ),
    );
  return [
    one(t('Against a machine that skips natural zeros'), energy.againstNatural),
    one(t('Against every input counting'), energy.againstDense),
  ];
}

/** Energy and latency of one inference under each model of the machine, dense, with natural zeros skipped, and with thresholds. */
function energyTable(energy: Energy, { t }: PageContext): HTMLElement {
  const cells = (cost: SparsityCostView): HTMLElement[] =>
    [cost.dense, cost.natural, cost.sparse].map((figure: FigureView) => h('td', { class: 'num' }, ...figureCell(t, figure)));
  const rows = [...energy.costs, energy.latency];
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Energy under each model of the machine') },
      h(
        'table',
        { class: 'small-table' },
        h('caption', {}, t('{0} on {1}', energy.per, shortName(energy.target, 60))),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, t('Model')),
            h('th', { scope: 'col', class: 'num' }, t('Dense')),
            h('th', { scope: 'col', class: 'num' }, t('Natural zeros')),
            h('th', { scope: 'col', class: 'num' }, t('With thresholds')),
          ),
        ),
        h('tbody', {}, ...rows.map((cost) => h('tr', {}, h('th', { scope: 'row' }, cost.name), ...cells(cost)))),
      ),
    ),
    sourceLegend(t, new Set(rows.flatMap(({ dense, natural, sparse }) => [dense.source, natural.source, sparse.source]))),
    h('p', { class: 'muted energy-macs' }, energy.macs),
  );
}
