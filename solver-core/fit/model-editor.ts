/** New values of a stored tensor, row-major. */
export interface WeightTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * Edits one model; the ONNX part implements it. Fitting knows nothing of how models are stored, and the model given is never changed.
 */
export interface ModelEditor {
  /**
   * The encoded model with other values in the named initializers: the whole of it, or, when `outputs` names values of it, a model with
   * just these outputs, which need not compute anything else.
   */
  encode(weights: ReadonlyMap<string, WeightTensor>, outputs: readonly string[]): Uint8Array;
}
