import type { StoredLayer, StoredModel } from '../compress/select/types.ts';
import { assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { readTensor, withQuantisedLayers } from '../onnx/index.ts';
import type { OnnxModel, QuantisedLayer } from '../onnx/index.ts';

/**
 * The model with these layers stored as integers in QDQ form: what is written, and what its quality is read from. `layers`: all layers of
 * the model. Scales become float32.
 */
export function storedModel(model: OnnxModel, layers: readonly Layer[], stored: StoredModel): OnnxModel {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const quantised = [...stored.values()].map((values): QuantisedLayer => {
    const layer = byId.get(values.id);
    assert(layer !== undefined, `no layer ${values.id}`);
    return quantisedLayer(model, layer, values);
  });
  return withQuantisedLayers(model, quantised, layers);
}

/** Integers [groups, d, k] with the step of W = alpha · w, in the layout of the stored tensor and with the step of w. */
function quantisedLayer(model: OnnxModel, layer: Layer, stored: StoredLayer): QuantisedLayer {
  const { linear } = layer;
  assert(linear !== null, `layer ${layer.id} is not linear`);
  const { inputs, outputs, groups, transposed, alpha } = linear;
  const k = outputs / groups;
  const weights = new Int8Array(inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / k);
    for (let i = 0; i < inputs; i++) {
      const value = stored.integers[(group * inputs + i) * k + (o - group * k)]!;
      weights[transposed ? o * inputs + i : i * outputs + o] = alpha < 0 ? -value : value;
    }
  }
  return {
    id: stored.id,
    weights,
    scales: Float32Array.from(stored.scales, (step) => smallest(step / Math.abs(alpha))),
    bits: stored.bits,
    bias: changedBias(model, layer, stored.biasChange),
    input: stored.input ?? null,
  };
}

/** Steps below what float32 holds stay above 0; their weights are 0 for every purpose. */
function smallest(step: number): number {
  return Math.fround(step) > 0 ? step : 2 ** -149;
}

/** The bias as it is added, with the change; null when nothing changes. */
function changedBias(model: OnnxModel, { id, bias, linear }: Layer, change: Float64Array): Float32Array | null {
  if (change.every((v) => v === 0)) return null;
  const { value } = readTensor(model, bias ?? '');
  assert(value !== undefined && linear !== null, `layer ${id} has no bias to change`);
  const { beta } = linear;
  return Float32Array.from(change, (v, o) => beta * value.data[o]! + v);
}
