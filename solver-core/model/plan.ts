import type { TextRange } from './diagnostic.ts';

/** Targets a layer can be solved for (method names of the literature). */
/** `pca`: filters are the (whitened) principal directions of the layer's own inputs. */
export type TargetKind = 'labels' | 'forward-projection' | 'autoencode' | 'teacher' | 'pca' | 'random';

/** A ridge parameter: absolute, 'auto' (chosen from the data), or undefined: λ = 1e-3 · mean diagonal of the Gram (method 2.1). */
export type LambdaChoice = number | 'auto' | undefined;

/** How an upper tier learns: exact recursive ridge of its last layer, or gradient steps on all its layers. */
export type Learner = 'rls' | 'sgd' | 'adam';

export type BackendChoice =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'sim' }
  | { readonly kind: 'serial'; readonly port: string }
  | { readonly kind: 'xrt'; readonly device: number };

/** Where the rows come from. Paths are relative to the plan's folder and stay inside it or are absolute. */
export interface DataClause {
  readonly path: string;
  /** Name of the array holding the inputs (npz), or column selection (csv). Default "x". */
  readonly inputs: string;
  /** Name of the array holding the labels. Default "y". */
  readonly labels: string;
  /** Fraction of the rows used for fitting, 0 < split < 1; the rest is held out. Default 0.8. */
  readonly split: number;
  /** Seed of the row shuffle before the split. Default 1. */
  readonly seed: number;
}

/** An energy limit in joules. */
export interface Budget {
  readonly limitJ: number;
  /** `layer`: each layer's own share of one inference. */
  readonly per: 'inference' | 'layer' | 'fit' | 'update';
  readonly range: TextRange;
}

interface TierBase {
  readonly name: string;
  /** Layer ids, resolved against the model and in graph order. */
  readonly layers: readonly string[];
  readonly budgets: readonly Budget[];
  /** The header `lower tier NAME`. */
  readonly range: TextRange;
}

/** Layers whose weights are solved in one step. */
export interface LowerTier extends TierBase {
  readonly kind: 'lower';
  readonly lambda: LambdaChoice;
  readonly targets: TargetKind;
  readonly seed: number;
}

/** Layers that learn incrementally. */
export interface UpperTier extends TierBase {
  readonly kind: 'upper';
  readonly learner: Learner;
  readonly lambda: LambdaChoice;
  /** Forgetting factor in (0, 1]; 1 forgets nothing. Learner rls. */
  readonly forgetting: number;
  /** Random ReLU features between the layer's input and its weights (method 3.5); undefined: none. Learner rls. */
  readonly expand: number | undefined;
  /** Weight of the compensation stream in [0, 2] (DS-AL, method 3.5); undefined: no such stream. Learner rls, needs `expand`. */
  readonly compensation: number | undefined;
  /** Seed of the expansion, or of the order of gradient steps. Default 1. */
  readonly seed: number;
  /** Learning rate > 0. Default 1e-3 (adam), 1e-2 (sgd, momentum 0.9). */
  readonly rate: number;
  /** Passes over each batch of new rows, 1 or more. Default 1. Learners sgd and adam. */
  readonly epochs: number;
  /** Strength of elastic weight consolidation, 0 or more (method 3.7). Default 0: none. Learners sgd and adam. */
  readonly ewc: number;
  /** Update only when the expected gain per joule exceeds this; undefined: no such rule. */
  readonly gainPerJoule: number | undefined;
}

/** A parsed and resolved `.tiers` file: everything the jobs need, nothing of the syntax. */
export interface Plan {
  readonly modelPath: string;
  readonly data: DataClause | undefined;
  /** Id of the energy target, a file under energy/targets. */
  readonly target: string;
  /** Id of the target that would train by gradient descent, as `train on` says; absent: the default machine. */
  readonly trainOn?: string;
  readonly backend: BackendChoice;
  readonly lower: readonly LowerTier[];
  readonly upper: readonly UpperTier[];
  /** Budgets of the whole model. */
  readonly budgets: readonly Budget[];
}
