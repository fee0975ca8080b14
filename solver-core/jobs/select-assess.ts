import type { Assessment, StoredModel } from '../compress/select/types.ts';
import { modelOutputs } from '../fit/activations.ts';
import type { FitRows, ModelInput, ModelRuntime, SolveContext } from '../fit/index.ts';
import { areProbabilities, logarithms } from './select-scores.ts';

/** What judges a model with stored layers. */
export interface AssessRequest {
  readonly runtime: ModelRuntime;
  readonly input: ModelInput;
  /** The value with the scores, or with probabilities. */
  readonly output: string;
  readonly validation: FitRows;
  /** The model with stored layers, with `output` among its outputs. */
  encode(stored: StoredModel): Uint8Array;
}

/** Judges on the validation rows; what the original model gives is computed once. */
export function assessor(request: AssessRequest): (stored: StoredModel, context: SolveContext) => Promise<Assessment> {
  let original: Promise<Float32Array> | undefined;
  return async (stored, context) => {
    original ??= scores(request, new Map(), context);
    const before = await original;
    const after = stored.size === 0 ? before : await scores(request, stored, context);
    return assessed(request.validation, before, after);
  };
}

/** [rows, outputs] of the model on the validation rows. */
async function scores(request: AssessRequest, stored: StoredModel, context: SolveContext): Promise<Float32Array> {
  const { runtime, input, output, validation } = request;
  const runner = await runtime.open(request.encode(stored));
  try {
    let all = new Float32Array(0);
    for await (const { first, count, tensor } of modelOutputs(runner, validation, input, output, context)) {
      const width = tensor.data.length / count;
      if (all.length === 0) all = new Float32Array(validation.rows * width);
      all.set(tensor.data, first * width);
    }
    return all;
  } finally {
    await runner.dispose();
  }
}

/**
 * Accuracy, and the mean divergence KL(before ‖ after) of the softmax, or of the outputs themselves where they are probabilities; or mean squared error, and mean squared change over the
 * variance.
 */
export function assessed(data: FitRows, given: Float32Array, changed: Float32Array): Assessment {
  const { labels, rows } = data;
  const width = rows === 0 ? 0 : changed.length / rows;
  const isChance = labels.kind === 'class' && areProbabilities(given, width);
  const [before, after] = isChance ? [logarithms(given), logarithms(changed)] : [given, changed];
  if (labels.kind === 'class' && width > 1) {
    let correct = 0;
    let divergence = 0;
    let confidence = 0;
    let [lost, lostSquares] = [0, 0];
    for (let r = 0; r < rows; r++) {
      const was = before.subarray(r * width, (r + 1) * width);
      const is = after.subarray(r * width, (r + 1) * width);
      if (largest(is) === labels.values[r]) correct++;
      divergence += klDivergence(was, is);
      const sure = chanceOf(is, labels.values[r]!);
      const change = sure - chanceOf(was, labels.values[r]!);
      confidence += sure;
      lost += change;
      lostSquares += change * change;
    }
    const variance = Math.max(0, lostSquares / rows - (lost / rows) ** 2);
    return {
      metric: 'accuracy',
      quality: correct / rows,
      divergence: divergence / rows,
      confidence: confidence / rows,
      confidenceError: Math.sqrt(variance / rows),
      rows,
    };
  }
  let squared = 0;
  let moved = 0;
  let size = 0;
  for (let at = 0; at < after.length; at++) {
    const wanted = labels.values[at]!;
    squared += (after[at]! - wanted) ** 2;
    moved += (after[at]! - before[at]!) ** 2;
    size += before[at]! ** 2;
  }
  return { metric: 'mse', quality: squared / after.length, divergence: size === 0 ? 0 : moved / size, rows };
}

/** Index of the largest number, the first of equals; NaN is never it. */
function largest(values: Float32Array): number {
  let best = -1;
  for (let o = 0; o < values.length; o++) {
    if (!Number.isNaN(values[o]!) && (best < 0 || values[o]! > values[best]!)) best = o;
  }
  return best;
}

/** Σ p·log(p/q) of the softmaxes; Infinity when a score is not a number. */
function klDivergence(was: Float32Array, is: Float32Array): number {
  const logP = logSoftmax(was);
  const logQ = logSoftmax(is);
  let sum = 0;
  for (let o = 0; o < was.length; o++) sum += Math.exp(logP[o]!) * (logP[o]! - logQ[o]!);
  return Number.isNaN(sum) ? Infinity : Math.max(0, sum);
}

/** Probability of a class by the softmax; 0 for a class that the model does not know or scores that are no numbers. */
function chanceOf(scores: Float32Array, label: number): number {
  const chance = Math.exp(logSoftmax(scores)[label] ?? -Infinity);
  return Number.isNaN(chance) ? 0 : chance;
}

function logSoftmax(values: Float32Array): Float64Array {
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = values.reduce((sum, v) => sum + Math.exp(v - top), 0);
  return Float64Array.from(values, (v) => v - top - Math.log(total));
}
