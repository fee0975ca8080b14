import type { LearnRows } from '../learn/learner.ts';

/** How well scores answer labels, row by row. */
export interface Losses {
  readonly metric: 'accuracy' | 'mse';
  /** [rows] 0 or 1 (wrong), or the mean squared error over the outputs. */
  readonly values: Float64Array;
  /** [rows] the largest score; null where the metric is mse. */
  readonly confidences: Float64Array | null;
}

/**
 * Losses of scores [rows, outputs], counted as `evaluate` counts them: the first of equal scores wins, a score that is not a number never
 * does, a label beyond the outputs is never right.
 */
export function lossesOf(scores: Float32Array, outputs: number, { rows, labels }: LearnRows): Losses {
  const values = new Float64Array(rows);
  if (labels.kind === 'class' && outputs !== 1) {
    const confidences = new Float64Array(rows);
    for (let r = 0; r < rows; r++) {
      let best = -1;
      for (let o = 0; o < outputs; o++) {
        const v = scores[r * outputs + o]!;
        if (!Number.isNaN(v) && (best < 0 || v > scores[r * outputs + best]!)) best = o;
      }
      values[r] = best === labels.values[r] ? 0 : 1;
      confidences[r] = best < 0 ? 0 : scores[r * outputs + best]!;
    }
    return { metric: 'accuracy', values, confidences };
  }
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let o = 0; o < outputs; o++) sum += (scores[r * outputs + o]! - labels.values[r * outputs + o]!) ** 2;
    values[r] = sum / outputs;
  }
  return { metric: 'mse', values, confidences: null };
}

/** Accuracy, or the mean squared error. NaN for no rows. */
export function figureOf({ metric, values }: Losses): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return metric === 'accuracy' ? 1 - mean : mean;
}
