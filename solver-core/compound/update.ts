import { freshConfidence } from '../learn/drift/confidence.ts';
import { afford, afterUpdate, decide, noEnergy, pairedDifference, settle } from '../learn/index.ts';
import type { Candidate, PolicyDecision, PolicyState, RidgeLearner, Trigger } from '../learn/index.ts';
import type { LearnRows, UpperLearner } from '../learn/learner.ts';
import type { DriftState } from '../learn/index.ts';
import type { CompoundHead, CompoundUpdate } from '../protocol/index.ts';
import { bounds, noJoules, plus } from './joules.ts';
import { recalibrated, windowScores } from './recalibrate.ts';
import type { Calibrated, WindowScores } from './recalibrate.ts';
import { opinionOf } from './softmax.ts';
import type { Exit, Joules, StreamPrices, StreamState } from './types.ts';
import { optionsFor } from './update-options.ts';
import { growthPrice, judgePrice, learnsBelow, updatePrice } from './update-price.ts';
import type { RowsOfExits, Widths } from './waiting.ts';
import { rowsBetween } from './waiting.ts';

/** What the policy made of a batch. */
export interface Acted {
  readonly lower: StreamState['lower'];
  readonly upper: StreamState['upper'];
  readonly threshold: number;
  readonly pool: StreamState['pool'];
  readonly policy: PolicyState;
  readonly drift: DriftState;
  readonly decision: CompoundUpdate['decision'];
  readonly reason: string;
  readonly judgement: Pick<PolicyDecision, 'expectedGain' | 'gainPerJoule'>;
  readonly energy: Joules;
  readonly head: CompoundHead;
}

/** Signals that are alarms: events, not levels. */
export const alarmSignals: ReadonlySet<string> = new Set(['page-hinkley', 'ddm', 'leverage', 'confidence']);
/** The heads of a candidate. */
interface Heads {
  readonly lower: UpperLearner;
  readonly upper: UpperLearner;
}

/**
 * Does what the policy decides about a batch (method 3.8): candidates of both heads from the waiting rows, judged together on rows that
 * neither has learned by the error of the exit that decided; then temperatures and threshold anew; then the guard, which judges heads,
 * temperatures and threshold together and puts all of them back when they do worse. `state`: with the batch among its waiting rows;
 * `batch`: what the present heads said to it.
 */
export async function act(state: StreamState, trigger: Trigger, batch: WindowScores, prices: StreamPrices, widths: Widths): Promise<Acted> {
  if (trigger.kind === 'skip') return skipped(state, trigger.state, trigger.decision, noJoules);
  const pending = rowsBetween(state.waiting, trigger.rows.pending.from, trigger.rows.pending.to, widths);
  if (trigger.kind === 'act') {
    const heads = await updated(state, pending);
    const built = plus(updatePrice(state, pending, prices), growthPrice(state, heads, pending, null, prices));
    // Nothing is held out: what the heads said to the batch before they learned it is all there is to go by.
    const calibrated = recalibrated({ ...state, ...withHeads(state, heads) }, batch, prices, widths);
    const energy = plus(built, calibrated.energy);
    const { state: policy } = settle(trigger.state, null, bounds(energy));
    return {
      ...kept(state, calibrated, state.drift),
      policy,
      decision: 'update',
      reason: trigger.decision.reason,
      judgement: trigger.decision,
      energy,
    };
  }
  const window = rowsBetween(state.waiting, trigger.rows.window.from, trigger.rows.window.to, widths);
  const options = optionsFor(state, pending, trigger.rows.pending.to, widths);
  const judging = judgePrice(state, window, prices);
  // The heads of today are judged once beside the first candidate.
  const priced = options.map(({ rows }, at) => plus(updatePrice(state, rows, prices), at === 0 ? plus(judging, judging) : judging));
  const { bucketJ } = trigger.state;
  const all = priced.reduce(plus, noJoules);
  // A refit is looked at only where there is enough for both.
  const probes = bucketJ === null || all.high <= bucketJ ? priced : priced.slice(0, 1);
  const cost = probes.reduce(plus, noJoules);
  const affordance = afford(trigger.state, bounds(cost));
  if (affordance.decision !== null) return skipped(state, affordance.state, affordance.decision, noJoules);
  const today = await windowScores(state.lower.learner, state.upper.learner, window);
  const before = errorsOf(today, (row) => window.exits[row]!);
  let growth = noJoules;
  const candidates: { readonly heads: Heads; readonly scores: WindowScores; readonly candidate: Candidate }[] = [];
  for (const [at, probe] of probes.entries()) {
    const { action, rows, keep } = options[at]!;
    const heads = await updated(state, rows, keep);
    growth = plus(growth, growthPrice(state, heads, rows, window, prices));
    const scores = await windowScores(heads.lower, heads.upper, window);
    const difference = pairedDifference(
      before,
      errorsOf(scores, (row) => window.exits[row]!),
    );
    candidates.push({ heads, scores, candidate: { action, difference, probe: bounds(probe), commit: noEnergy } });
  }
  const { state: policy, decision } = decide(
    affordance.state,
    candidates.map(({ candidate }) => candidate),
  );
  const chosen = candidates.find(({ candidate }) => candidate.action === decision.action);
  if (decision.action === 'skip' || chosen === undefined)
    return { ...skipped(state, policy, decision, plus(cost, growth)), drift: accustomed(state.drift, policy.refusals) };
  return guarded(state, { policy, decision, cost, growth, before, ...chosen }, prices, widths);
}

