/** A dense tensor of numbers crossing the border to a model runtime. */
export interface RunTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Runs a model on batches; the ONNX Runtime implementation lives in runtime/. */
export interface ModelRunner {
  /** Names of the inputs without initializers. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs one batch. `inputs`: tensor per input name. Returns the asked outputs. */
  run(inputs: ReadonlyMap<string, RunTensor>, outputs: readonly string[]): Promise<ReadonlyMap<string, RunTensor>>;
  dispose(): Promise<void>;
}

/** Opens a runner on encoded model bytes (an intermediate model with extra outputs, for example). */
export interface ModelRuntime {
  readonly version: string;
  open(model: Uint8Array): Promise<ModelRunner>;
}
