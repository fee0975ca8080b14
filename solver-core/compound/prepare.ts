import type { Numerics } from '../fit/numerics.ts';
import type { HeadWeights } from '../learn/learner.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Compound } from '../model/plan.ts';
import type { CompoundDocument, CompoundHead, CompoundHeadTrial, CompoundTask, CompoundThreshold } from '../protocol/index.ts';
import { calibrationError } from './calibration.ts';
import type { FeatureSource } from './features.ts';
import { rowRoles } from './features.ts';
import { headEnergy, plus, times } from './joules.ts';
import { poolOf } from './pool.ts';
import { opinionOf } from './softmax.ts';
import { createSoftmaxHead, defaultSoftmaxOptions } from './softmax-head.ts';
import type { ExitCosts, ExitPoint } from './threshold.ts';
import { alwaysEscalate, automaticPoint, exitCurve, thinned } from './threshold.ts';
import type { Judged, TrialOutcome } from './trial.ts';
import { tryHeads } from './trial.ts';
import type { CalibrationPool, Exit, ExitState, StreamPrices } from './types.ts';

/** The calibration rows of one exit, and what its head may start from. */
export interface ExitRows {
  readonly source: FeatureSource;
  readonly start: HeadWeights | null;
}

/** What a compound model is calibrated with. */
export interface PrepareOptions {
  readonly task: CompoundTask;
  /** Of the plan's compound section. */
  readonly compound: Pick<Compound, 'learn' | 'lambda' | 'forgetting' | 'rate' | 'escalate' | 'gainPerJoule'>;
  /** The same rows in the same order for both exits; `upper` null where nothing escalates. */
  readonly lower: ExitRows;
  readonly upper: ExitRows | null;
  /** [rows] classes of these rows. */
  readonly labels: Int32Array;
  /** Values per row of the upper module. */
  readonly upperWidth: number;
  /** Classes known beforehand: those of the vocabulary or of the models' heads; 0: from the rows. */
  readonly outputs: number;
  /** Tokens (or rows) that one decision reads: 1 for next tokens and rows. */
  readonly tokensPerDecision: number;
  /** [rows] number of each row's context and its position there (1 or more); null: each row is a context of its own. */
  readonly places: { readonly context: ArrayLike<number>; readonly position: ArrayLike<number> } | null;
  readonly prices: StreamPrices;
  readonly numerics: Numerics;
  readonly seed: number;
}

/** What a stream starts with. */
export interface PreparedExits {
  readonly lower: ExitState;
  readonly upper: ExitState;
  readonly threshold: number;
  readonly pool: CalibrationPool;
  /** Share of wrong decisions on the rows that calibrate the threshold; null: not measured. */
  readonly error: number | null;
  /** Calibration rows of each class: these are not new to the stream. */
  readonly classRows: Float64Array;
  readonly calibration: CompoundDocument['calibration'];
  readonly heads: readonly CompoundHeadTrial[];
}

/** Points of the curve that a record tells. */
const toldPoints = 64;

/**
 * Heads, temperatures and threshold from calibration rows: 70 % of them are learned, 15 % stop the learning and set the temperatures, 15 % judge
 * the heads; the threshold is chosen on the latter two. Throws `too-few-calibration-rows` below 3 rows.
 */
