import type { LearningBatchView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import type { Translate } from '../strings.ts';
import type { DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';
import { figureCell, sourceDetails } from './figure.ts';

/** The word for what was done with a batch. */
export function decisionWord(t: Translate, decision: LearningBatchView['decision']): string {
  return { skip: t('skipped'), update: t('learned'), refit: t('refitted'), restored: t('taken back') }[decision];
}

/** Every batch with its decision and the reason, newest first. */
export function createBatchTable(context: PageContext): DataTable<LearningBatchView> {
  const { t } = context;
  return createTable<LearningBatchView>({
    context,
    caption: t('Batches and what was decided'),
    rowId: (batch) => t('batch {0}', batch.index + 1),
    details: (batch) => [
      h('p', {}, batch.reason),
      h(
        'dl',
        { class: 'pairs' },
        pair(t('On this batch before'), batch.before),
        pair(t('On this batch after'), batch.after),
        pair(t('Running'), batch.running),
        pair(t('Expected gain'), batch.gain),
        batch.signals !== '' && pair(t('Signals'), batch.signals),
        h('div', {}, h('dt', {}, t('Energy')), h('dd', {}, `${batch.energy.text} `, sourceDetails(t, batch.energy))),
      ),
    ],
    columns: [
      {
        key: 'batch',
        label: t('Batch'),
        numeric: false,
        rank: 1,
        sortBy: (batch) => batch.index,
        cell: (batch) => [String(batch.index + 1)],
      },
      { key: 'rows', label: t('Rows'), numeric: true, rank: 4, sortBy: (batch) => batch.index, cell: (batch) => [batch.rows] },
      {
        key: 'decision',
        label: t('Decision'),
        numeric: false,
        rank: 1,
        sortBy: (batch) => batch.decision,
        cell: (batch) => [decisionWord(t, batch.decision)],
      },
      { key: 'reason', label: t('Reason'), numeric: false, rank: 5, sortBy: (batch) => batch.reason, cell: (batch) => [batch.reason] },
      { key: 'before', label: t('Before'), numeric: true, rank: 3, sortBy: (batch) => batch.before, cell: (batch) => [batch.before] },
      { key: 'running', label: t('Running'), numeric: true, rank: 2, sortBy: (batch) => batch.running, cell: (batch) => [batch.running] },
      {
        key: 'energy',
        label: t('Energy'),
        numeric: true,
        rank: 2,
        sortBy: (batch) => batch.energy.value,
        cell: (batch) => figureCell(t, batch.energy),
      },
    ],
  });
}

function pair(name: string, value: string): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}