/** Looks in a row that gain nothing, after which the present error is taken for normal. */
const looksToGetUsed = 8;

/**
 * The monitors after looks that gained nothing: an error that learning does not lower is the normal one from then on (with more classes the task
 * is harder than on calibration rows). It would else call for a look, and its joules, at every batch.
 */
function accustomed(drift: DriftState, refusals: number): DriftState {
  const { ewma, reference } = drift;
  return refusals < looksToGetUsed || ewma === null || reference === null || ewma <= reference ? drift : { ...drift, reference: ewma };
}

/** Recalibrates behind the new heads, and keeps all of it or nothing. */
function guarded(
  state: StreamState,
  chosen: {
    readonly policy: PolicyState;
    readonly decision: PolicyDecision;
    readonly cost: Joules;
    /** Beyond `cost`, and not yet taken from the budget. */
    readonly growth: Joules;
    readonly before: Float64Array;
    readonly heads: Heads;
    readonly scores: WindowScores;
  },
  prices: StreamPrices,
  widths: Widths,
): Acted {
  const { decision, scores, before } = chosen;
  const calibrated = recalibrated({ ...state, ...withHeads(state, chosen.heads) }, scores, prices, widths);
  const extra = plus(chosen.growth, calibrated.energy);
  const energy = plus(chosen.cost, extra);
  const after = expectedErrors(calibrated, before.length);
  const guard = settle(chosen.policy, pairedDifference(before.slice(before.length - after.length), after), bounds(extra));
  const told = { policy: guard.state, judgement: decision, energy };
  if (guard.restored) return { ...unchanged(state), ...told, decision: 'restored', reason: guard.reason };
  const error = after.reduce((sum, v) => sum + v, 0) / Math.max(1, after.length);
  const action = decision.action === 'refit' ? 'refit' : 'update';
  return { ...kept(state, calibrated, afterUpdate(state.drift, error)), ...told, decision: action, reason: decision.reason };
}

/**
 * Errors on the newest rows of the pool, those that judge, at the exits where the new threshold sends them; where the upper exit was not asked
 * the share that is expected to be wrong.
 */
function expectedErrors({ pool, threshold }: Calibrated, rows: number): Float64Array {
  const from = Math.max(0, pool.confidence.length - rows);
  return pool.confidence.slice(from).map((confidence, i) => 1 - (confidence < threshold ? pool.upper : pool.lower)[from + i]!);
}

/** 1 where the deciding exit is wrong. */
function errorsOf({ lower, upper, upperRows }: WindowScores, exitOf: (row: number) => Exit): Float64Array {
  const errors = new Float64Array(lower.rows);
  const above = new Map(upperRows.map((row, i) => [row, i]));
  for (let row = 0; row < lower.rows; row++) {
    const i = exitOf(row) === 'upper' ? above.get(row) : undefined;
    const [judged, at] = i === undefined ? [lower, row] : [upper, i];
    errors[row] = opinionOf(judged.scores, at, judged.outputs, 1, null).best === judged.labels[at] ? 0 : 1;
  }
  return errors;
}

/** The heads after the waiting rows; `keep` below 1: older rows count so much in ridge heads, which are solved anew. */
async function updated(state: StreamState, pending: RowsOfExits, keep?: number): Promise<Heads> {
  const next = async (learner: UpperLearner, rows: LearnRows): Promise<UpperLearner> => {
    if (rows.rows === 0) return learner;
    return keep !== undefined && isRidge(learner) ? learner.refitted(rows, { keep }) : learner.updated(rows);
  };
  return {
    lower: learnsBelow(state) ? await next(state.lower.learner, pending.lower) : state.lower.learner,
    upper: await next(state.upper.learner, pending.upper),
  };
}

function isRidge(learner: UpperLearner): learner is RidgeLearner {
  return learner.kind === 'rls';
}

function withHeads(state: StreamState, heads: Heads): Pick<StreamState, 'lower' | 'upper'> {
  return { lower: { ...state.lower, learner: heads.lower }, upper: { ...state.upper, learner: heads.upper } };
}

function unchanged(state: StreamState): Pick<Acted, 'lower' | 'upper' | 'threshold' | 'pool' | 'drift' | 'head'> {
  const { lower, upper, threshold, pool, drift } = state;
  return { lower, upper, threshold, pool, drift, head: headOf(state) };
}

function kept(
  state: StreamState,
  { lower, upper, threshold, pool }: Calibrated,
  drift: DriftState,
): Pick<Acted, 'lower' | 'upper' | 'threshold' | 'pool' | 'drift' | 'head'> {
  // Confidences of these heads beside those of the heads before would tell a drift that nobody but the update made.
  return { lower, upper, threshold, pool, drift: { ...drift, confidence: freshConfidence }, head: headOf(state) };
}

/** The kind of the head that most decisions come from: the upper one's where most of the newest ones would escalate. */
function headOf({ lower, upper, threshold, pool }: StreamState): CompoundHead {
  const escalating = pool.confidence.filter((confidence) => confidence < threshold).length;
  const isUpper = threshold > 1 || 2 * escalating > pool.confidence.length;
  return (isUpper ? upper : lower).learner.kind === 'rls' ? 'rls' : 'adam';
}

function skipped(state: StreamState, policy: PolicyState, decision: PolicyDecision, energy: Joules): Acted {
  return { ...unchanged(state), policy, decision: 'skip', reason: decision.reason, judgement: decision, energy };
}
