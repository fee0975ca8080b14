import { findLayers, inferShapes } from '../model/index.ts';
import type { Layer } from '../model/layer.ts';
import { withFloatWeights } from '../onnx/index.ts';
import type { ByteScale, OnnxModel } from '../onnx/index.ts';

/** A model with its layers, and the integers behind them where it stores such. */
export interface StoredIntegers {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
  /** Scale and zero point of a layer's input, by layer id. */
  readonly scales?: ReadonlyMap<string, ByteScale>;
  /** [outputs] steps of the stored weights, by layer id. */
  readonly steps?: ReadonlyMap<string, Float32Array>;
}

/** A model whose weights are stored as integers (QDQ) as one of floats, with the integers' steps; others as they are. */
export function asFloats(stored: Pick<StoredIntegers, 'model' | 'layers'>): StoredIntegers {
  const { model, steps, bytes } = withFloatWeights(stored.model);
  if (steps.size === 0) return { model: stored.model, layers: stored.layers };
  const layers = findLayers(model.graph, inferShapes(model.graph, { named: {} }));
  const scales = new Map<string, ByteScale>();
  const stepsOf = new Map<string, Float32Array>();
  for (const { id, input, weight, linear } of layers) {
    const scale = bytes.get(input);
    if (scale !== undefined) scales.set(id, scale);
    const stored = steps.get(weight ?? '');
    if (stored === undefined || linear === null) continue;
    const isPerOutput = stored.axis === (linear.transposed ? 0 : 1);
    if (stored.steps.length === 1) stepsOf.set(id, new Float32Array(linear.outputs).fill(stored.steps[0]!));
    else if (isPerOutput && stored.steps.length === linear.outputs) stepsOf.set(id, stored.steps);
  }
  return { model, layers, scales, steps: stepsOf };
}
