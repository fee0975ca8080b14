import { formatCount } from '../energy/format.ts';
import type { EvalDocument } from '../protocol/documents.ts';
import { fileName, numberCell } from './cells.ts';

/** The evaluation of a model for a terminal: one line. Ends with a newline. */
export function evalText(evaluation: EvalDocument): string {
  const { value, correct, rows } = evaluation;
  const result =
    evaluation.metric === 'accuracy'
      ? `accuracy ${(value * 100).toFixed(1)} %${correct === null ? '' : ` (${correct} of ${rows})`}`
      : `mean squared error ${numberCell(value)}`;
  return `${fileName(evaluation.model)} on ${formatCount(rows)} rows of ${fileName(evaluation.dataset)}: ${result}\n`;
}
