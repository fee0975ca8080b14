import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { EvidenceView, ReportView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, hiddenText, icon } from '../dom.ts';
import { shortName } from '../text.ts';
import { actionButton } from './actions.ts';
import { figureKeys } from '../report-figures.ts';
import { figureButton } from './figure-button.ts';
import { figureCell } from './figure.ts';
import './evidence.css';

/** Estimate, simulated and measured figures of the same things side by side, with how far the estimate is off; `explained`: they are the report's own and open their explanation. */
export function evidenceTable(all: readonly EvidenceView[], caption: string, { t }: PageContext, explained = false): HTMLElement {
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
      h('tbody', {}, ...all.map((evidence, index) => evidenceRow(evidence, explained ? index : null, t))),
    ),
  );
}

function evidenceRow(evidence: EvidenceView, index: number | null, t: PageContext['t']): HTMLElement {
  const number = (which: 'estimate' | 'simulated' | 'measured'): HTMLElement =>
    h(
      'td',
      { class: 'num' },
      ...(index === null ? figureCell(t, evidence[which]) : figureButton(t, evidence[which], figureKeys.evidence(index, which))),
    );
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
    number('estimate'),
    number('simulated'),
    number('measured'),
    h('td', { class: 'num' }, evidence.error === '' ? '–' : evidence.error),
  );
}

/** What the report's figures rest on beyond constants, and the way to more: other evidence, a calibration. Null when there is nothing. */
export function groundsView(
  view: Pick<ReportView, 'evidence' | 'calibration' | 'switching' | 'target'>,
  context: PageContext,
): HTMLElement | null {
  const { t } = context;
  const { evidence = [], calibration, switching } = view;
  if (evidence.length === 0 && calibration === undefined && switching === undefined) return null;
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
    evidence.length > 0 && evidenceTable(evidence, t('The same thing priced in several ways; they are never mixed'), context, true),
    switching !== undefined && switchingView(switching, view.target, context),
  );
}

/** The button that simulates, how far it is, or why the target's multiply-adds cannot be simulated. */
function switchingView(switching: NonNullable<ReportView['switching']>, target: string, context: PageContext): HTMLElement {
  const { t } = context;
  const { obstacle, running } = switching;
  if (obstacle !== null)
    return h('p', { class: 'muted' }, t('Switching cannot be simulated on {0}: {1}.', shortName(target, 60), obstacle));
  if (running === null) {
    const describedBy = 'switching-hint';
    return h(
      'div',
      { class: 'switching' },
      actionButton(context, {
        label: t('Simulate switching'),
        command: 'simulate-switching',
        kind: 'secondary',
        icon: 'pulse',
        describedBy,
      }),
      h('p', { class: 'muted', id: describedBy }, t('Runs the model on rows of the plan and simulates the gates of its multiply-adds.')),
    );
  }
  const bar = h('vscode-progress-bar', { class: 'fit-bar', 'aria-label': t('Simulation') });
  bar.indeterminate = running.fraction === null;
  if (running.fraction !== null) bar.value = Math.min(100, Math.max(0, running.fraction * 100));
  const disabled = running.stopping;
  return h(
    'div',
    { class: 'switching' },
    h('p', {}, running.stopping ? t('Stopping') : running.message),
    bar,
    actionButton(context, { label: t('Stop'), command: 'stop-switching', kind: 'secondary', icon: 'debug-stop', disabled }),
  );
}

/** Retraining on the machine that would train, beside the target that would run the model. */
export function trainingMachineView(machine: NonNullable<ReportView['trainingMachine']>, context: PageContext): HTMLElement {
  const { t } = context;
  const entry = (label: string, metric: 'sgd' | 'solve' | 'incremental'): HTMLElement | false => {
    const figure = machine[metric];
    return (
      figure !== null &&
      h(
        'div',
        {},
        h('dt', {}, label),
        h(
          'dd',
          {},
          ...figureButton(t, { ...figure, bandText: '' }, figureKeys.machine(metric)),
          ' ',
          h('span', { class: 'muted' }, figure.bandText),
        ),
      )
    );
  };
  return h(
    'section',
    { class: 'section card', 'aria-labelledby': 'training-heading' },
    h('h2', { id: 'training-heading' }, t('Retraining on {0}', shortName(machine.name, 80))),
    h(
      'dl',
      { class: 'pairs' },
      entry(t('Gradient descent'), 'sgd'),
      entry(t('Direct solve'), 'solve'),
      entry(t('One update'), 'incremental'),
    ),
    machine.breakEven !== '' && h('p', { class: 'muted' }, t('Direct solve pays off there: {0}.', machine.breakEven)),
  );
}
