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
   * The encoded model with other values in the named initializers, and with the named values as further outputs
   * (none: the model's own outputs alone).
   */
  encode(weights: ReadonlyMap<string, WeightTensor>, outputs: readonly string[]): Uint8Array;
}
