import type { Shape } from './tensor.ts';

/** The window that a convolution slides over its input [batch, channels, ...spatial]. All lists have one entry per spatial dimension. */
export interface PatchGeometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after the input; 'same-upper' and 'same-lower' depend on the size of the input (ONNX Conv, auto_pad). */
  readonly padding: 'same-upper' | 'same-lower' | { readonly before: readonly number[]; readonly after: readonly number[] };
}

/**
 * How the weights of a layer that is linear in them enter `y = alpha · x · op(W) + beta · b`, for every position that the layer is
 * applied at. x is the last dimension of a dense layer's input, or a convolution's patch in the order channel, kernel dimensions.
 */
export interface LinearForm {
  /** d: unknowns per output, bias not counted; of a convolution: channels of one group times kernel size. */
  readonly inputs: number;
  /** All outputs. Every group of them reads its own share of the input channels: output o belongs to group floor(o / (outputs/groups)). */
  readonly outputs: number;
  /** Groups of a convolution, each a problem of its own; 1 for dense layers. */
  readonly groups: number;
  /** The file stores [outputs, inputs] instead of [inputs, outputs]; always true for convolutions. */
  readonly transposed: boolean;
  readonly alpha: number;
  readonly beta: number;
  /** Dimensions of weight and bias as the file stores them; null without a bias. */
  readonly weightDims: readonly number[];
  readonly biasDims: readonly number[] | null;
  /** null for dense layers. */
  readonly patches: PatchGeometry | null;
}

/** A batch normalisation behind a layer whose statistics can be estimated anew: y = scale · (x − mean) / √(variance + ε) + shift. */
export interface NormForm {
  /** Name of the value it reads: [batch, channels, ...]. */
  readonly input: string;
  /** Initializer names, [channels] each. */
  readonly mean: string;
  readonly variance: string;
  readonly channels: number;
}

/** Names of the values around the sum of a layer's linear result and a skip connection; all have the same shape. */
export interface ResidualForm {
  /** What is added to the layer's result. */
  readonly skip: string;
  readonly sum: string;
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
  /** The first batch normalisation among the nodes that follow, when its statistics are stored for it alone; null otherwise. */
  readonly norm: NormForm | null;
  /** Present when the only reader of its linear result adds a skip connection to it; null otherwise. */
  readonly residual: ResidualForm | null;
  /** The last layer only: true when all that is read of its linear result is the mean over all positions (global average pooling). */
  readonly averaged: boolean;
  /** Present when the layer is linear in weights that are stored in the main graph: solvable in one step. */
  readonly linear: LinearForm | null;
  /** Why `linear` is absent, as the end of "cannot be solved: …"; null when present. */
  readonly notSolvable: string | null;
}
