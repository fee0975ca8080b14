import { formatCount, formatFull, sourceLegend } from '../energy/format.ts';
import type { LearnBatch, LearnDocument } from '../protocol/learn-documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, numberCell, quantityCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';

const columns: readonly Column[] = [
  { title: 'batch', align: 'right' },
  { title: 'rows', align: 'right' },
  { title: 'decision', align: 'left' },
  { title: 'before', align: 'right' },
  { title: 'after', align: 'right' },
  { title: 'running', align: 'right' },
  { title: 'energy', align: 'right' },
  { title: 'why', align: 'left' },
];

/** Most batches that are listed: the first and the last ones of a longer run, and every one that did something special in between. */
const edgeBatches = 8;
const mostBatches = 40;

/** A figure of a learning run as people read it: accuracy in percent, a mean squared error with three digits. */
export function figureCell(value: number, metric: 'accuracy' | 'mse'): string {
  return metric === 'accuracy' ? `${(value * 100).toFixed(1)} %` : numberCell(value);
}

/** A learning run for a terminal: a line per batch, what was spent and what updating always would have cost, before and after, the files. */
export function learnText(learn: LearnDocument): string {
  const { totals, evaluation, batches } = learn;
  const { metric } = evaluation;
  const shown = chosenBatches(batches);
  const left = batches.length - shown.length;
  const metricName = metric === 'accuracy' ? 'accuracy' : 'mean squared error';
  return [
    `${learn.resumed ? 'Went on learning' : 'Learned'} in upper tier ${inert(learn.tier, 60)} of ${fileName(learn.plan)} by ${inert(learn.learner, 20)}; updates: ${inert(learn.policy, 200)}`,
    '',
    ...textTable(
      columns,
      shown.map((batch) => row(batch, metric)),
    ),
    ...(left > 0 ? [`(${counted(left, 'more batch').replace('batchs', 'batches')} in the record)`] : []),
    '',
    `${formatCount(totals.rows)} rows in ${totals.batches === 1 ? '1 batch' : `${formatCount(totals.batches)} batches`}: ${counted(totals.updates, 'update')}, ${totals.skips} skipped${totals.classes === null ? '' : `; ${totals.classes === 1 ? '1 class' : `${totals.classes} classes`} seen so far`}`,
    `energy of learning     ${formatFull(totals.energy)}`,
    `updating every batch   ${formatFull(totals.energyAlways)}`,
    `${metricName} on the rows as they came: ${batches.length === 0 ? nothing : figureCell(evaluation.stream, metric)}`,
    ...heldOutLines(learn, metricName),
    '',
    ...learn.diagnostics.map(diagnosticLine),
    `Wrote ${inert(learn.output, 4096)}`,
    `Wrote ${inert(learn.state, 4096)}`,
    sourceLegend,
    'Next: run the same command with more data to go on from this state, or `tierwise unlearn` to take rows out again.',
    '',
  ].join('\n');
}

function heldOutLines({ evaluation }: LearnDocument, metricName: string): readonly string[] {
  const { heldOut, metric } = evaluation;
  if (heldOut === null) return ['Not evaluated on held-out rows: the plan names no data.'];
  return [
    `${metricName} on ${formatCount(heldOut.rows)} held-out rows of the plan`,
    `  before  ${figureCell(heldOut.before, metric)}`,
    `  after   ${figureCell(heldOut.after, metric)}`,
  ];
}

function row(batch: LearnBatch, metric: 'accuracy' | 'mse'): readonly string[] {
  const signs = [
    ...(batch.drift.length > 0 ? [`drift: ${batch.drift.map((name) => inert(name, 20)).join(', ')}`] : []),
    ...(batch.newClasses.length > 0 ? [`new classes: ${batch.newClasses.slice(0, 10).join(', ')}`] : []),
  ];
  const why = [inert(batch.reason, 240), ...signs].join(' ');
  return [
    String(batch.index),
    formatCount(batch.rows),
    batch.decision,
    figureCell(batch.before, metric),
    figureCell(batch.after, metric),
    figureCell(batch.running, metric),
    batch.energy.high === 0 ? nothing : quantityCell(batch.energy),
    why,
  ];
}

function chosenBatches(batches: readonly LearnBatch[]): readonly LearnBatch[] {
  if (batches.length <= mostBatches) return batches;
  const special = (batch: LearnBatch): boolean =>
    batch.decision === 'refit' || batch.decision === 'restored' || batch.drift.length > 0 || batch.newClasses.length > 0;
  const room = mostBatches - 2 * edgeBatches;
  const middle = batches.slice(edgeBatches, -edgeBatches).filter(special).slice(0, room);
  return [...batches.slice(0, edgeBatches), ...middle, ...batches.slice(-edgeBatches)];
}
