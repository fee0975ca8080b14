import { createDriftMonitor } from '../learn/index.ts';
import type { DriftState, PolicyState } from '../learn/index.ts';
import type { LabelKind } from './learn-labels.ts';
import { resumePolicy, rememberPolicy } from './learn-policy.ts';
import type { ChosenPolicy } from './learn-policy.ts';
import type { OpenLearner } from './learn-learner.ts';
import type { LearnSetup } from './learn-setup.ts';
import type { WaitingRows } from './learn-waiting.ts';
import { filterRows } from './learn-waiting.ts';
import type { SavedLearning } from './state-file.ts';

/** Rows whose fingerprints are kept; beyond them rows are learned but cannot be told apart any more. */
const maxPrints = 2 ** 20;

/** Everything that changes while a stream is learned. A batch gives a new one; fingerprints are added in place, once a batch is whole. */
export interface LearnMemory {
  readonly open: OpenLearner;
  readonly drift: DriftState;
  readonly policy: PolicyState;
  readonly waiting: WaitingRows;
  readonly labels: LabelKind;
  /** Rows seen of each class. */
  readonly classRows: Float64Array;
  readonly prints: Prints;
  /** Whether the learner makes random features, scaled by its first rows. */
  readonly isExpanded: boolean;
}

/** Fingerprints of rows, oldest first. */
export interface Prints {
  /** Rows that the learner holds. */
  readonly learned: readonly number[];
  /** Rows of the plan's own data that it started from, also those that were taken out again: a fit has seen them. */
  readonly fit: readonly number[];
  /** Rows that its random features were scaled by, also those that were taken out again; none without such features. */
  readonly first: readonly number[];
  /** False: there were too many to keep. */
  readonly isComplete: boolean;
}

/** No rows yet. The lists grow in place, so every learner needs its own. */
export function noPrints(): Prints {
  return { learned: [], fit: [], first: [], isComplete: true };
}

/**
 * The prints with further rows learned. The lists are taken over and extended. `from`: the plan's own data, or a stream; `scales`: the
 * random features were scaled by these rows.
 */
export function withPrints(prints: Prints, added: Float64Array, from: 'fit' | 'stream', scales: boolean): Prints {
  if (!prints.isComplete || prints.learned.length + added.length > maxPrints) return { ...noPrints(), isComplete: false };
  // One list grows through the whole run: copying it for every batch would take quadratic time.
  const lists = [prints.learned, ...(from === 'fit' ? [prints.fit] : []), ...(scales ? [prints.first] : [])] as number[][];
  for (const list of lists) for (const print of added) list.push(print);
  return prints;
}

/** What a state file keeps of the memory; `model`: hash of the learned model written with it. */
export function toSaved(memory: LearnMemory, setup: LearnSetup, lowerSawPlanRows: boolean, model: string): SavedLearning {
  const { open, drift, policy, waiting, labels, classRows, prints } = memory;
  return {
    model,
    lower: setup.lowerHash,
    upper: setup.upperFacts,
    head: setup.head.id,
    lowerSawPlanRows,
    labels,
    classRows,
    learner: open.learner.state(),
    // The monitors' settings are those of the version that goes on.
    drift: { ...drift, options: {} as DriftState['options'] },
    policy: rememberPolicy(policy),
    waiting,
    prints: prints.isComplete
      ? { learned: Float64Array.from(prints.learned), fit: Float64Array.from(prints.fit), first: Float64Array.from(prints.first) }
      : null,
  };
}

/** The memory that a state file holds. Rows that wait are kept only for a policy that looks at them. */
export function fromSaved(saved: SavedLearning, open: OpenLearner, { options }: ChosenPolicy, isExpanded: boolean): LearnMemory {
  const keeps = options.kind === 'gain';
  const waiting = keeps ? saved.waiting : filterRows(saved.waiting, () => false);
  return {
    open,
    drift: { ...saved.drift, options: createDriftMonitor().options },
    policy: resumePolicy(options, keeps ? saved.policy : { ...saved.policy, absorbed: 0, latched: [] }, waiting.rows),
    waiting,
    isExpanded,
    labels: saved.labels,
    classRows: saved.classRows,
    prints:
      saved.prints === null
        ? { ...noPrints(), isComplete: false }
        : { learned: [...saved.prints.learned], fit: [...saved.prints.fit], first: [...saved.prints.first], isComplete: true },
  };
}
