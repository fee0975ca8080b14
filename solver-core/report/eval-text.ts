import { formatCount } from '../energy/format.ts';
import type { EvalDocument } from '../protocol/documents.ts';
import { fileName, numberCell } from './cells.ts';

/** The evaluation of a model for a terminal: one line. Ends with a newline. */
export function evalText(evaluation: EvalDocument): string {
  const { value, correct, rows } = evaluation;
  if (evaluation.metric === 'cross-entropy') return textLine(evaluation);
  const result =
    evaluation.metric === 'accuracy'
      ? `accuracy ${(value * 100).toFixed(1)} %${correct === null ? '' : ` (${correct} of ${rows})`}`
      : `mean squared error ${numberCell(value)}`;
  return `${fileName(evaluation.model)} on ${formatCount(rows)} rows of ${fileName(evaluation.dataset)}: ${result}\n`;
}

/** A language model on a text: nats per token, perplexity, bits per character. */
function textLine({ model, dataset, rows, value, correct, text }: EvalDocument): string {
  const bits =
    text === undefined || text.characters === 0 ? '' : `, ${((value * rows) / text.characters / Math.LN2).toFixed(4)} bits per character`;
  const right = correct === null ? '' : `, ${((100 * correct) / rows).toFixed(1)} % of the next tokens right`;
  const context = text === undefined ? '' : ` in windows of ${formatCount(text.context)}`;
  return `${fileName(model)} on ${formatCount(rows)} tokens of ${fileName(dataset)}${context}: cross-entropy ${value.toFixed(4)} nats per token, perplexity ${numberCell(Math.exp(value))}${bits}${right}\n`;
}
