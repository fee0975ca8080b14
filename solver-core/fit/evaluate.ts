import { TierwiseError } from '../model/error.ts';
import { modelOutputs } from './activations.ts';
import type { SolveContext } from './backend.ts';
import type { ModelRunner } from './model-runner.ts';
import type { FitRows } from './row-batches.ts';
import type { ModelInput } from './rows.ts';

/** Quality of a model on labelled rows. */
export interface Evaluation {
  readonly rows: number;
  readonly metric: 'accuracy' | 'mse';
  /** Fraction of rows right (0..1), or the mean over rows and outputs of the squared error. */
  readonly value: number;
  /** Rows right; null for mse. */
  readonly correct: number | null;
}

/**
 * Runs the model on all rows and compares with the labels. Class labels and two or more outputs: accuracy, the largest output decides
 * and the first of equals wins; an output that is not a number is never right. Otherwise: mean squared error.
 * `output`: which output of the model answers. Rejects with `label-shape-mismatch` when outputs and labels do not fit together.
 */
export async function evaluate(
  runner: ModelRunner,
  output: string,
  data: FitRows,
  input: ModelInput,
  context: SolveContext,
): Promise<Evaluation> {
  let correct = 0;
  let squared = 0;
  let outputs = 0;
  for await (const { first, count, tensor } of modelOutputs(runner, data, input, output, context)) {
    outputs = tensor.data.length / count;
    requireFit(data, outputs);
    if (isClassified(data, outputs)) correct += countCorrect(tensor.data, data.labels.values, first, count, outputs);
    else squared += sumSquares(tensor.data, data.labels.values, first * outputs, count * outputs);
    context.onProgress?.((first + count) / data.rows, `evaluated ${first + count} of ${data.rows} rows`);
  }
  if (data.rows > 0 && isClassified(data, outputs)) return { rows: data.rows, metric: 'accuracy', value: correct / data.rows, correct };
  return { rows: data.rows, metric: 'mse', value: data.rows === 0 ? NaN : squared / (data.rows * outputs), correct: null };
}

function isClassified(data: FitRows, outputs: number): boolean {
  return data.labels.kind === 'class' && outputs > 1;
}

function requireFit(data: FitRows, outputs: number): void {
  const { labels } = data;
  const fits = labels.kind === 'class' ? outputs === 1 || labels.classes <= outputs : labels.outputs === outputs;
  if (fits) return;
  const what = labels.kind === 'class' ? `${labels.classes} classes` : `${labels.outputs} values per row`;
  throw new TierwiseError(
    'label-shape-mismatch',
    `the labels have ${what}, the model gives ${outputs} numbers per row`,
    'Choose labels that belong to this model, or a model whose last layer fits the labels.',
  );
}

function countCorrect(values: Float32Array, labels: ArrayLike<number>, first: number, count: number, outputs: number): number {
  let correct = 0;
  for (let r = 0; r < count; r++) {
    let best = -1;
    for (let o = 0; o < outputs; o++) {
      const v = values[r * outputs + o]!;
      if (!Number.isNaN(v) && (best < 0 || v > values[r * outputs + best]!)) best = o;
    }
    if (best === labels[first + r]) correct++;
  }
  return correct;
}

function sumSquares(values: Float32Array, labels: ArrayLike<number>, first: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (values[i]! - labels[first + i]!) ** 2;
  return sum;
}
