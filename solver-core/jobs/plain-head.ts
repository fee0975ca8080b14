import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { quoteName } from '../model/quote.ts';
import { readTensor } from '../onnx/index.ts';
import type { OnnxModel, PlainHead } from '../onnx/index.ts';

/** A dense layer's weights, [inputs, outputs]. Throws TierwiseError when they are not stored as floats. */
export function plainHead(model: OnnxModel, head: Layer): PlainHead {
  const { linear, weight, bias } = head;
  const stored = weight === null ? undefined : readTensor(model, weight).value;
  if (linear === null || stored === undefined)
    throw new TierwiseError(
      'head-not-stored',
      `the weights of layer ${quoteName(head.id)} are not stored as floats`,
      'Choose a float model.',
    );
  const { inputs, outputs, transposed, alpha, beta } = linear;
  const w = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++)
    for (let o = 0; o < outputs; o++) w[i * outputs + o] = stored.data[transposed ? o * inputs + i : i * outputs + o]! * alpha;
  const offsets = bias === null ? undefined : readTensor(model, bias).value?.data;
  return { w, b: Float32Array.from({ length: outputs }, (_, o) => (offsets?.[o] ?? offsets?.[0] ?? 0) * beta), outputs };
}
