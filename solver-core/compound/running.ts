import type { CompoundSums } from '../protocol/index.ts';
import type { DecidedBatch } from './decide.ts';
import { deciding } from './decide.ts';
import { headEnergy, noJoules, plus } from './joules.ts';
import type { Joules, StreamCounts, StreamPrices, StreamState, StreamSums } from './types.ts';
import type { Acted } from './update.ts';

/** The counts with a batch that was decided, and what was done about learning. */
export function countsAfter(before: StreamCounts, { decisions }: DecidedBatch, acted: Acted | null, isAlarm: boolean): StreamCounts {
  const counts = { ...before, batches: before.batches + 1, decisions: before.decisions + decisions.length };
  for (const d of decisions) {
    const { item } = d;
    if (d.exit === 'upper') counts.escalated++;
    if (item.lookups > 0) counts.lookups++;
    if (item.lookups > 0 && item.cache === 'hit') counts.hits++;
    if (item.lookups > 0 && item.cache === 'prefix') counts.prefixHits++;
    if (item.label === null) continue;
    counts.labelled++;
    counts.labelledTokens += item.tokens;
    counts.loss += deciding(d).loss;
    if (deciding(d).best === item.label) counts.correct++;
  }
  if (acted?.decision === 'update' || acted?.decision === 'refit') counts.updates++;
  if (acted?.decision === 'skip') counts.skips++;
  if (acted?.decision === 'restored') counts.restored++;
  if (isAlarm) counts.alarms++;
  return counts;
}

/** The joules of the stream and of its rivals with a batch. `retrainTokens`: labelled tokens (or rows) that a full retraining would go through now; 0: there is none. */
export function sumsAfter(
  { sums, lower, upper }: StreamState,
  { decisions }: DecidedBatch,
  acted: Acted | null,
  retrainTokens: number,
  prices: StreamPrices,
): StreamSums {
  const lowerHead = headEnergy(prices, 'lower', lower.learner.outputs);
  const upperHead = headEnergy(prices, 'upper', upper.learner.outputs);
  let [deciding, alwaysLower, deep]: [Joules, Joules, Joules] = [noJoules, noJoules, noJoules];
  for (const { energy, item } of decisions) {
    deciding = plus(deciding, energy.total);
    alwaysLower = plus(alwaysLower, plus(prices.lower(item.tokens), lowerHead));
    const below = prices.isUpperAlone === true ? noJoules : prices.lower(item.tokens);
    deep = plus(deep, plus(plus(below, prices.upper(item.tokens)), upperHead));
  }
  const retraining = retrainTokens > 0 ? prices.retraining(retrainTokens) : noJoules;
  return {
    deciding: plus(sums.deciding, deciding),
    learning: plus(sums.learning, acted?.energy ?? noJoules),
    alwaysLower: plus(sums.alwaysLower, alwaysLower),
    alwaysUpper: plus(sums.alwaysUpper, deep),
    retraining: plus(sums.retraining, plus(deep, retraining)),
  };
}

/** The sums as documents tell them. */
export function sumsOf({ deciding, learning, alwaysLower, alwaysUpper, retraining }: StreamSums): CompoundSums {
  return { compound: plus(deciding, learning), alwaysLower, alwaysUpper, retraining };
}

/** Rows seen per class with these, and the classes seen for the first time, increasing. */
export function countClasses(
  before: Float64Array,
  labels: readonly number[],
): { readonly counts: Float64Array; readonly fresh: readonly number[] } {
  const counts = new Float64Array(labels.reduce((most, label) => Math.max(most, label + 1), before.length));
  counts.set(before);
  for (const label of labels) counts[label] = counts[label]! + 1;
  const fresh = [...new Set(labels)].filter((label) => (before[label] ?? 0) === 0).sort((a, b) => a - b);
  return { counts, fresh };
}
