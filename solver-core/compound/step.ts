import { exactly } from '../energy/quantity.ts';
import { observe, observeDrift } from '../learn/index.ts';
import { maxOutputs } from '../learn/ridge/options.ts';
import { TierwiseError } from '../model/error.ts';
import type { CompoundDecision, CompoundStep, CompoundUpdate } from '../protocol/index.ts';
import type { Decided, DecidedBatch } from './decide.ts';
import { decideBatch, deciding } from './decide.ts';
import { withResults } from './pool.ts';
import type { WindowScores } from './recalibrate.ts';
import { poolRowsOf } from './recalibrate.ts';
import { countClasses, countsAfter, sumsAfter, sumsOf } from './running.ts';
import type { StepOutcome, StreamBatch, StreamCounts, StreamPrices, StreamState, StreamSums, StreamTools } from './types.ts';
import type { Acted } from './update.ts';
import { act, alarmSignals } from './update.ts';
import { hasUnlearnedClass } from './update-options.ts';
import type { Widths } from './waiting.ts';
import { withDecisions, withoutBefore } from './waiting.ts';

/** Decisions that a step tells one by one. */
const shownDecisions = 64;
/** Characters of an input that are told. */
const shownCharacters = 200;

/**
 * Decides a batch, and learns from its labels what the policy allows. Gives a new state; when it rejects nothing has changed. Accuracy and loss
 * are prequential: of decisions made before their labels were learned.
 */
export async function compoundStep(state: StreamState, batch: StreamBatch, tools: StreamTools): Promise<StepOutcome> {
  const widths: Widths = { lower: lowerWidth(state, batch), upper: tools.upper.width };
  requireLabels(batch);
  const decided = await decideBatch(state, batch, tools);
  const labelled = labelledOf(decided, batch.features, widths);
  const classes = countClasses(state.classRows, labelled.labels);
  const drift = observeDrift(state.drift, {
    errors: labelled.decisions.map((d) => (deciding(d).best === d.item.label ? 0 : 1)),
    confidences: decided.decisions.map(({ confidence }) => confidence),
  });
  const isAlarm = drift.signals.some((signal) => alarmSignals.has(signal));
  const batchSeen: StreamState = {
    ...state,
    drift: drift.state,
    classRows: classes.counts,
    context: decided.context,
    alarmAt: alarmAfter(state, drift.signals, isAlarm),
    pool: withResults(state.pool, poolRowsOf(labelled.scores, state.lower.temperature, state.upper.temperature)),
    waiting: state.settings.learns && state.policy.options.kind !== 'never' ? withDecisions(state.waiting, labelled) : state.waiting,
  };
  // A class that no head has learned explains its errors; what is known of the others is not out of date.
  const seen: StreamState = hasUnlearnedClass(batchSeen) ? { ...batchSeen, alarmAt: null } : batchSeen;
  const acted = state.settings.learns ? await learnFrom(seen, labelled, drift.signals, classes.fresh.length, tools.prices, widths) : null;
  const counts = countsAfter(state.counts, decided, acted, isAlarm);
  const sums = sumsAfter(state, decided, acted, isAlarm ? counts.labelledTokens : 0, tools.prices);
  const next = stateAfter(seen, acted, counts, sums, widths);
  const update =
    acted === null
      ? null
      : updateOf(
          acted,
          drift.signals,
          classes.fresh.map((label) => tools.nameOf(label)),
        );
  const decisions = decided.decisions.map((d, i) => told(d, state.counts.decisions + i, tools));
  return { state: next, decisions, step: stepOf(state, decisions, counts, sums, update), events: acted?.policy.log ?? [] };
}

/** Values per row; those of the rows that wait where the batch has none. */
function lowerWidth({ waiting }: StreamState, { items, features }: StreamBatch): number {
  if (items.length > 0) return features.length / items.length;
  return waiting.rows === 0 ? 0 : waiting.lower.length / waiting.rows;
}

/** Throws `label-out-of-range`: a stray label must not allocate gigabytes. */
function requireLabels({ items }: StreamBatch): void {
  const bad = items.findIndex(({ label }) => label !== null && !(Number.isSafeInteger(label) && label >= 0 && label < maxOutputs));
  if (bad < 0) return;
  throw new TierwiseError(
    'label-out-of-range',
    `decision ${bad} of the batch has the label ${items[bad]!.label}, expected 0 to ${maxOutputs - 1}`,
    'Number the classes from 0.',
  );
}

/**
 * Where the alarm that is up began. It lasts until the smoothed error is normal again: as long as it does, heads are also tried that learn from
 * the rows behind it alone.
 */
function alarmAfter({ alarmAt, policy }: StreamState, signals: readonly string[], isAlarm: boolean): number | null {
  if (isAlarm) return alarmAt ?? policy.seen;
  return signals.includes('ewma') ? alarmAt : null;
}

interface Labelled {
  readonly decisions: readonly Decided[];
  readonly labels: readonly number[];
  readonly exits: readonly Decided['exit'][];
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  /** What the heads of today said. */
  readonly scores: WindowScores;
}

