import type { Band } from './quantity.ts';
import { exactBand } from './quantity.ts';

/**
 * Epochs of gradient descent where nobody states them: 20, in a band of 5 to 100. Small networks on data like the examples reach
 * their accuracy in 10 to 40 epochs; 5 is a warm start or an easy task, 100 a network from scratch with a long schedule, and 20 is
 * near the geometric mean of both ends. A guess, so it stays `assumed`.
 */
export const assumedEpochs: Band = { value: 20, low: 5, high: 100, source: 'assumed', ref: '20 epochs assumed (5 to 100)' };

/** Epochs as somebody states them, from `epochsOfLog` or their own reading of a log. Without spread, and still `assumed`: Tierwise did not see the training. */
export function statedEpochs(epochs: number): Band {
  return exactBand(epochs, 'assumed', `${epochs} epochs as stated`);
}

/** What the rule needs to know beside the accuracies of a log. */
export interface EpochRule {
  /** Held-out rows behind each accuracy. */
  readonly rows: number;
  /** The accuracy that is wanted, e.g. that of the direct solve; default: one standard error below the best of the log. */
  readonly wanted?: number;
}

/**
 * The rule for the number of epochs: the first one whose held-out accuracy reaches what is wanted. Without a wish it is the first one
 * within one standard error, sqrt(p (1 - p) / rows), of the best accuracy p of the log: what comes later cannot be told from luck.
 * `accuracies` as shares in 0..1, one per epoch from the first. Null: the log is empty or never gets there; train longer, or want less.
 */
export function epochsOfLog(accuracies: readonly number[], rule: EpochRule): number | null {
  if (accuracies.length === 0) return null;
  const best = accuracies.reduce((most, accuracy) => Math.max(most, accuracy), 0);
  const wanted = rule.wanted ?? best - Math.sqrt((best * (1 - best)) / rule.rows);
  const index = accuracies.findIndex((accuracy) => accuracy >= wanted);
  return index < 0 ? null : index + 1;
}