export async function prepareExits(options: PrepareOptions): Promise<PreparedExits> {
  const { lower, upper, compound, seed } = options;
  const { rows, width } = lower.source;
  assert(upper === null || upper.source.rows === rows, 'both exits have the same calibration rows');
  if (rows < 3)
    throw new TierwiseError(
      'too-few-calibration-rows',
      `there are ${rows} rows to calibrate with, expected 3 or more`,
      'Give the plan more data or text, or a larger split.',
    );
  const values = Math.max(width, upper?.source.width ?? 0, options.outputs);
  const roles = rowRoles(rows, values, seed);
  const below = await tryHeads(lower.source, roles, trialOptions('lower', lower, options));
  const above = upper === null ? null : await tryHeads(upper.source, roles, trialOptions('upper', upper, options));
  const opinions = opinionsOf(below, above);
  const heldOut = [...placesOf(roles, 'stop'), ...placesOf(roles, 'judge')];
  const costs = costsOf(options, below, above, heldOut);
  const curve = exitCurve({ ...opinions, ...(costs === null ? {} : { costs }) });
  const threshold = above === null ? 0 : thresholdOf(compound.escalate, curve, compound.learn !== 'none');
  const chosen = pointAt(curve, threshold, opinions.confidence);
  const judging = below.heldOut.judge;
  return {
    lower: below.chosen,
    upper: above?.chosen ?? { learner: emptyHead(options), temperature: 1 },
    threshold,
    pool: poolOf(opinions, above !== null),
    error: 1 - chosen.accuracy,
    classRows: classCounts(options.labels),
    heads: [...below.trials, ...(above?.trials ?? [])],
    calibration: {
      rows,
      temperature: below.chosen.temperature,
      calibrationError: { before: errorAt(judging, 1), after: errorAt(judging, below.chosen.temperature) },
      threshold,
      curve: thinned(curve, toldPoints, chosen).map((point) =>
        told(point === chosen ? { ...point, threshold } : point, point === chosen, options, below, above),
      ),
    },
  };
}

function trialOptions(exit: Exit, { start }: ExitRows, options: PrepareOptions): Parameters<typeof tryHeads>[2] {
  const { compound, task, outputs, numerics, prices, seed } = options;
  const { learn, lambda, forgetting, rate, gainPerJoule } = compound;
  // A head that does not learn stays what the model has; without one it is learned here, and only here.
  const heads: readonly CompoundHead[] = learn === 'auto' || learn === 'none' ? ['rls', 'adam'] : [learn];
  const isFixed = learn === 'none' && start !== null;
  return {
    ...{ exit, task, outputs, start, lambda, forgetting, rate, seed, numerics, gainPerJoule, prices },
    ...(isFixed ? { heads: ['adam'], isFixed: true } : { heads }),
  };
}

/** Confidence of the lower exit and results of both on the held-out rows; without an upper exit the lower one's twice. */
function opinionsOf(
  below: TrialOutcome,
  above: TrialOutcome | null,
): { readonly confidence: Float64Array; readonly lower: Float64Array; readonly upper: Float64Array } {
  const mine = resultsOf(below);
  return { confidence: mine.confidence, lower: mine.correct, upper: above === null ? mine.correct : resultsOf(above).correct };
}

function resultsOf({ chosen, heldOut }: TrialOutcome): { readonly confidence: Float64Array; readonly correct: Float64Array } {
  const parts = [heldOut.stop, heldOut.judge].map((part) => confidencesOf(part, chosen.temperature));
  const join = (key: 'confidence' | 'correct'): Float64Array => Float64Array.from(parts.flatMap((part) => [...part[key]]));
  return { confidence: join('confidence'), correct: join('correct') };
}

function confidencesOf(
  { rows, scores, outputs, labels }: Judged,
  temperature: number,
): { readonly confidence: Float64Array; readonly correct: Float64Array } {
  const confidence = new Float64Array(rows);
  const correct = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const opinion = opinionOf(scores, r, outputs, temperature, null);
    confidence[r] = opinion.confidence;
    correct[r] = opinion.best === labels[r] ? 1 : 0;
  }
  return { confidence, correct };
}

function errorAt(judge: Judged, temperature: number): number {
  const { confidence, correct } = confidencesOf(judge, temperature);
  return calibrationError(confidence, correct);
}

function placesOf(roles: readonly string[], role: string): readonly number[] {
  return roles.flatMap((mine, row) => (mine === role ? [row] : []));
}

