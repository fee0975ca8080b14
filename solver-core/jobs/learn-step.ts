import { afford, afterUpdate, decide, noEnergy, observe, observeDrift, pairedDifference, settle } from '../learn/index.ts';
import type { Candidate, PolicyDecision, PolicyRows, PolicyState, Trigger } from '../learn/index.ts';
import type { LearnRows, UpperLearner } from '../learn/learner.ts';
import type { LearnDecision, Quantity } from '../protocol/index.ts';
import { joules, plus } from './learn-energy.ts';
import type { LearnPrices } from './learn-energy.ts';
import { followed } from './learn-learner.ts';
import type { OpenLearner } from './learn-learner.ts';
import { figureOf, lossesOf } from './learn-losses.ts';
import type { Losses } from './learn-losses.ts';
import { withPrints } from './learn-memory.ts';
import type { LearnMemory } from './learn-memory.ts';
import { rebased } from './learn-policy.ts';
import type { SeenRows } from './learn-rows.ts';
import { filterRows, rowsBetween, withRows } from './learn-waiting.ts';
import type { WaitingRows } from './learn-waiting.ts';

/** What became of one batch; the record adds its number and the running figure. */
export interface StepOutcome {
  readonly memory: LearnMemory;
  readonly decision: LearnDecision;
  readonly reason: string;
  readonly expectedGain: number | null;
  readonly gainPerJoule: number | null;
  readonly energy: Quantity<'J'>;
  /** What updating with exactly this batch would have cost. */
  readonly energyAlways: Quantity<'J'>;
  readonly before: Losses;
  readonly after: number;
  readonly drift: readonly string[];
  readonly newClasses: readonly number[];
  /** Fingerprints of the rows learned in this step. */
  readonly learned: Float64Array;
}

/** Alarms after which a head may be solved anew with older rows counting less. */
const alarms: ReadonlySet<string> = new Set(['page-hinkley', 'ddm', 'leverage', 'confidence']);
/** What older rows count in such a refit (method 3.6: a shorter window). */
const refitKeep = 0.1;

/** Scores one batch before learning from it, asks the policy, and does what it decides. Nothing is changed when it rejects. */
export async function learnStep(memory: LearnMemory, seen: SeenRows, prices: LearnPrices): Promise<StepOutcome> {
  const { learner } = memory.open;
  const before = await judged(learner, seen.rows);
  const classes = countClasses(memory.classRows, seen.rows);
  const drift = observeDrift(memory.drift, {
    errors: before.values,
    ...(before.confidences === null ? {} : { confidences: before.confidences }),
  });
  const waiting = withRows(memory.waiting, seen);
  const signals = { rows: seen.rows.rows, drift: drift.signals, newClasses: classes.fresh.length, error: drift.state.ewma };
  const act = await acted({ ...memory, waiting }, observe(memory.policy, signals), prices);
  const after = act.open.learner === learner ? figureOf(before) : figureOf(await judged(act.open.learner, seen.rows));
  const { state: policy, dropped } = rebased(act.policy);
  const isFirst = learner.rows === 0;
  return {
    memory: {
      ...memory,
      open: act.open,
      policy,
      // The smoothed error goes on from what the new head does on the rows it was judged on.
      drift: act.judgedLoss === null ? drift.state : afterUpdate(drift.state, act.judgedLoss),
      waiting: filterRows(waiting, (row) => row >= dropped),
      classRows: classes.counts,
      prints: act.learned.length === 0 ? memory.prints : withPrints(memory.prints, act.learned, 'stream', memory.isExpanded && isFirst),
    },
    decision: act.decision,
    reason: act.reason,
    expectedGain: act.judgement.expectedGain,
    gainPerJoule: act.judgement.gainPerJoule,
    energy: act.energy,
    energyAlways: prices.update(learner, seen.rows.rows),
    before,
    after,
    drift: drift.signals,
    newClasses: classes.fresh,
    learned: act.learned,
  };
}

interface Act {
  readonly open: OpenLearner;
  readonly policy: PolicyState;
  readonly decision: LearnDecision;
  readonly reason: string;
  readonly judgement: Pick<PolicyDecision, 'expectedGain' | 'gainPerJoule'>;
  readonly energy: Quantity<'J'>;
  readonly learned: Float64Array;
  /** Mean loss of the kept candidate on the held-out rows; null when nothing was judged and kept. */
  readonly judgedLoss: number | null;
}

const nothingLearned = new Float64Array(0);

