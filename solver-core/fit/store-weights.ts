import { TierwiseError, assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { quoteName } from '../model/quote.ts';
import type { WeightTensor } from './model-editor.ts';

/**
 * A layer's solution as the model stores it: y = alpha · x · op(W) + beta · b, W [outputs, inputs] when transposed.
 * w: [inputs, outputs], b: [outputs]. Rejects weights beyond float32 with `weights-overflow`.
 */
export function storedWeights(layer: Layer, w: Float64Array, b: Float64Array): Map<string, WeightTensor> {
  const { linear, weight, bias } = layer;
  assert(linear !== null && weight !== null, `layer ${layer.id} is not linear`);
  const { inputs, outputs, transposed, alpha, beta, weightDims, biasDims } = linear;
  const data = new Float32Array(inputs * outputs);
  for (let j = 0; j < inputs; j++) {
    for (let o = 0; o < outputs; o++) data[transposed ? o * inputs + j : j * outputs + o] = w[j * outputs + o]! / alpha;
  }
  const stored = new Map<string, WeightTensor>([[weight, { dims: weightDims, data }]]);
  if (bias !== null && biasDims !== null) stored.set(bias, { dims: biasDims, data: Float32Array.from(b, (v) => v / beta) });
  for (const tensor of stored.values()) {
    if (tensor.data.every(Number.isFinite)) continue;
    throw new TierwiseError(
      'weights-overflow',
      `the solution of layer ${quoteName(layer.id)} holds values beyond float32`,
      'Set a larger lambda in the tier.',
    );
  }
  return stored;
}