function costsOf(
  { prices, tokensPerDecision, places }: PrepareOptions,
  below: TrialOutcome,
  above: TrialOutcome | null,
  rows: readonly number[],
): ExitCosts | null {
  if (above === null) return null;
  return {
    lowerJ: prices.lower(tokensPerDecision).value + headEnergy(prices, 'lower', below.chosen.learner.outputs).value,
    upperTokenJ: prices.upper(1).value,
    upperHeadJ: headEnergy(prices, 'upper', above.chosen.learner.outputs).value,
    ...(places === null ? { context: rows, position: rows.map(() => tokensPerDecision) } : relaid(places, rows)),
  };
}

/**
 * The rows, one after another, laid into contexts as long as those they come from. Only some rows of a context are held out; contexts of these
 * alone would be shorter, ask the upper module less often, and make it catch up on less than it will.
 */
function relaid(
  { context, position }: NonNullable<PrepareOptions['places']>,
  rows: readonly number[],
): Pick<ExitCosts, 'context' | 'position'> {
  const lengths = new Map<number, number>();
  for (let row = 0; row < context.length; row++) lengths.set(context[row]!, (lengths.get(context[row]!) ?? 0) + 1);
  const ends = [...lengths.values()];
  const order = rows.map((_, at) => at);
  order.sort((a, b) => context[rows[a]!]! - context[rows[b]!]! || position[rows[a]!]! - position[rows[b]!]!);
  const laid = { context: new Int32Array(rows.length), position: new Int32Array(rows.length) };
  let [number, taken] = [0, 0];
  for (const at of order) {
    if (taken === ends[number]!) [number, taken] = [number + 1, 0];
    taken++;
    laid.context[at] = number;
    laid.position[at] = taken;
  }
  return laid;
}

/**
 * The threshold that a plan's `escalate` means for the newest decisions of a stream. Where nothing is known yet, automatic means that every
 * decision escalates: only so does anything become known of the upper exit.
 */
export function thresholdFrom(escalate: Compound['escalate'], pool: CalibrationPool, learns: boolean): number {
  return pool.confidence.length === 0 && escalate.confidence === 'auto' ? alwaysEscalate : thresholdOf(escalate, exitCurve(pool), learns);
}

function thresholdOf({ confidence, within }: Compound['escalate'], curve: readonly ExitPoint[], learns: boolean): number {
  if (confidence === 'never') return 0;
  if (confidence === 'always') return alwaysEscalate;
  return confidence === 'auto' ? automaticPoint(curve, within, learns).threshold : confidence;
}

/** The point of the curve that a threshold stands on: that at which the same rows escalate. */
function pointAt(curve: readonly ExitPoint[], threshold: number, confidence: Float64Array): ExitPoint {
  const share = confidence.filter((mine) => mine < threshold).length / confidence.length;
  const point = curve.find(({ escalated }) => escalated === share);
  assert(point !== undefined, 'a curve holds every set of rows that a threshold escalates');
  return point;
}

function told(
  { threshold, accuracy, escalated, upperTokens }: ExitPoint,
  chosen: boolean,
  { prices, tokensPerDecision }: PrepareOptions,
  below: TrialOutcome,
  above: TrialOutcome | null,
): CompoundThreshold {
  const stays = plus(prices.lower(tokensPerDecision), headEnergy(prices, 'lower', below.chosen.learner.outputs));
  const head = above === null ? prices.none : headEnergy(prices, 'upper', above.chosen.learner.outputs);
  const energy = plus(stays, plus(times(prices.upper(1), upperTokens), times(head, escalated)));
  return { threshold, accuracy, escalated, energy, chosen };
}

function emptyHead({ upperWidth, outputs, seed, compound }: PrepareOptions): ExitState['learner'] {
  return createSoftmaxHead({ ...defaultSoftmaxOptions, inputs: upperWidth, rate: compound.rate, seed }, { outputs });
}

function classCounts(labels: Int32Array): Float64Array {
  const counts = new Float64Array(labels.reduce((high, v) => Math.max(high, v), -1) + 1);
  for (const label of labels) counts[label] = counts[label]! + 1;
  return counts;
}
