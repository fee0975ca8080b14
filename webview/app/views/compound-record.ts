import type { CompoundModuleView, CompoundView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { baseName, shortName } from '../text.ts';
import { exitWord } from './decision-list.ts';
import './evidence.css';
import { figureCell, sourceDetails, sourceLegend } from './figure.ts';
import { beforeAfter } from './fit-result.ts';

type Result = NonNullable<CompoundView['result']>;

/** What a run came to: its modules, what it spent on what, what was forgotten, and the files that a later run goes on from. */
export function compoundResult(result: Result, context: PageContext): HTMLElement {
  const { t } = context;
  const { heldOut } = result;
  return h(
    'section',
    { class: 'section card search-result', 'aria-labelledby': 'result-heading' },
    h('h2', { id: 'result-heading' }, t('Result')),
    result.stale !== null && h('p', { class: 'note' }, icon('warning', 'severity-warning'), h('span', {}, result.stale)),
    h(
      'div',
      { class: 'compound-facts' },
      h(
        'div',
        {},
        heldOut !== null && beforeAfter(t, heldOut.before, heldOut.after),
        heldOut !== null &&
          h('p', { class: 'muted' }, t('accuracy on {0} rows that the plan holds out, before and after the stream', heldOut.rows)),
        h(
          'dl',
          { class: 'pairs' },
          h('div', {}, h('dt', {}, t('Deciding')), h('dd', {}, `${result.deciding.text} `, sourceDetails(t, result.deciding))),
          h('div', {}, h('dt', {}, t('Learning')), h('dd', {}, `${result.learning.text} `, sourceDetails(t, result.learning))),
        ),
        h(
          'p',
          { class: 'muted' },
          result.began,
          ` ${t('Files: {0}', result.files.map((file) => shortName(baseName(file), 60)).join(', '))}`,
        ),
      ),
      modulesTable(result, context),
    ),
  );
}

function modulesTable({ lower, upper }: Result, { t }: PageContext): HTMLElement {
  const row = (word: string, module: CompoundModuleView): HTMLElement =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, word),
      h('td', {}, shortName(module.name, 80)),
      h('td', { class: 'num' }, module.macs),
      h('td', { class: 'num' }, module.parameters),
      h('td', { class: 'num' }, ...figureCell(t, module.energy)),
    );
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Modules') },
    h(
      'table',
      { class: 'small-table' },
      h('caption', {}, t('Modules, and one decision of each without a cache')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t('Module')),
          h('th', { scope: 'col' }, t('Is')),
          h('th', { scope: 'col', class: 'num' }, t('MACs')),
          h('th', { scope: 'col', class: 'num' }, t('Parameters')),
          h('th', { scope: 'col', class: 'num' }, t('Energy')),
        ),
      ),
      h('tbody', {}, row(t('lower'), lower), row(t('upper'), upper)),
    ),
  );
}

/** Heads that were tried on rows that they had not seen, and why one of them was chosen. */
export function headTrials({ heads }: Result, { t }: PageContext): HTMLElement | null {
  if (heads.length === 0) return null;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'heads-heading' },
    h('h2', { id: 'heads-heading' }, t('Heads that were tried')),
    h(
      'div',
      { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Heads that were tried') },
      h(
        'table',
        { class: 'small-table heads-table' },
        h('caption', { class: 'visually-hidden' }, t('Each head on rows that it had not seen')),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, t('Exit')),
            h('th', { scope: 'col' }, t('Head')),
            h('th', { scope: 'col', class: 'num' }, t('Loss')),
            h('th', { scope: 'col', class: 'num' }, t('Accuracy')),
            h('th', { scope: 'col', class: 'num' }, t('Learning it')),
            h('th', { scope: 'col' }, t('Reason')),
          ),
        ),
        h(
          'tbody',
          {},
          ...heads.map((trial) =>
            h(
              'tr',
              { class: trial.chosen ? 'chosen-row' : '' },
              h('th', { scope: 'row' }, exitWord(t, trial.exit)),
              h('td', {}, trial.chosen && icon('check'), trial.chosen && ' ', trial.head, trial.chosen && `, ${t('chosen')}`),
              h('td', { class: 'num' }, trial.loss),
              h('td', { class: 'num' }, trial.accuracy),
              h('td', { class: 'num' }, ...figureCell(t, trial.energy)),
              h('td', { class: 'reason-cell' }, trial.reason),
            ),
          ),
        ),
      ),
    ),
    sourceLegend(t, new Set(heads.map(({ energy }) => energy.source))),
  );
}

/** What the cache held and whether it paid. */
export function cacheSection({ cache }: Result, { t }: PageContext): HTMLElement {
  const heading = h('h2', { id: 'cache-heading' }, t('Cache'));
  if (cache === null)
    return h('section', { class: 'section', 'aria-labelledby': 'cache-heading' }, heading, h('p', {}, t('There is no cache.')));
  const facts: readonly (readonly [string, string])[] = [
    [t('Look-ups'), cache.lookups],
    [t('Hits'), t('{0} ({1})', cache.hits, cache.hitRate)],
    [t('Beginnings found'), cache.prefixHits],
    [t('Pays off above'), cache.breakEven],
    [t('Held'), t('{0} in {1} entries', cache.used, cache.entries)],
    [t('Evicted'), cache.evictions],
  ];
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'cache-heading' },
    heading,
    h('p', {}, cache.verdict),
    h('dl', { class: 'fact-grid' }, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
  );
}
