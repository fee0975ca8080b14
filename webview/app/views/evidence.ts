import type { EvidenceView, FigureView, ReportView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, hiddenText, icon } from '../dom.ts';
import { shortName } from '../text.ts';
import { figureCell, sourceDetails } from './figure.ts';
import './evidence.css';

/** Estimate, simulated and measured figures of the same things side by side, with how far the estimate is off. */
export function evidenceTable(all: readonly EvidenceView[], caption: string, { t }: PageContext): HTMLElement {
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h(
      'table',
      { class: 'small-table evidence-table' },
      h('caption', {}, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, hiddenText(t('What'))),
          ...[t('Estimate'), t('Simulated'), t('Measured'), t('Error of the estimate')].map((label) =>
            h('th', { scope: 'col', class: 'num' }, label),
          ),
        ),
      ),
      h('tbody', {}, ...all.map((evidence) => evidenceRow(evidence, t))),
    ),
  );
}

function evidenceRow(evidence: EvidenceView, t: PageContext['t']): HTMLElement {
  const number = (figure: FigureView | null): HTMLElement => h('td', { class: 'num' }, ...figureCell(t, figure));
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      shortName(evidence.of, 120),
      evidence.measuredBy !== '' && h('span', { class: 'evidence-note muted' }, shortName(evidence.measuredBy, 120)),
      evidence.stale !== null &&
        h(
          'span',
          { class: 'evidence-note' },
          icon('warning', 'severity-warning'),
          ' ',
          t('Out of date: {0}', shortName(evidence.stale, 200)),
        ),
    ),
    number(evidence.estimate),
    number(evidence.simulated),
    number(evidence.measured),
    h('td', { class: 'num' }, evidence.error === '' ? '–' : evidence.error),
  );
}

/** What the report's figures rest on beyond constants: other evidence, a calibration. Null when there is neither. */
export function groundsView(view: Pick<ReportView, 'evidence' | 'calibration'>, context: PageContext): HTMLElement | null {
  const { t } = context;
  const { evidence = [], calibration } = view;
  if (evidence.length === 0 && calibration === undefined) return null;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'evidence-heading' },
    h('h2', { id: 'evidence-heading' }, t('Estimate, simulation, measurement')),
    calibration !== undefined &&
      h(
        'p',
        { class: 'note', title: calibration.path },
        calibration.stale === null ? icon('dashboard', 'severity-info') : icon('warning', 'severity-warning'),
        h('span', {}, calibration.text),
      ),
    evidence.length > 0 && evidenceTable(evidence, t('The same thing priced in several ways; they are never mixed'), context),
  );
}

/** Retraining on the machine that would train, beside the target that would run the model. */
export function trainingMachineView(machine: NonNullable<ReportView['trainingMachine']>, context: PageContext): HTMLElement {
  const { t } = context;
  const entry = (label: string, figure: FigureView | null): HTMLElement | false =>
    figure !== null &&
    h(
      'div',
      {},
      h('dt', {}, label),
      h('dd', {}, figure.text, ' ', h('span', { class: 'muted' }, figure.bandText), ' ', sourceDetails(t, figure)),
    );
  return h(
    'section',
    { class: 'section card', 'aria-labelledby': 'training-heading' },
    h('h2', { id: 'training-heading' }, t('Retraining on {0}', shortName(machine.name, 80))),
    h(
      'dl',
      { class: 'pairs' },
      entry(t('Gradient descent'), machine.sgd),
      entry(t('Direct solve'), machine.solve),
      entry(t('One update'), machine.incremental),
    ),
    machine.breakEven !== '' && h('p', { class: 'muted' }, t('Direct solve pays off there: {0}.', machine.breakEven)),
  );
}
