import { assert } from '../../model/error.ts';
import { addEnergy, hasWorsened, lowerBound, noEnergy, spoken, spokenJ, spokenLimit } from './judge.ts';
import type {
  Affordance,
  BatchSignals,
  Candidate,
  EnergyJ,
  PairedDifference,
  PolicyDecision,
  PolicyEvent,
  PolicyOptions,
  PolicyRows,
  PolicyState,
  Settlement,
  Trigger,
} from './types.ts';

/** How fast the price of an avoided error follows the budget, η_b of method 3.8. */
const priceRate = 0.1;
/** A pause after refusals is at most 2^6 times the first. */
const maxPauseDoublings = 6;
/** The price moves within these factors of where it began. */
const priceRange = 1e6;

/**
 * The energy-aware update policy of method 3.8 as a pure state machine: `observe` one batch (stage 0), `afford` the probe, `decide`
 * about the candidates (stages 1 and 2), `settle` (guard). Every function returns a new state. The gain of an update counts avoided
 * errors; each probe is paid from the bucket whether or not its candidate is kept.
 */
export function createPolicy(options: PolicyOptions): PolicyState {
  const { kind, gainPerJoule, bucket, window = 64, horizon = 1000, z = 1, pendingLimit = 512, pendingKeep = 65_536 } = options;
  return {
    options: { kind, gainPerJoule, bucket, window, horizon, z, pendingLimit, pendingKeep },
    batches: 0,
    seen: 0,
    absorbed: 0,
    absorbedBefore: 0,
    refusals: 0,
    quietUntil: 0,
    latched: [],
    causes: [],
    error: null,
    bucketJ: bucket === undefined ? null : 0,
    // A decision's whole allowance for one avoided error, until spending tells more.
    priceJ: gainPerJoule !== undefined ? (gainPerJoule > 0 ? 1 / gainPerJoule : null) : (bucket?.refillJ ?? null),
    spentJ: 0,
    updates: 0,
    skips: 0,
    restored: 0,
    log: [],
  };
}

/** Stage 0: takes in one batch by what is known of it for nothing. */
export function observe(before: PolicyState, signals: BatchSignals): Trigger {
  const state = taken(before, signals);
  const { kind, window, bucket } = state.options;
  const log = (next: PolicyState, decision: PolicyDecision | null): PolicyState => logged(next, { kind: 'observe', signals, decision });
  const skip = (reason: string): Trigger => {
    const { state: next, decision } = skipped(state, reason, noEnergy);
    return { kind: 'skip', state: log(next, decision), decision };
  };
  if (kind === 'never') return skip('Skipped: the policy never updates.');
  const rows = rowsOf(state, kind === 'always' ? 0 : window);
  const nPending = rows.pending.to - rows.pending.from;
  if (kind === 'always') {
    if (nPending === 0) return skip('Skipped: the batch has no labelled rows.');
    const decision = decisionOf(state, 'update', 'Updated: the policy updates on every batch.', noEnergy);
    const next = { ...state, absorbed: rows.pending.to, absorbedBefore: rows.pending.from, updates: state.updates + 1 };
    return { kind: 'act', state: log(next, decision), decision, rows };
  }
  const causes = causesOf(state, signals, nPending);
  if (causes.length === 0)
    return skip(
      nPending < state.options.pendingLimit
        ? 'Skipped: no drift, no new class, and few rows waiting.'
        : 'Skipped: no drift, no new class, and waiting rows gained nothing when last tried.',
    );
  const because = causes.join(', ');
  if (nPending === 0) return skip(`Skipped although ${because}: all ${state.seen - state.absorbed} new rows are held out for judging.`);
  if (bucket !== undefined && state.bucketJ === 0) return skip(`Skipped although ${because}: there is no energy to spend.`);
  return { kind: 'probe', state: log({ ...state, causes }, null), causes, rows };
}

/**
 * Whether building and judging the candidates can be paid, and could pay: the best update avoids every error there is.
 * `cost`: the estimate for all candidates together.
 */
export function afford(state: PolicyState, cost: EnergyJ): Affordance {
  const refusal = cannotPay(state, cost);
  if (refusal === null) return { state: logged(state, { kind: 'afford', cost, decision: null }), decision: null };
  const { state: next, decision } = skipped(state, `Skipped although ${state.causes.join(', ')}: ${refusal}.`, noEnergy);
  return { state: logged(next, { kind: 'afford', cost, decision }), decision };
}

function cannotPay({ bucketJ, priceJ, error, options }: PolicyState, { highJ }: EnergyJ): string | null {
  const costs = `judging an update takes up to ${spokenJ(highJ)}`;
  if (bucketJ !== null && highJ > bucketJ) return `${costs}, ${spokenLimit(bucketJ)} of the budget is left`;
  if (error === null || priceJ === null || highJ === 0) return null;
  const most = options.horizon * error;
  if (priceJ * most > highJ) return null;
  return `${costs}, and even without any error it would avoid ${spoken(most)} (${spoken(most / highJ)} per joule, asked for ${spoken(1 / priceJ)})`;
}

