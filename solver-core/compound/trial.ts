import { pairedDifference, spoken, spokenJ } from '../learn/index.ts';
import type { PairedDifference } from '../learn/policy/types.ts';
import type { LearnRows, UpperLearner } from '../learn/learner.ts';
import { assert } from '../model/error.ts';
import type { CompoundHead, CompoundHeadTrial, CompoundTask } from '../protocol/index.ts';
import { fitTemperature } from './calibration.ts';
import type { FeatureSource, RowRole } from './features.ts';
import { allOfRole, labelsOf } from './features.ts';
import type { HeadOptions, LearnedHead } from './heads.ts';
import { learnRidge, learnSoftmax } from './heads.ts';
import { times } from './joules.ts';
import { opinionOf } from './softmax.ts';
import type { Exit, ExitState, Joules, StreamPrices } from './types.ts';

/** What heads are tried and by what they are chosen. */
export interface TrialOptions extends HeadOptions {
  readonly exit: Exit;
  readonly task: CompoundTask;
  readonly heads: readonly CompoundHead[];
  /** Avoided errors per joule that the plan asks for; undefined: any sure gain is worth its joules. */
  readonly gainPerJoule: number | undefined;
  readonly prices: StreamPrices;
}

/** The chosen head with its scores of the rows that were held out. */
export interface TrialOutcome {
  readonly chosen: ExitState;
  readonly trials: readonly CompoundHeadTrial[];
  /** Rows held out of learning, those of the role 'stop' first, then those that judge; and the chosen head's scores of them. */
  readonly heldOut: { readonly stop: Judged; readonly judge: Judged };
}

/** Scores of rows that a head has not learned. */
export interface Judged {
  readonly rows: number;
  readonly labels: Int32Array;
  /** [rows, outputs] */
  readonly scores: Float32Array;
  readonly outputs: number;
}

/** Decisions that a head is expected to serve, as in the update policy. */
const horizon = 1000;

/**
 * Learns each head from the rows with the role 'learn', fits its temperature on those with the role 'stop', and judges it on those with
 * the role 'judge', which neither has seen. A language model answers with a distribution: there the smaller cross-entropy after
 * temperature wins. Classes are answers: there the higher accuracy wins, when it is worth its joules. Differences within one standard
 * error decide nothing, then the head that took less energy is chosen. No head is preferred by name.
 */
export async function tryHeads(source: FeatureSource, roles: readonly RowRole[], options: TrialOptions): Promise<TrialOutcome> {
  assert(options.heads.length > 0, 'there is no head to try');
  const stop = await allOfRole(source, roles, 'stop');
  const judge = await allOfRole(source, roles, 'judge');
  const tried: Tried[] = [];
  for (const head of options.heads) {
    const learned = await (head === 'rls' ? learnRidge : learnSoftmax)(source, roles, stop, options);
    tried.push(await judged(head, learned, stop, judge, options));
  }
  const best = tried.reduce((kept, other) => (wins(other, kept, options) ? other : kept));
  return {
    chosen: { learner: best.learner, temperature: best.temperature },
    trials: tried.map((mine) => trialOf(mine, best, tried, options)),
    heldOut: { stop: best.stop, judge: best.judge },
  };
}

interface Tried {
  readonly head: CompoundHead;
  readonly learner: UpperLearner;
  readonly temperature: number;
  readonly energy: Joules;
  /** Per judging row: cross-entropy, and 1 where wrong. */
  readonly losses: Float64Array;
  readonly errors: Float64Array;
  readonly stop: Judged;
  readonly judge: Judged;
}

async function judged(
  head: CompoundHead,
  { learner, updates, rows }: LearnedHead,
  stop: LearnRows,
  judge: LearnRows,
  { prices, exit }: TrialOptions,
): Promise<Tried> {
  const [stopped, judging] = [await scored(learner, stop), await scored(learner, judge)];
  const { temperature } = fitTemperature(stopped, { smoothing: 1 / (stop.rows + 2) });
  const losses = new Float64Array(judge.rows);
  const errors = new Float64Array(judge.rows);
  for (let r = 0; r < judge.rows; r++) {
    const label = judging.labels[r]!;
    const { best, loss } = opinionOf(judging.scores, r, judging.outputs, temperature, label);
    losses[r] = loss;
    errors[r] = best === label ? 0 : 1;
  }
  return {
    ...{ head, learner, temperature, losses, errors, stop: stopped, judge: judging },
    energy: times(prices.update(exit, learner, rows), updates),
  };
}

