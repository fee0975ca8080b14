import type { ForwardForm } from '../../learn/gradient/index.ts';
import type { SelectLayer, StoredLayer } from '../select/types.ts';
import type { ValueSet } from './stored-layer.ts';
import { nearestIn, outputOf, roundedLayer } from './stored-layer.ts';
import type { TensorLayout } from './tensor-layout.ts';

/** A layer in training: where it lies in the model, and what it may hold. */
export interface TrainedLayer {
  readonly layer: SelectLayer;
  readonly layout: TensorLayout;
  /** The stored bias with its factor (y = … + beta·bias) and the values it had; null without one. */
  readonly bias: { readonly name: string; readonly beta: number; readonly before: Float32Array } | null;
  readonly bits: 4 | 8;
  /** [groups·k] */
  readonly scales: Float64Array;
  readonly set: ValueSet;
}

/**
 * Forward passes see every trained layer at the nearest values of its set. What else the learner trains, a normalisation's scale for
 * example, is held as it was (`frozen`, by name): a quantised model keeps everything but its layers.
 */
export function formOf(layers: readonly TrainedLayer[], frozen: ReadonlyMap<string, Float32Array>): ForwardForm {
  const byTensor = new Map(layers.map((trained) => [trained.layout.name, { trained, nearest: nearestIn(trained.set) }]));
  const biases = new Set(layers.flatMap(({ bias }) => (bias === null ? [] : [bias.name])));
  return (name, values) => {
    const found = byTensor.get(name);
    if (found === undefined) return biases.has(name) ? values : (frozen.get(name) ?? values);
    const { layer, layout, scales } = found.trained;
    const form = values.slice();
    layout.places.forEach((place, at) => {
      const scale = scales[outputOf(at, layer.inputs, layer.outputs)]!;
      form[place] = (scale * found.nearest.best((layout.alpha * values[place]!) / scale, 1)) / layout.alpha;
    });
    return form;
  };
}

/** What the layer is stored as when its tensors hold these values. */
export function storedOf(trained: TrainedLayer, values: ReadonlyMap<string, Float32Array>): StoredLayer {
  const { layer, layout, bias, bits, scales, set } = trained;
  const tensor = values.get(layout.name)!;
  const weights = Float64Array.from(layout.places, (place) => layout.alpha * tensor[place]!);
  const after = bias === null ? undefined : values.get(bias.name);
  const biasChange = new Float64Array(layer.groups * layer.outputs);
  if (bias !== null && after !== undefined) biasChange.forEach((_, n) => (biasChange[n] = bias.beta * (after[n]! - bias.before[n]!)));
  return roundedLayer(layer, weights, { bits, set, scales, biasChange });
}
