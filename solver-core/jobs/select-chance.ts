import type { Evaluation, FitRows } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';

/** Standard errors above guessing that a model must be: rarer than one in forty by luck. */
const errors = 2;

/**
 * Throws `model-at-chance` when a classifier is no better than always answering the commonest class: a bound on what it may lose means
 * nothing then. `given`: on these rows.
 */
export function requireBetterThanChance(given: Evaluation, { labels, rows }: FitRows, path: string): void {
  if (given.metric !== 'accuracy' || labels.kind !== 'class') return;
  const counts = new Map<number, number>();
  for (const label of labels.values) counts.set(label, (counts.get(label) ?? 0) + 1);
  const commonest = Math.max(0, ...counts.values()) / rows;
  const spread = Math.sqrt((commonest * (1 - commonest)) / rows);
  if (given.value > commonest + errors * spread) return;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  throw new TierwiseError(
    'model-at-chance',
    `${path} answers ${percent(given.value)} of ${rows} validation rows right; always answering the commonest class gives ${percent(commonest)}, so there is no accuracy to keep`,
    'Run `tierwise fit` on the plan first, or give a trained model.',
  );
}