/** Stages 1 and 2: the candidate of most utility, if any has more than none. `candidates`: built from the pending rows, judged on V. */
export function decide(
  state: PolicyState,
  candidates: readonly Candidate[],
): { readonly state: PolicyState; readonly decision: PolicyDecision } {
  const judged = candidates.map((candidate) => judge(state, candidate));
  const probes = candidates.reduce((sum, c) => addEnergy(sum, c.probe), noEnergy);
  const best = judged.reduce<Judged | undefined>((top, j) => (top === undefined || isBetter(j, top) ? j : top), undefined);
  const because = state.causes.join(', ');
  const { pending } = rowsOf(state, state.options.window);
  // An event has had its decision once rows up to it were judged.
  const latched = state.latched.filter(({ until }) => until > pending.to);
  const finish = (next: PolicyState, decision: PolicyDecision): { readonly state: PolicyState; readonly decision: PolicyDecision } => ({
    state: logged({ ...next, latched }, { kind: 'decide', candidates, decision }),
    decision,
  });
  if (best === undefined || !(best.utility > 0)) {
    const reason = best === undefined ? `Skipped although ${because}: there was nothing to choose.` : refusal(state, best, because);
    const { state: next, decision } = skipped(state, reason, probes, best);
    return finish(refused(next), decision);
  }
  const energy = addEnergy(probes, best.candidate.commit);
  const asked = state.priceJ === null ? '' : `, asked for ${spoken(1 / state.priceJ)}`;
  const reason =
    `${best.candidate.action === 'update' ? 'Updated' : 'Refitted'} because of ${because}: ${spoken(best.gain)} errors fewer expected in ` +
    `${state.options.horizon} predictions for up to ${spokenJ(best.energy.highJ)}: ${spoken(best.perJoule)} per joule${asked}.`;
  const paid = spend(state, energy);
  const decision = decisionOf(paid, best.candidate.action, reason, energy, best);
  const next = { ...paid, absorbed: pending.to, absorbedBefore: pending.from, updates: paid.updates + 1, refusals: 0, quietUntil: 0 };
  return finish(next, decision);
}

/**
 * Guard after an action. `difference`: losses on V before the action minus after it; null: not judged (baselines). `extra`: joules
 * of the action or of judging it that no earlier call has counted. When the losses have worsened beyond z standard errors, the
 * snapshot is to be restored and the rows wait again.
 */
export function settle(before: PolicyState, difference: PairedDifference | null, extra: EnergyJ): Settlement {
  // Without new joules there is nothing to pay, and the price must not move a second time for one decision.
  const paid = extra.highJ > 0 ? spend(before, extra) : before;
  const restored = difference !== null && paid.options.kind === 'gain' && hasWorsened(difference, paid.options.z);
  const state = restored ? { ...refused(paid), absorbed: paid.absorbedBefore, restored: paid.restored + 1 } : paid;
  const reason = restored
    ? `Restored: the loss on the ${difference.count} newest rows rose by ${spoken(-difference.mean)}, more than chance explains.`
    : 'Kept.';
  return { state: logged(state, { kind: 'settle', difference, extra, restored }), restored, reason };
}

/** Rows in waiting and held out, as positions in the stream; `window`: how many of the newest are held out. */
export function rowsOf(state: PolicyState, window: number = state.options.window): PolicyRows {
  const border = Math.max(state.absorbed, state.seen - window);
  return { pending: { from: state.absorbed, to: border }, window: { from: Math.max(0, state.seen - window), to: state.seen } };
}

interface Judged {
  readonly candidate: Candidate;
  readonly gain: number;
  readonly energy: EnergyJ;
  readonly utility: number;
  readonly perJoule: number;
  readonly affordable: boolean;
}

function judge(state: PolicyState, candidate: Candidate): Judged {
  const { horizon, z } = state.options;
  const gain = horizon * Math.max(0, lowerBound(candidate.difference, z));
  const energy = addEnergy(candidate.probe, candidate.commit);
  const affordable = state.bucketJ === null || energy.highJ <= state.bucketJ;
  // Without a price any gain is worth its energy.
  const utility = !affordable ? -Infinity : state.priceJ === null ? gain : state.priceJ * gain - energy.highJ;
  const perJoule = gain === 0 ? 0 : gain / Math.max(energy.highJ, Number.MIN_VALUE);
  return { candidate, gain, energy, utility, perJoule: Math.min(perJoule, Number.MAX_VALUE), affordable };
}

