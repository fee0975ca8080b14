import type { LearnRows } from '../learn/learner.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { CompoundEnergy } from '../protocol/index.ts';
import { classRows } from './features.ts';
import { spokenJ, spokenLimit } from '../learn/index.ts';
import { headEnergy, noJoules, plus, times } from './joules.ts';
import type { RowOpinion } from './softmax.ts';
import { opinionOf } from './softmax.ts';
import { alwaysEscalate } from './threshold.ts';
import type { Exit, Joules, StreamBatch, StreamItem, StreamPrices, StreamState, StreamTools, UpperRequest } from './types.ts';

/** One decision before it is put into words. */
export interface Decided {
  readonly item: StreamItem;
  readonly exit: Exit;
  /** Calibrated confidence of the lower exit, and what each exit says; null: the upper one was not asked. */
  readonly confidence: number;
  readonly lower: RowOpinion;
  readonly upper: RowOpinion | null;
  readonly energy: CompoundEnergy;
  readonly reason: string;
}

/** What the exit says that decides. */
export function deciding({ lower, upper }: Pick<Decided, 'lower' | 'upper'>): RowOpinion {
  return upper ?? lower;
}

/** A batch that was decided; nothing was learned. */
export interface DecidedBatch {
  readonly decisions: readonly Decided[];
  /** [items, outputs] scores of the lower exit. */
  readonly lowerScores: Float32Array;
  /** [escalated, upper width] in the order of the items. */
  readonly upperFeatures: Float32Array;
  /** [escalated, outputs] scores of the upper exit. */
  readonly upperScores: Float32Array;
  readonly context: StreamState['context'];
}

/**
 * Decides a batch: scores at the lower exit, calibrated confidence, and the upper exit where it is below the threshold and the budget per
 * decision allows it. The upper module first catches up on the tokens of the context that it has not seen, which counts on the
 * decision that asks it. Rejects with `learn-rows-do-not-fit` or
 * `non-finite-features`; then nothing has changed.
 */
export async function decideBatch(state: StreamState, batch: StreamBatch, tools: StreamTools): Promise<DecidedBatch> {
  const { items, features } = batch;
  const { learner, temperature } = state.lower;
  requireFinite(features, items);
  const scores = await learner.scores(featureRows(features, items.length));
  assert(scores.length === items.length * learner.outputs, `${scores.length} scores for ${items.length} decisions`);
  const planned = planExits(state, items, scores, tools.prices);
  const requests = planned.flatMap(({ request }) => (request === null ? [] : [request]));
  const upperFeatures = requests.length === 0 ? new Float32Array(0) : await tools.upper.represent(requests);
  assert(upperFeatures.length === requests.length * tools.upper.width, `${upperFeatures.length} values for ${requests.length} escalations`);
  requireFinite(
    upperFeatures,
    requests.map(({ item }) => items[item]!),
  );
  const above = state.upper;
  const upperScores = requests.length === 0 ? upperFeatures : await above.learner.scores(featureRows(upperFeatures, requests.length));
  let row = 0;
  const decisions = planned.map(({ item, exit, opinion, reason, energy }) => {
    const upper = exit === 'lower' ? null : opinionOf(upperScores, row++, above.learner.outputs, above.temperature, item.label);
    const lower = opinionOf(scores, opinion.row, learner.outputs, temperature, item.label);
    return { item, exit, confidence: lower.confidence, lower, upper, energy, reason };
  });
  const last = planned.at(-1);
  return { decisions, lowerScores: scores, upperFeatures, upperScores, context: last === undefined ? state.context : last.context };
}

/** Throws `non-finite-features`: heads that learned such a row would be lost. */
function requireFinite(features: Float32Array, items: readonly StreamItem[]): void {
  const bad = features.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  const item = items[Math.floor((bad * items.length) / features.length)];
  throw new TierwiseError(
    'non-finite-features',
    `what a module makes of ${JSON.stringify(item?.input.slice(0, 60) ?? '')} is infinite or not a number`,
    'Check the stream for such values, and the model for weights that overflow.',
  );
}

