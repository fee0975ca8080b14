import type { Layer } from '../model/layer.ts';
import type { LowerTier, Plan, UpperTier } from '../model/plan.ts';
import type { Backend, RidgeSolution, SolveContext } from './backend.ts';
import type { KeptWeights } from './keep-weights.ts';
import type { ModelEditor, WeightTensor } from './model-editor.ts';
import type { ModelRuntime } from './model-runner.ts';
import type { Numerics } from './numerics.ts';
import type { FitRows } from './row-batches.ts';
import type { ModelInput } from './rows.ts';

/** What a fit works on. `preflight` must have found no errors. */
export interface FitRequest {
  readonly editor: ModelEditor;
  readonly input: ModelInput;
  /** All weight-bearing layers of the model in graph order; the last one answers the labels. */
  readonly layers: readonly Layer[];
  readonly plan: Plan;
  /** The rows to fit on. */
  readonly data: FitRows;
  /** Weights by initializer name that the fit starts from in place of the model's own: layers that were fitted before. */
  readonly fitted?: ReadonlyMap<string, WeightTensor>;
  /** [columns] means of a layer's inputs over all rows of the fit, when `data` is a part of them (its only solved layer). */
  readonly inputMeans?: Float64Array;
  readonly backend: Backend;
  readonly numerics: Numerics;
  readonly runtime: ModelRuntime;
  readonly context: SolveContext;
  /** Inputs of a layer (and its targets) are kept in memory up to this size, else computed anew on each pass. Default 512 MiB. */
  readonly budgetBytes?: number;
}

/** How one layer came to its weights. */
export interface LayerFit {
  readonly id: string;
  readonly tier: 'lower' | 'upper';
  readonly tierName: string;
  readonly rows: number;
  /** Unknowns per output, bias included. */
  readonly columns: number;
  readonly outputs: number;
  /** Kind of targets: that of the tier, or 'one-hot' / 'values' where the layer answers the labels. */
  readonly targets: string;
  /** null when the layer was given weights without a solve. */
  readonly solution: Omit<RidgeSolution, 'w' | 'b'> | null;
  /** Present when the layer keeps the weights it had, with the reason. */
  readonly kept?: KeptWeights;
  readonly seconds: number;
}

export interface FitResult {
  /** New values by initializer name. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
  readonly layers: readonly LayerFit[];
}

/** A layer that a fit gives new weights, and why. */
export interface FitJob {
  readonly layer: Layer;
  readonly tier: LowerTier | UpperTier;
  readonly answersLabels: boolean;
}
