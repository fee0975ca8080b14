import { createPolicy, spokenLimit } from '../learn/index.ts';
import type { PolicyKind, PolicyOptions, PolicyState } from '../learn/index.ts';
import type { Plan, UpperTier } from '../model/plan.ts';
import type { PolicyMemory } from './state-file.ts';

/** When to update, in the words of a run. */
export interface ChosenPolicy {
  readonly options: PolicyOptions;
  /** For people, e.g. "gain per joule > 0.5, at most 20 µJ per update". */
  readonly text: string;
}

/** Most rows that wait for a decision: they are kept in memory and in the state file. */
const maxWaiting = 4096;
const maxWaitingBytes = 2 ** 25;

/**
 * The policy of a run. 'plan': `update when gain per joule > x` and the budgets per update of the tier and of the plan; a plan with
 * neither updates on every batch. `width`: numbers per row that enters the tier.
 */
export function choosePolicy(asked: 'plan' | 'always' | 'never', plan: Plan, tier: UpperTier, width: number): ChosenPolicy {
  const limits = [...tier.budgets, ...plan.budgets].filter(({ per }) => per === 'update').map(({ limitJ }) => limitJ);
  const limitJ = limits.length === 0 ? undefined : Math.min(...limits);
  const { gainPerJoule } = tier;
  if (asked !== 'plan') return { options: optionsOf(asked, width), text: asked };
  if (gainPerJoule === undefined && limitJ === undefined)
    return { options: optionsOf('always', width), text: 'always: the plan has neither "update when" nor a budget per update' };
  const bucket = limitJ === undefined ? undefined : { refillJ: limitJ, capacityJ: limitJ };
  return { options: { ...optionsOf('gain', width), gainPerJoule, bucket }, text: policyWords(gainPerJoule, limitJ) };
}

/** What an update has to gain and may take, for people. */
export function policyWords(gainPerJoule: number | undefined, limitJ: number | undefined): string {
  return [
    ...(gainPerJoule === undefined ? [] : [`gain per joule > ${gainPerJoule}`]),
    ...(limitJ === undefined ? [] : [`at most ${spokenLimit(limitJ)} per update`]),
  ].join(', ');
}

function optionsOf(kind: PolicyKind, width: number): PolicyOptions {
  return { kind, pendingKeep: Math.max(64, Math.min(maxWaiting, Math.floor(maxWaitingBytes / (4 * width)))) };
}

/** The policy's state at the start of a run; `rows`: how many rows wait. Another price or budget than before starts anew. */
export function resumePolicy(options: PolicyOptions, memory: PolicyMemory, rows: number): PolicyState {
  const fresh = createPolicy(options);
  const { batches, absorbed, refusals, quietUntil, latched, spentJ, bucketJ, priceJ, settings } = memory;
  const { pendingKeep, pendingLimit } = memory;
  const same = settings === settingsOf(options) ? { bucketJ, priceJ, options: { ...fresh.options, pendingKeep, pendingLimit } } : {};
  return { ...fresh, batches, seen: rows, absorbed, absorbedBefore: absorbed, refusals, quietUntil, latched, spentJ, ...same };
}

/** The part of a policy's state that a state file keeps. */
export function rememberPolicy({
  options,
  batches,
  absorbed,
  refusals,
  quietUntil,
  latched,
  bucketJ,
  priceJ,
  spentJ,
}: PolicyState): PolicyMemory {
  const { pendingKeep, pendingLimit } = options;
  return {
    settings: settingsOf(options),
    batches,
    absorbed,
    refusals,
    quietUntil,
    pendingKeep,
    pendingLimit,
    latched,
    bucketJ,
    priceJ,
    spentJ,
  };
}

/**
 * The policy's state with no more rows waiting than one decision can pay for; older ones are let go unlearned. Without this, rows that
 * wait would make each next decision dearer, until none could be paid. `costJ`: high bound of a decision over so many rows. For the
 * start of a state: later runs keep the numbers.
 */
export function withinBudget(state: PolicyState, costJ: (rows: number) => number): PolicyState {
  const { bucket, pendingKeep, pendingLimit, kind } = state.options;
  if (kind !== 'gain' || bucket === undefined || costJ(pendingKeep) <= bucket.capacityJ) return state;
  let [low, high] = [0, pendingKeep];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (costJ(middle) <= bucket.capacityJ) low = middle;
    else high = middle;
  }
  const most = Math.max(1, low);
  // Rows are asked about in time: a few batches before they would be let go.
  return {
    ...state,
    options: { ...state.options, pendingKeep: most, pendingLimit: Math.max(1, Math.min(pendingLimit, Math.floor(most / 2))) },
  };
}

/** Whether a later run goes on with the numbers that `withinBudget` found. */
export function hasSameSettings(options: PolicyOptions, memory: PolicyMemory): boolean {
  return memory.settings === settingsOf(options);
}

/**
 * The state with positions counted from the first row that is still kept, and how many rows before it are not needed any more. What
 * 'never' saw is not kept: a later run learns from its own rows. The log is in the batches of the record.
 */
export function rebased(state: PolicyState): { readonly state: PolicyState; readonly dropped: number } {
  const { kind, window } = state.options;
  const dropped = kind === 'never' ? state.seen : Math.min(state.absorbed, kind === 'gain' ? Math.max(0, state.seen - window) : state.seen);
  const absorbed = Math.max(0, state.absorbed - dropped);
  const quietUntil = Math.max(0, state.quietUntil - dropped);
  const latched = kind === 'gain' ? state.latched.map(({ cause, until }) => ({ cause, until: Math.max(0, until - dropped) })) : [];
  return {
    dropped,
    state: { ...state, seen: state.seen - dropped, absorbed, absorbedBefore: absorbed, quietUntil, latched, causes: [], log: [] },
  };
}

function settingsOf({ kind, gainPerJoule, bucket }: PolicyOptions): string {
  return JSON.stringify([kind, gainPerJoule ?? null, bucket ?? null]);
}
