import { computedTensors, inputTensors } from './activations.ts';
import type { TensorSource } from './activations.ts';
import type { SolveContext } from './backend.ts';
import type { FitRequest } from './fit-request.ts';
import type { WeightTensor } from './model-editor.ts';

/** A value of the model for all fit rows; dispose it when done. */
export interface OpenTensors {
  readonly tensors: TensorSource;
  dispose(): Promise<void>;
}

/**
 * The value named `value` in the request's model with these weights in place of its own: kept in memory when it fits into
 * `budgetBytes`, else computed on every pass.
 */
export async function layerTensors(
  request: FitRequest,
  value: string,
  weights: ReadonlyMap<string, WeightTensor>,
  budgetBytes: number,
  context: SolveContext,
): Promise<OpenTensors> {
  const { data, input, runtime, editor } = request;
  if (value === input.name) return { tensors: inputTensors(data, input), dispose: () => Promise.resolve() };
  const runner = await runtime.open(editor.encode(weights, [value]));
  try {
    const { tensors, needsRunner } = await computedTensors({ data, input, value, context }, runner, budgetBytes);
    if (needsRunner) return { tensors, dispose: () => runner.dispose() };
    await runner.dispose();
    return { tensors, dispose: () => Promise.resolve() };
  } catch (error) {
    await runner.dispose();
    throw error;
  }
}
