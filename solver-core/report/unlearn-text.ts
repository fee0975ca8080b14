import { formatCount, formatFull, sourceLegend } from '../energy/format.ts';
import type { UnlearnDocument } from '../protocol/learn-documents.ts';
import { counted, fileName, inert } from './cells.ts';
import { diagnosticLine } from './check-text.ts';
import { figureCell } from './learn-text.ts';

/** An unlearning for a terminal: how many rows are out, whether it is exact and why, what it cost, before and after. */
export function unlearnText(unlearn: UnlearnDocument): string {
  const { evaluation } = unlearn;
  const left = Math.round(unlearn.rowsLeft);
  return [
    `Took ${counted(unlearn.rows, 'row')} out of what ${fileName(unlearn.plan)} has learned; ${formatCount(left)} ${left === 1 ? 'row is' : 'rows are'} left`,
    `${unlearn.exact ? 'Exact' : 'Not exact'}: ${inert(unlearn.reason, 600)}`,
    `energy  ${formatFull(unlearn.energy)}`,
    ...(evaluation === null
      ? ['Not evaluated on held-out rows: the plan names no data.']
      : [
          `${evaluation.metric === 'accuracy' ? 'accuracy' : 'mean squared error'} on ${formatCount(evaluation.rows)} held-out rows of the plan`,
          `  before  ${figureCell(evaluation.before, evaluation.metric)}`,
          `  after   ${figureCell(evaluation.after, evaluation.metric)}`,
        ]),
    '',
    ...unlearn.diagnostics.map(diagnosticLine),
    `Wrote ${inert(unlearn.output, 4096)}`,
    `Wrote ${inert(unlearn.state, 4096)}`,
    sourceLegend,
    '',
  ].join('\n');
}