/** Features as a head takes them to be scored; it does not look at the labels. */
export function featureRows(x: Float32Array, rows: number): LearnRows {
  return classRows(x, new Int32Array(rows));
}

interface Planned {
  readonly item: StreamItem;
  readonly exit: Exit;
  readonly opinion: { readonly row: number };
  readonly request: UpperRequest | null;
  readonly reason: string;
  readonly energy: CompoundEnergy;
  readonly context: StreamState['context'];
}

/** Who goes up, in order: what one decision costs depends on what the upper module has seen of its context before. */
function planExits(state: StreamState, items: readonly StreamItem[], scores: Float32Array, prices: StreamPrices): readonly Planned[] {
  const { learner, temperature } = state.lower;
  const lowerHead = headEnergy(prices, 'lower', learner.outputs);
  const upperHead = headEnergy(prices, 'upper', state.upper.learner.outputs);
  let { context } = state;
  return items.map((item, row) => {
    assert(item.position >= 1 && item.tokens >= 1, `a decision at position ${item.position} of ${item.tokens} tokens`);
    const { confidence } = opinionOf(scores, row, learner.outputs, temperature, null);
    if (context.name !== item.context) context = { name: item.context, seen: 0 };
    const below = {
      lower: prices.lower(item.computed),
      cache: cacheEnergy(item, prices),
      head: lowerHead,
    };
    const stays = plus(plus(below.lower, below.cache), below.head);
    const more = plus(prices.upper(Math.max(0, item.position - context.seen)), upperHead);
    const { exit, reason } = choose(state, confidence, stays, more);
    const energyOf = (upper: Joules): CompoundEnergy => ({ total: plus(stays, upper), ...below, upper });
    if (exit === 'lower') return { item, exit, opinion: { row }, request: null, reason, energy: energyOf(noJoules), context };
    const request = { item: row, context: item.context, from: context.seen, to: item.position };
    context = { name: item.context, seen: Math.max(context.seen, item.position) };
    return { item, exit, opinion: { row }, request, reason, energy: energyOf(more), context };
  });
}

function cacheEnergy({ lookups, readBytes, writtenBytes }: StreamItem, prices: StreamPrices): Joules {
  const read = readBytes === 0 ? noJoules : prices.read(readBytes);
  const written = writtenBytes === 0 ? noJoules : prices.write(writtenBytes);
  return plus(plus(times(prices.lookup, lookups), read), written);
}

/** The exit and why, in one sentence. */
function choose(
  { settings, threshold }: StreamState,
  confidence: number,
  stays: Joules,
  more: Joules,
): { readonly exit: Exit; readonly reason: string } {
  const isAlways = threshold >= alwaysEscalate;
  const limit = settings.decisionBudgetJ;
  const over =
    limit !== null && stays.high > limit
      ? ` It takes up to ${spokenJ(stays.high)} by itself, more than the ${spokenLimit(limit)} per decision.`
      : '';
  if (threshold <= 0) return { exit: 'lower', reason: `Stayed: nothing escalates.${over}` };
  const [mine, asked] = shares(confidence, threshold);
  if (confidence >= threshold) return { exit: 'lower', reason: `Stayed: a confidence of ${mine} is at least ${asked}.${over}` };
  const why = isAlways ? 'every decision does' : `a confidence of ${mine} is below ${asked}`;
  const total = stays.high + more.high;
  if (limit !== null && total > limit)
    return {
      exit: 'lower',
      reason: `Stayed although ${isAlways ? 'every decision escalates' : why}: going up would make it up to ${spokenJ(total)}, the budget is ${spokenLimit(limit)} per decision.`,
    };
  return { exit: 'upper', reason: `Escalated: ${why}.` };
}

/** Two shares in a sentence: as many digits as tell them apart, three at least. */
function shares(a: number, b: number): readonly [string, string] {
  for (let digits = 3; digits < 12; digits++)
    if (a.toFixed(digits) !== b.toFixed(digits) || a === b) return [a.toFixed(digits), b.toFixed(digits)];
  return [String(a), String(b)];
}
