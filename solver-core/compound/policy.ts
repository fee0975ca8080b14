import { createPolicy } from '../learn/index.ts';
import type { PolicyOptions, PolicyState } from '../learn/index.ts';
import type { Compound } from '../model/plan.ts';
import type { CompoundTask } from '../protocol/index.ts';
import { thresholdFrom } from './prepare.ts';
import type { StreamSettings, StreamState } from './types.ts';
import { noWaiting } from './waiting.ts';

/** Most rows that wait for a decision, and most bytes of them: they are kept in memory and in the state. */
const maxWaiting = 4096;
const maxWaitingBytes = 2 ** 25;
/** Rows that wait before their number alone calls for a look. */
const mostUnasked = 512;
/**
 * Newest decisions that candidates are judged on and that are not learned meanwhile. Classes: fewer, because a new class waits as long (on a
 * class-incremental stream of digits 32 instead of 64 gave 4 to 6 points of accuracy for a quarter less energy). Next tokens: as method 3.8 says
 * (256 gave no more on a text of 12,000 characters).
 */
const judgingRows: Readonly<Record<CompoundTask, number>> = { 'next-token': 64, 'text-class': 32, 'row-class': 32 };

/**
 * When a compound model learns, as its section says: `update when gain per joule > x` and the budgets per update; with neither after every batch, with
 * `learn none` never. `rowValues`: numbers per row that both heads read together.
 */
export function compoundPolicy(
  { learn, gainPerJoule, budgets }: Pick<Compound, 'learn' | 'gainPerJoule' | 'budgets'>,
  rowValues: number,
  task: CompoundTask = 'row-class',
): PolicyOptions {
  const pendingKeep = Math.max(64, Math.min(maxWaiting, Math.floor(maxWaitingBytes / (4 * rowValues))));
  if (learn === 'none') return { kind: 'never', pendingKeep };
  const limitJ = smallest(budgets, 'update');
  if (gainPerJoule === undefined && limitJ === null) return { kind: 'always', pendingKeep };
  const bucket = limitJ === null ? undefined : { refillJ: limitJ, capacityJ: limitJ };
  return {
    kind: 'gain',
    window: judgingRows[task],
    pendingKeep,
    // Where few rows may wait, they call for a look before they are let go.
    pendingLimit: Math.min(mostUnasked, Math.floor(pendingKeep / 2)),
    ...(gainPerJoule === undefined ? {} : { gainPerJoule }),
    ...(bucket === undefined ? {} : { bucket }),
  };
}

/** The settings of a stream that a compound section means. */
export function streamSettings({ escalate, budgets, learn }: Pick<Compound, 'escalate' | 'budgets' | 'learn'>): StreamSettings {
  return { escalate, decisionBudgetJ: smallest(budgets, 'decision'), learns: learn !== 'none' };
}

/**
 * The state with the settings and the policy of a plan that may have changed since. Where nothing has, it is the state as it was. A threshold
 * that becomes automatic is chosen from the newest decisions; with another price or budget the rows that wait go on waiting.
 */
export function withPlan(state: StreamState, settings: StreamSettings, policy: PolicyOptions): StreamState {
  const key = ({ escalate, learns }: StreamSettings): string => JSON.stringify([escalate.confidence, escalate.within, learns]);
  const hasSame = key(state.settings) === key(settings);
  const threshold = hasSame ? state.threshold : thresholdFrom(settings.escalate, state.pool, settings.learns);
  const fresh = createPolicy(policy);
  if (isSamePolicy(state.policy, fresh)) return { ...state, settings, threshold };
  const { batches, seen, absorbed, updates, skips, restored, spentJ } = state.policy;
  // Only a policy that looks at candidates keeps rows, and only for another such one they still are the newest.
  const keeps = state.policy.options.kind === 'gain' && policy.kind === 'gain';
  const from = keeps ? absorbed : seen;
  const waiting = keeps ? state.waiting : { ...noWaiting(), first: seen };
  const next: PolicyState = { ...fresh, batches, seen, absorbed: from, absorbedBefore: from, updates, skips, restored, spentJ };
  return { ...state, settings, threshold, policy: next, waiting };
}

function isSamePolicy(a: PolicyState, b: PolicyState): boolean {
  const key = ({ options: { kind, gainPerJoule, bucket } }: PolicyState): string =>
    JSON.stringify([kind, gainPerJoule ?? null, bucket ?? null]);
  return key(a) === key(b);
}

function smallest(budgets: Compound['budgets'], per: 'update' | 'decision'): number | null {
  const limits = budgets.filter((budget) => budget.per === per).map(({ limitJ }) => limitJ);
  return limits.length === 0 ? null : Math.min(...limits);
}