function isBetter(a: Judged, b: Judged): boolean {
  return a.utility > b.utility || (a.utility === b.utility && a.energy.highJ < b.energy.highJ);
}

function refusal(state: PolicyState, best: Judged, because: string): string {
  const what = `Skipped although ${because}: `;
  if (!best.affordable)
    return `${what}the update takes up to ${spokenJ(best.energy.highJ)}, ${spokenLimit(state.bucketJ ?? 0)} of the budget is left.`;
  if (best.gain === 0) {
    const { mean, count } = best.candidate.difference;
    return `${what}the candidate is not surely better on the ${count} newest rows (mean gain ${spoken(mean)}).`;
  }
  const asked = state.priceJ === null ? 0 : 1 / state.priceJ;
  return `${what}${spoken(best.perJoule)} errors fewer per joule expected, asked for more than ${spoken(asked)}.`;
}

function causesOf(state: PolicyState, signals: BatchSignals, nPending: number): readonly string[] {
  const causes = new Set(state.latched.map(({ cause }) => cause));
  for (const signal of signals.drift) if (signal !== 'ddm-warning') causes.add(signal);
  if (nPending >= state.options.pendingLimit && state.seen >= state.quietUntil) causes.add(`${nPending} rows wait`);
  return [...causes];
}

/**
 * After a look that gained nothing, the number of waiting rows alone calls for the next one only after `pendingLimit` new rows, then
 * twice, four times as many, up to 64: on a stream with nothing to gain the looks would otherwise cost more than updating always.
 */
function refused(state: PolicyState): PolicyState {
  const pause = state.options.pendingLimit * 2 ** Math.min(state.refusals, maxPauseDoublings);
  return { ...state, refusals: state.refusals + 1, quietUntil: state.seen + pause };
}

/** The state after a batch has come in: rows counted, bucket filled, events remembered until rows up to them have been judged. */
function taken(state: PolicyState, signals: BatchSignals): PolicyState {
  assert(Number.isSafeInteger(signals.rows) && signals.rows >= 0, `a batch has ${signals.rows} rows`);
  const { bucket, pendingKeep, window, kind } = state.options;
  const seen = state.seen + signals.rows;
  const events = signals.drift.filter((name) => name !== 'ewma' && name !== 'ddm-warning');
  if (signals.newClasses > 0) events.push('new classes');
  const latched = [...state.latched.filter(({ cause }) => !events.includes(cause)), ...events.map((cause) => ({ cause, until: seen }))];
  const absorbed = kind === 'always' ? state.absorbed : Math.max(state.absorbed, seen - window - pendingKeep);
  return {
    ...state,
    batches: state.batches + 1,
    seen,
    absorbed,
    latched: kind === 'gain' ? latched : [],
    causes: [],
    error: signals.error ?? null,
    bucketJ: bucket === undefined ? null : Math.min(bucket.capacityJ, (state.bucketJ ?? 0) + bucket.refillJ),
  };
}

function skipped(
  state: PolicyState,
  reason: string,
  energy: EnergyJ,
  best?: Judged,
): { readonly state: PolicyState; readonly decision: PolicyDecision } {
  const paid = spend(state, energy);
  return { state: { ...paid, skips: paid.skips + 1 }, decision: decisionOf(paid, 'skip', reason, energy, best) };
}

function decisionOf(
  state: PolicyState,
  action: PolicyDecision['action'],
  reason: string,
  energy: EnergyJ,
  judged?: Judged,
): PolicyDecision {
  return {
    batch: state.batches - 1,
    action,
    reason,
    causes: state.causes,
    expectedGain: judged?.gain ?? null,
    gainPerJoule: judged?.perJoule ?? null,
    energy,
    bucketJ: state.bucketJ,
    priceJ: state.priceJ,
  };
}

/** Takes joules from the bucket and, where only a budget is given, lets the price follow what has been spent of it. */
function spend(state: PolicyState, energy: EnergyJ): PolicyState {
  const spentJ = state.spentJ + energy.valueJ;
  const bucketJ = state.bucketJ === null ? null : Math.max(0, state.bucketJ - energy.highJ);
  const { bucket, gainPerJoule } = state.options;
  const hasPrice = bucket !== undefined && bucket.refillJ > 0 && gainPerJoule === undefined && state.priceJ !== null;
  if (!hasPrice) return { ...state, spentJ, bucketJ };
  const ratio = spentJ / (state.batches * bucket.refillJ);
  const price = state.priceJ! * Math.exp(-priceRate * (ratio - 1));
  return { ...state, spentJ, bucketJ, priceJ: Math.min(bucket.refillJ * priceRange, Math.max(bucket.refillJ / priceRange, price)) };
}

function logged(state: PolicyState, event: PolicyEvent): PolicyState {
  return { ...state, log: [...state.log, event] };
}