async function acted(memory: LearnMemory, trigger: Trigger, prices: LearnPrices): Promise<Act> {
  const { open, waiting } = memory;
  const skip = (policy: PolicyState, decision: PolicyDecision, energy = prices.none): Act => {
    const { reason } = decision;
    return { open, policy, decision: 'skip', reason, judgement: decision, energy, learned: nothingLearned, judgedLoss: null };
  };
  if (trigger.kind === 'skip') return skip(trigger.state, trigger.decision);
  const pending = part(waiting, trigger.rows, 'pending', memory);
  if (trigger.kind === 'act') {
    const energy = prices.update(open.learner, pending.rows.rows);
    const learner = await open.learner.updated(pending.rows);
    const { state } = settle(trigger.state, null, joules(energy));
    const { reason } = trigger.decision;
    return {
      open: followed(open, learner),
      policy: state,
      decision: 'update',
      reason,
      judgement: trigger.decision,
      energy,
      learned: pending.prints,
      judgedLoss: null,
    };
  }
  const window = part(waiting, trigger.rows, 'window', memory);
  const options = optionsFor(open, pending.rows, trigger.causes);
  const priced = options.map((_, at) => {
    const update = plus(prices.update(open.learner, pending.rows.rows), prices.judge(open.learner, window.rows.rows));
    // The head of today is judged once beside the first candidate.
    return at === 0 ? plus(update, prices.judge(open.learner, window.rows.rows)) : update;
  });
  // A refit is looked at only where there is enough for both.
  const all = priced.reduce(plus, prices.none);
  const { bucketJ } = trigger.state;
  const probe = bucketJ === null || all.high <= bucketJ ? priced : priced.slice(0, 1);
  const cost = probe.reduce(plus, prices.none);
  const affordance = afford(trigger.state, joules(cost));
  if (affordance.decision !== null) return skip(affordance.state, affordance.decision);
  const today = await judged(open.learner, window.rows);
  const built: { readonly learner: UpperLearner; readonly candidate: Candidate; readonly loss: number }[] = [];
  for (const [at, option] of options.slice(0, probe.length).entries()) {
    const learner = await option.build();
    const { values } = await judged(learner, window.rows);
    const difference = pairedDifference(today.values, values);
    const loss = values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
    built.push({
      learner,
      loss,
      candidate: { action: option.action, difference, probe: joules(probe[at] ?? prices.none), commit: noEnergy },
    });
  }
  const { state, decision } = decide(
    affordance.state,
    built.map(({ candidate }) => candidate),
  );
  const chosen = built.find(({ candidate }) => candidate.action === decision.action);
  if (decision.action === 'skip' || chosen === undefined) return skip(state, decision, cost);
  const guard = settle(state, chosen.candidate.difference, noEnergy);
  if (guard.restored)
    return {
      open,
      policy: guard.state,
      decision: 'restored',
      reason: guard.reason,
      judgement: decision,
      energy: cost,
      learned: nothingLearned,
      judgedLoss: null,
    };
  const { reason } = decision;
  return {
    open: followed(open, chosen.learner),
    policy: guard.state,
    decision: decision.action,
    reason,
    judgement: decision,
    energy: cost,
    learned: pending.prints,
    judgedLoss: chosen.loss,
  };
}

interface Option {
  readonly action: Candidate['action'];
  build(): Promise<UpperLearner>;
}

function optionsFor(open: OpenLearner, rows: LearnRows, causes: readonly string[]): readonly Option[] {
  const update: Option = { action: 'update', build: () => open.learner.updated(rows) };
  if (open.kind !== 'ridge' || !causes.some((cause) => alarms.has(cause))) return [update];
  const { learner } = open;
  return [update, { action: 'refit', build: () => learner.refitted(rows, { keep: refitKeep }) }];
}

function part(waiting: WaitingRows, rows: PolicyRows, which: keyof PolicyRows, { labels }: LearnMemory): SeenRows {
  const { from, to } = rows[which];
  return rowsBetween(waiting, from, to, labels.kind);
}

async function judged(learner: UpperLearner, rows: LearnRows): Promise<Losses> {
  return lossesOf(await learner.scores(rows), learner.outputs, rows);
}

/** Rows seen per class with these, and the classes seen for the first time, increasing. */
function countClasses(
  before: Float64Array,
  { rows, labels }: LearnRows,
): { readonly counts: Float64Array; readonly fresh: readonly number[] } {
  if (labels.kind !== 'class') return { counts: before, fresh: [] };
  const highest = labels.values.reduce((high, v) => Math.max(high, v), -1);
  const counts = new Float64Array(Math.max(before.length, highest + 1));
  counts.set(before);
  for (let r = 0; r < rows; r++) counts[labels.values[r]!] = (counts[labels.values[r]!] ?? 0) + 1;
  const fresh = Array.from(counts.keys()).filter((c) => counts[c]! > 0 && (before[c] ?? 0) === 0);
  return { counts, fresh };
}
