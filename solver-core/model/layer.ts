import type { Shape } from './tensor.ts';

/**
 * How a dense layer's weights enter `y = alpha · x · op(W) + beta · b`.
 * The solver works with W as [inputs, outputs]; `transposed` says that the file stores [outputs, inputs].
 */
export interface DenseForm {
  readonly inputs: number;
  readonly outputs: number;
  readonly transposed: boolean;
  readonly alpha: number;
  readonly beta: number;
}

/** A weight-bearing node of the model with the cheap nodes that follow it. */
export interface Layer {
  /** Node name, else the node's first output; unique within the model. */
  readonly id: string;
  readonly op: string;
  readonly nodeIndex: number;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Strict multiply-adds per forward pass; null when a shape is unknown. */
  readonly macs: number | null;
  readonly parameters: number;
  readonly weightBytes: number;
  /** Bits per weight and per activation, for energy models (32 when unknown). */
  readonly weightBits: number;
  readonly activationBits: number;
  /** Elements of the input and output tensors of one forward pass; null when unknown. */
  readonly inputElements: number | null;
  readonly outputElements: number | null;
  /** Initializer names. */
  readonly weight: string | null;
  readonly bias: string | null;
  /** Tensor names: what the layer reads, its linear result, and its result after the cheap nodes that follow (activation). */
  readonly input: string;
  readonly preActivation: string;
  readonly output: string;
  /** The element-wise activation that follows, by ONNX op name; null when none. */
  readonly activation: string | null;
  /** Present when the layer is dense and its weights are an initializer of the main graph: solvable in one step. */
  readonly dense: DenseForm | null;
  /** Why `dense` is absent, for diagnostics; null when present. */
  readonly notSolvable: string | null;
}
