import { formatCount } from '../energy/format.ts';
import type { EvalDocument } from '../protocol/documents.ts';
import { fileName, inert, numberCell } from './cells.ts';

/** The evaluation of a model for a terminal: one line, and one more for the sparse engine. Ends with a newline. */
export function evalText(evaluation: EvalDocument): string {
  return resultLine(evaluation) + fallbackLine(evaluation) + sparseLine(evaluation);
}

/** Which engine ran the model, where that is not ONNX Runtime and nobody asked for another one. */
function fallbackLine({ runtime, sparse }: EvalDocument): string {
  if (sparse !== undefined || runtime === undefined || runtime.startsWith('onnxruntime')) return '';
  return `run by ${inert(runtime)}: ONNX Runtime cannot be loaded here\n`;
}

/** What the engine that skips zeros left out. */
function sparseLine({ sparse }: EvalDocument): string {
  if (sparse === undefined) return '';
  const { skipped, speedUp } = sparse;
  return `sparse engine: ${(100 * skipped).toFixed(1)} % of the multiply-adds of weight layers met a zero and were not made; ${speedUp.toFixed(2)} times as fast as the same engine that skips none (measured on this machine)\n`;
}

function resultLine(evaluation: EvalDocument): string {
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
