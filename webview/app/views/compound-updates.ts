import type { CompoundUpdateView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import type { DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';
import { figureCell, sourceDetails } from './figure.ts';
import { decisionWord } from './learning-batches.ts';

/** What was done about learning after each batch, with the reason, newest first. */
export function createUpdateTable(context: PageContext): DataTable<CompoundUpdateView> {
  const { t } = context;
  return createTable<CompoundUpdateView>({
    context,
    caption: t('Batches and what was learned from them'),
    rowId: (update) => t('batch {0}', update.index + 1),
    details: (update) => [
      h('p', {}, update.reason),
      h(
        'dl',
        { class: 'pairs' },
        h('div', {}, h('dt', {}, t('Head')), h('dd', {}, update.head)),
        h('div', {}, h('dt', {}, t('Expected gain')), h('dd', {}, update.gain)),
        update.signals !== '' && h('div', {}, h('dt', {}, t('Signals')), h('dd', {}, update.signals)),
        h('div', {}, h('dt', {}, t('Energy')), h('dd', {}, `${update.energy.text} `, sourceDetails(t, update.energy))),
      ),
    ],
    columns: [
      {
        key: 'batch',
        label: t('Batch'),
        numeric: false,
        rank: 1,
        sortBy: (update) => update.index,
        cell: (update) => [String(update.index + 1)],
      },
      {
        key: 'decision',
        label: t('Decision'),
        numeric: false,
        rank: 1,
        sortBy: (update) => update.decision,
        cell: (update) => [decisionWord(t, update.decision)],
      },
      { key: 'head', label: t('Head'), numeric: false, rank: 4, sortBy: (update) => update.head, cell: (update) => [update.head] },
      { key: 'reason', label: t('Reason'), numeric: false, rank: 3, sortBy: (update) => update.reason, cell: (update) => [update.reason] },
      {
        key: 'signals',
        label: t('Signals'),
        numeric: false,
        rank: 5,
        sortBy: (update) => update.signals,
        cell: (update) => [update.signals === '' ? '–' : update.signals],
      },
      {
        key: 'energy',
        label: t('Energy'),
        numeric: true,
        rank: 2,
        sortBy: (update) => update.energy.value,
        cell: (update) => figureCell(t, update.energy),
      },
    ],
  });
}
