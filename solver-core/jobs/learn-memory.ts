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
}

/** Fingerprints of the rows learned, oldest first. */
export interface Prints {
  readonly fit: readonly number[];
  readonly stream: readonly number[];
  /** How many of the first ones the random features were scaled by. */
  readonly firstRows: number;
  /** False: there were too many to keep. */
  readonly isComplete: boolean;
}

export const noPrints: Prints = { fit: [], stream: [], firstRows: 0, isComplete: true };

/** The prints with further rows learned, of the plan's data or of a stream. The lists are taken over and extended. */
export function withPrints(prints: Prints, part: 'fit' | 'stream', added: Float64Array, isFirst: boolean): Prints {
  const count = prints.fit.length + prints.stream.length + added.length;
  if (!prints.isComplete || count > maxPrints) return { ...noPrints, isComplete: false };
  // One list grows through the whole run: copying it for every batch would take quadratic time.
  const list = prints[part] as number[];
  for (const print of added) list.push(print);
  return { ...prints, firstRows: isFirst ? added.length : prints.firstRows };
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
    fitPrints: prints.isComplete ? Float64Array.from(prints.fit) : null,
    streamPrints: prints.isComplete ? Float64Array.from(prints.stream) : null,
    firstRows: prints.firstRows,
  };
}

/** The memory that a state file holds. Rows that wait are kept only for a policy that looks at them. */
export function fromSaved(saved: SavedLearning, open: OpenLearner, { options }: ChosenPolicy): LearnMemory {
  const keeps = options.kind === 'gain';
  const waiting = keeps ? saved.waiting : filterRows(saved.waiting, () => false);
  return {
    open,
    drift: { ...saved.drift, options: createDriftMonitor().options },
    policy: resumePolicy(options, keeps ? saved.policy : { ...saved.policy, absorbed: 0, latched: [] }, waiting.rows),
    waiting,
    labels: saved.labels,
    classRows: saved.classRows,
    prints: {
      fit: [...(saved.fitPrints ?? [])],
      stream: [...(saved.streamPrints ?? [])],
      firstRows: saved.firstRows,
      isComplete: saved.fitPrints !== null,
    },
  };
}