/** Scores of rows by a head, with their labels. */
export async function scored(learner: UpperLearner, rows: LearnRows): Promise<Judged> {
  return { rows: rows.rows, labels: labelsOf(rows), scores: await learner.scores(rows), outputs: learner.outputs };
}

function wins(other: Tried, kept: Tried, options: TrialOptions): boolean {
  const verdict = compared(other, kept, options);
  return verdict === 'better' || (verdict === 'even' && other.energy.value < kept.energy.value);
}

/** How the first head compares with the second on the judging rows, and whether what it gains is worth its joules. */
function compared(a: Tried, b: Tried, { task, gainPerJoule }: TrialOptions): 'better' | 'even' | 'worse' {
  const isSure = ({ mean, deviation, count }: PairedDifference): boolean => count > 0 && Math.abs(mean) > deviation / Math.sqrt(count);
  if (task === 'next-token') {
    const gain = pairedDifference(b.losses, a.losses);
    return !isSure(gain) ? 'even' : gain.mean > 0 ? 'better' : 'worse';
  }
  const gain = pairedDifference(b.errors, a.errors);
  if (!isSure(gain)) return 'even';
  const [better, other] = gain.mean > 0 ? [a, b] : [b, a];
  const moreJ = better.energy.value - other.energy.value;
  const isWorth = gainPerJoule === undefined || moreJ <= 0 || (horizon * Math.abs(gain.mean)) / moreJ > gainPerJoule;
  if (!isWorth) return 'even';
  return better === a ? 'better' : 'worse';
}

function trialOf(mine: Tried, best: Tried, all: readonly Tried[], options: TrialOptions): CompoundHeadTrial {
  const isChosen = mine === best;
  const rival = isChosen ? all.find((other) => other !== mine) : best;
  return {
    exit: options.exit,
    head: mine.head,
    loss: mean(mine.losses),
    accuracy: 1 - mean(mine.errors),
    energy: mine.energy,
    chosen: isChosen,
    reason: rival === undefined ? onlyReason(mine) : reasonOf(mine, rival, isChosen, options),
  };
}

function onlyReason({ head, losses, errors }: Tried): string {
  return `${named(head)} was asked for: cross-entropy ${spoken(mean(losses))}, accuracy ${share(1 - mean(errors))} on ${losses.length} rows it had not learned.`;
}

/** One sentence with the figures of both heads. */
function reasonOf(mine: Tried, rival: Tried, isChosen: boolean, options: TrialOptions): string {
  const isLanguage = options.task === 'next-token';
  const figure = ({ losses, errors }: Tried): string =>
    isLanguage ? `cross-entropy ${spoken(mean(losses))}` : `accuracy ${share(1 - mean(errors))}`;
  const [taken, left] = isChosen ? [mine, rival] : [rival, mine];
  const verdict = compared(taken, left, options);
  const why =
    verdict === 'better'
      ? `a difference beyond chance`
      : `no difference that is beyond chance and worth its joules, so the cheaper one is taken (${spokenJ(taken.energy.value)} against ${spokenJ(left.energy.value)} to learn)`;
  return (
    `${isChosen ? 'Chosen' : 'Not chosen'}: ${figure(mine)} by ${named(mine.head).toLowerCase()} against ${figure(rival).split(' ')[1]} by ` +
    `${named(rival.head).toLowerCase()} on ${mine.losses.length} rows that neither had learned, ${why}.`
  );
}

function named(head: CompoundHead): string {
  return head === 'rls' ? 'The recursive ridge head' : 'The cross-entropy head';
}

function share(value: number): string {
  return value.toFixed(3);
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;
}
