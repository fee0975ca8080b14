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

/** A text for a language model. Paths are relative to the plan's folder and stay inside it or are absolute. */
export interface TextClause {
  readonly path: string;
  /** The vocabulary: a .json list of tokens (id = position) or an object from token to id. */
  readonly tokens: string;
  /** Tokens per window. Default 128, or less where the model allows less. */
  readonly context: number;
  /** Fraction of the text, from its beginning, that calibrates, 0 < split < 1; the rest is held out. Default 0.9. */
  readonly split: number;
}

/** Where a module of a compound model comes from: some layers of the plan's model, or a model of its own. */
export type ModuleSource =
  /** Layer ids in graph order: everything up to (lower) or from (upper) them. */
  | { readonly kind: 'layers'; readonly layers: readonly string[] }
  /** Path as `Plan.modelPath`. */
  | { readonly kind: 'model'; readonly path: string }
  /** Upper only: what follows the lower module in the plan's model. */
  | { readonly kind: 'rest' };

/** A lower module that represents and an upper module that decides (method 4). */
export interface Compound {
  readonly name: string;
  readonly lower: ModuleSource;
  readonly upper: ModuleSource;
  /** Most bytes of representations that are kept; null: no cache. Default 64 MiB. */
  readonly cacheBytes: number | null;
  /**
   * A decision whose calibrated confidence is below `confidence` goes to the upper module; 'auto': the cheapest threshold that loses at most `within`
   * of the upper module's accuracy on calibration rows (default 0.01); 'never': there is no escalation, 'always': always.
   */
  readonly escalate: { readonly confidence: number | 'auto' | 'never' | 'always'; readonly within: number };
  /** How the heads learn; 'auto': what measures better on calibration rows; 'none': they stay. Default 'auto'. */
  readonly learn: 'auto' | 'rls' | 'adam' | 'none';
  readonly lambda: LambdaChoice;
  /** In (0, 1]. Default 1. */
  readonly forgetting: number;
  /** Adam's learning rate. Default 1e-3. */
  readonly rate: number;
  readonly gainPerJoule: number | undefined;
  /** `per` is 'update' or 'decision'. */
  readonly budgets: readonly { readonly limitJ: number; readonly per: 'update' | 'decision'; readonly range: TextRange }[];
  /** The header `compound NAME`. */
  readonly range: TextRange;
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
  /** Text of a language model; absent: none. */
  readonly text?: TextClause;
  /** Id of the energy target, a file under energy/targets. */
  readonly target: string;
  /** Id of the target that would train by gradient descent, as `train on` says; absent: the default machine. */
  readonly trainOn?: string;
  readonly backend: BackendChoice;
  readonly lower: readonly LowerTier[];
  readonly upper: readonly UpperTier[];
  readonly compound?: Compound;
  /** Budgets of the whole model. */
  readonly budgets: readonly Budget[];
}
