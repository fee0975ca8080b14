import type { CompoundDecisionView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { shownInput, shownToken } from '../decisions.ts';
import { h, svg } from '../dom.ts';
import { drawExit } from '../draw/exits.ts';
import { cacheWord, exitWord, verdict } from './decision-list.ts';
import './evidence.css';
import { figureCell, sourceDetails } from './figure.ts';

/** One decision taken apart: what was read and decided, why, and its joules by part. Null: what can be chosen. */
export function decisionDetails(decision: CompoundDecisionView | null, context: PageContext): HTMLElement {
  const { t } = context;
  if (decision === null)
    return h(
      'section',
      { class: 'card decision-details', 'aria-labelledby': 'decision-heading' },
      h('h3', { id: 'decision-heading' }, t('A decision')),
      h('p', { class: 'muted' }, t('Choose a decision, by mouse or with the arrow keys, to see its joules by part and the reason.')),
    );
  const pair = (name: string, ...value: Parameters<typeof h>[2][]): HTMLElement => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
  return h(
    'section',
    { class: 'card decision-details', 'aria-labelledby': 'decision-heading' },
    h('h3', { id: 'decision-heading' }, t('Decision {0}', decision.index.toLocaleString('en-US'))),
    h('p', { class: 'decision-input' }, shownInput(decision.input, false, 400)),
    h('p', {}, decision.reason),
    h(
      'dl',
      { class: 'pairs' },
      pair(t('Decided'), h('code', { class: 'token' }, shownToken(decision.prediction, 80)), ' ', verdict(t, decision.correct)),
      decision.label !== null && pair(t('Right would be'), h('code', { class: 'token' }, shownToken(decision.label, 80))),
      pair(t('Exit'), h('span', { class: 'cell-exit' }, svg(drawExit(decision.exit)), exitWord(t, decision.exit))),
      pair(t('Cache'), cacheWord(t, decision.cache)),
      pair(t('Sure'), decision.confidence),
      pair(t('Loss'), decision.loss),
    ),
    h(
      'table',
      { class: 'small-table' },
      h('caption', { class: 'visually-hidden' }, t('Joules of this decision by part')),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('Part')), h('th', { scope: 'col', class: 'num' }, t('Energy')))),
      h(
        'tbody',
        {},
        ...decision.parts.map(({ name, figure }) =>
          h('tr', {}, h('th', { scope: 'row' }, name), h('td', { class: 'num' }, ...figureCell(t, figure))),
        ),
        h(
          'tr',
          { class: 'chosen-row' },
          h('th', { scope: 'row' }, t('together')),
          h('td', { class: 'num' }, ...figureCell(t, decision.total)),
        ),
      ),
    ),
    h('div', { class: 'decision-source' }, sourceDetails(t, decision.total)),
  );
}
