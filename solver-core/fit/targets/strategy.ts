import type { TargetKind } from '../../model/plan.ts';
import type { ActivationSource } from '../activations.ts';
import type { RidgeProblem, RidgeSolution, SolveContext } from '../backend.ts';
import type { Numerics } from '../numerics.ts';
import type { LabelTargets } from '../rows.ts';

/** What a strategy knows of the hidden layer it makes targets for. */
export interface TargetLayer {
  readonly id: string;
  /** h: the layer's outputs. */
  readonly outputs: number;
  readonly bias: boolean;
  /** The activation that follows, by ONNX op name; null when none. Targets are for the value before it. */
  readonly activation: string | null;
  /** Of a convolution: columns per channel in a row of `input`, the size of its window. Absent for dense layers. */
  readonly taps?: number;
  /** The tier's seed. Each layer and each random matrix draws from its own stream of it. */
  readonly seed: number;
  /** Input of the layer with the layers below already fitted; a convolution's rows are its patches, position after position. */
  readonly input: ActivationSource;
  /** One row per sample. */
  readonly labels: LabelTargets;
  readonly context: SolveContext;
  /** Absolute λ of the tier when it names one. */
  readonly lambda: number | undefined;
  readonly numerics: Numerics;
  /** Solves a ridge problem on the tier's backend. */
  readonly solve: (problem: RidgeProblem) => Promise<RidgeSolution>;
  /**
   * What this layer computes before its activation in the model as it was given ([rows, outputs], rows as in `input`): what a
   * teacher target keeps.
   */
  readonly teacher: () => Promise<ActivationSource>;
}

/** Writes the targets [rows, outputs] of the rows x [rows, d], whose first has the number `firstRow`. */
export type TargetRows = (x: Float32Array, rows: number, firstRow: number, into: Float32Array) => void;

/** What is done with a hidden layer: solve it for targets, or give it weights without a solve. */
export type LayerTargets =
  | { readonly kind: 'solve'; readonly fill: TargetRows }
  /** Targets that can be read beside the input, [rows, outputs] in the same order; chunks may have other sizes. */
  | { readonly kind: 'rows'; readonly targets: ActivationSource }
  /** w: [d, outputs], b: [outputs]; `solution`: of a problem that was solved on the way to them, its dead inputs left out. */
  | {
      readonly kind: 'weights';
      readonly w: Float64Array;
      readonly b: Float64Array;
      readonly solution?: Omit<RidgeSolution, 'w' | 'b'>;
    };

/** A way to teach hidden layers without gradients. */
export interface TargetStrategy {
  readonly kind: TargetKind;
  prepare(layer: TargetLayer): Promise<LayerTargets>;
}
