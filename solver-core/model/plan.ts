import type { TextRange } from './diagnostic.ts';

/** Targets a layer can be solved for (method names of the literature). */
export type TargetKind = 'labels' | 'forward-projection' | 'autoencode' | 'teacher' | 'random';

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
  readonly per: 'inference' | 'fit' | 'update';
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
  /** Absolute ridge parameter, or undefined: λ = 1e-3 · mean diagonal of the Gram (method 2.1). */
  readonly lambda: number | undefined;
  readonly targets: TargetKind;
  readonly seed: number;
}

/** Layers that learn incrementally. */
export interface UpperTier extends TierBase {
  readonly kind: 'upper';
  readonly lambda: number | undefined;
  /** Forgetting factor in (0, 1]; 1 forgets nothing. */
  readonly forgetting: number;
  /** Update only when the expected gain per joule exceeds this; undefined: no such rule. */
  readonly gainPerJoule: number | undefined;
}

/** A parsed and resolved `.tiers` file: everything the jobs need, nothing of the syntax. */
export interface Plan {
  readonly modelPath: string;
  readonly data: DataClause | undefined;
  /** Id of the energy target, a file under energy/targets. */
  readonly target: string;
  readonly backend: BackendChoice;
  readonly lower: readonly LowerTier[];
  readonly upper: readonly UpperTier[];
  /** Budgets of the whole model. */
  readonly budgets: readonly Budget[];
}