/** The decisions whose label is known, with their features and scores. */
function labelledOf(
  { decisions, lowerScores, upperFeatures, upperScores }: DecidedBatch,
  features: Float32Array,
  widths: Widths,
): Labelled {
  const outputs = decisions.length === 0 ? 0 : lowerScores.length / decisions.length;
  const rows = decisions.flatMap(({ item }, row) => (item.label === null ? [] : [row]));
  const known = rows.map((row) => decisions[row]!);
  // Position of each escalated decision among the escalated ones.
  const places = new Map<number, number>();
  decisions.forEach(({ exit }, row) => exit === 'upper' && places.set(row, places.size));
  const above = rows.flatMap((row) => places.get(row) ?? []);
  const upperOutputs = places.size === 0 ? 0 : upperScores.length / places.size;
  const labels = known.map(({ item }) => item.label!);
  const upperRows = rows.flatMap((row, at) => (places.has(row) ? [at] : []));
  return {
    decisions: known,
    labels,
    exits: known.map(({ exit }) => exit),
    lower: gathered(features, widths.lower, rows),
    upper: gathered(upperFeatures, widths.upper, above),
    scores: {
      lower: { rows: rows.length, labels: Int32Array.from(labels), scores: gathered(lowerScores, outputs, rows), outputs },
      upper: {
        rows: above.length,
        labels: Int32Array.from(upperRows, (at) => labels[at]!),
        scores: gathered(upperScores, upperOutputs, above),
        outputs: upperOutputs,
      },
      upperRows,
    },
  };
}

function gathered(values: Float32Array, width: number, rows: readonly number[]): Float32Array {
  const all = new Float32Array(rows.length * width);
  rows.forEach((row, at) => all.set(values.subarray(row * width, (row + 1) * width), at * width));
  return all;
}

function learnFrom(
  state: StreamState,
  { labels, scores }: Labelled,
  drift: readonly string[],
  newClasses: number,
  prices: StreamPrices,
  widths: Widths,
): Promise<Acted> {
  const trigger = observe(state.policy, { rows: labels.length, drift, newClasses, error: state.drift.ewma });
  return act(state, trigger, scores, prices, widths);
}

function stateAfter(seen: StreamState, acted: Acted | null, counts: StreamCounts, sums: StreamSums, widths: Widths): StreamState {
  if (acted === null) return { ...seen, counts, sums };
  const { lower, upper, threshold, pool, drift } = acted;
  const policy = { ...acted.policy, log: [] };
  const { kind, window } = policy.options;
  const needed = kind === 'gain' ? Math.min(policy.absorbed, Math.max(0, policy.seen - window)) : policy.absorbed;
  const left = withoutBefore(seen.waiting, needed, widths);
  // Where no rows are kept the next ones are those that come.
  const waiting = left.rows === 0 ? { ...left, first: policy.seen } : left;
  return { ...seen, lower, upper, threshold, pool, drift, policy, waiting, counts, sums };
}

function updateOf(acted: Acted, drift: readonly string[], newClasses: readonly string[]): CompoundUpdate {
  const { expectedGain, gainPerJoule } = acted.judgement;
  return {
    decision: acted.decision,
    reason: acted.reason,
    head: acted.head,
    expectedGain,
    gain:
      gainPerJoule === null
        ? null
        : exactly(gainPerJoule, '1/J', acted.energy.source, 'expected errors avoided over the high bound of the energy'),
    energy: acted.energy,
    drift,
    newClasses,
  };
}

function told(d: Decided, index: number, tools: StreamTools): CompoundDecision {
  const { item, exit, confidence, energy, reason } = d;
  const { best, loss } = deciding(d);
  return {
    index,
    input: shortened(item.input),
    exit,
    cache: item.cache,
    confidence,
    prediction: best < 0 ? 'nothing' : tools.nameOf(best),
    label: item.label === null ? null : tools.nameOf(item.label),
    correct: item.label === null ? null : best === item.label,
    loss: item.label === null ? null : loss,
    energy,
    reason,
  };
}

function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * shownCharacters + 2)];
  return characters.length <= shownCharacters ? text : `${characters.slice(0, shownCharacters - 1).join('')}…`;
}

function stepOf(
  before: StreamState,
  decisions: readonly CompoundDecision[],
  counts: StreamCounts,
  sums: StreamSums,
  update: CompoundUpdate | null,
): CompoundStep {
  const labelled = counts.labelled - before.counts.labelled;
  return {
    index: before.counts.batches,
    decisions: decisions.length,
    shown: decisions.slice(-shownDecisions),
    update,
    running: {
      accuracy: counts.labelled === 0 ? null : counts.correct / counts.labelled,
      loss: counts.labelled === 0 ? null : counts.loss / counts.labelled,
      escalated: counts.decisions === 0 ? 0 : counts.escalated / counts.decisions,
      hitRate: counts.lookups === 0 ? null : counts.hits / counts.lookups,
    },
    accuracy: labelled === 0 ? null : (counts.correct - before.counts.correct) / labelled,
    sums: sumsOf(sums),
  };
}
