import type { ActivationScale } from '../energy/switching/integers.ts';
import { activationScale, integerWeights, quantiseActivations } from '../energy/switching/integers.ts';
import type { IntegerLayer } from '../energy/switching/types.ts';
import type { FitRows, ModelInput, ModelRuntime, SolveContext } from '../fit/index.ts';
import type { Layer, LinearForm } from '../model/layer.ts';
import { TierwiseError } from '../model/error.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { readTensor } from '../onnx/index.ts';
import { layerInputs } from './layer-inputs.ts';
import type { LayerInputRows } from './layer-inputs.ts';

/** What to turn into integers. */
export interface IntegerLayersRequest {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
  readonly input: ModelInput;
  /** Rows to calibrate on. */
  readonly data: FitRows;
  readonly runtime: ModelRuntime;
  readonly context: SolveContext;
  /** Samples that are run, drawn with the seed. Default 512. */
  readonly samples?: number;
  /** Most activation rows kept per layer; fewer where they would take more than 8 MiB as bytes. Default 4096. */
  readonly rows?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Scales of the inputs by layer id, found on other rows; default: from these rows. */
  readonly scales?: ReadonlyMap<string, ActivationScale>;
  /** [outputs] steps of stored weights that are integers times a step already, by layer id, alpha not in them; default: the nearest of 255 steps. */
  readonly steps?: ReadonlyMap<string, Float32Array>;
}

/** A layer as integers, with the steps that lead back to its numbers. */
export interface CalibratedLayer extends IntegerLayer {
  /** Scale and zero point of the layer's input. */
  readonly input: ActivationScale;
  /** [groups · k] step of each output, group after group. */
  readonly scales: Float32Array;
}

/** A layer that has no integers, with the reason. */
export interface SkippedLayer {
  readonly id: string;
  readonly reason: string;
}

/** Layers as integers, one by one, and those that have none. */
export interface IntegerLayerStream {
  readonly layers: AsyncIterable<CalibratedLayer>;
  /** How many layers there will be at most. */
  readonly count: number;
  /** Complete when the last layer was given. */
  readonly skipped: readonly SkippedLayer[];
}

/**
 * Runs the model on calibration rows and gives every layer that is linear in stored weights as integers: weights to the nearest of 255
 * symmetric steps per output, inputs to unsigned bytes per tensor by their smallest and largest value. Convolutions give patches of
 * successive output positions, in runs of up to 16; dense layers give successive samples. Samples stream in a seeded random order,
 * because data files are often sorted by class, which would make neighbours alike.
 *
 * Layers share passes over the model as far as memory allows, and each is given away before the next is made, so that a reader that
 * keeps none of them needs little memory. The iteration rejects with AbortError and with the errors of the runtime.
 */
export function integerLayerStream(request: IntegerLayersRequest): IntegerLayerStream {
  const skipped: SkippedLayer[] = [];
  const usable = new Map<string, StackedIntegers>();
  for (const layer of request.layers) {
    const weights = layerWeights(request.model, layer);
    if (typeof weights === 'string') skipped.push({ id: layer.id, reason: weights });
    else usable.set(layer.id, integersOf(weights, layer, request.steps?.get(layer.id)));
  }
  async function* layers(): AsyncGenerator<CalibratedLayer> {
    const layers = request.layers.filter(({ id }) => usable.has(id));
    const onUnusable = ({ id }: Layer, reason: string): number => skipped.push({ id, reason });
    for await (const rows of layerInputs({ ...request, layers, onUnusable })) {
      yield integerLayer(rows, usable.get(rows.layer.id)!, request.scales?.get(rows.layer.id));
    }
  }
  return { layers: layers(), count: usable.size, skipped };
}

/** All layers of `integerLayerStream` at once. */
export async function integerLayers(
  request: IntegerLayersRequest,
): Promise<{ readonly layers: readonly CalibratedLayer[]; readonly skipped: readonly SkippedLayer[] }> {
  const { layers, skipped } = integerLayerStream(request);
  const kept: CalibratedLayer[] = [];
  for await (const layer of layers) kept.push(layer);
  return { layers: kept, skipped };
}

/** Weights of a linear layer as `IntegerLayer` stacks them. */
export interface LayerWeights {
  /** [groups · inputs, outputs of a group] row-major, alpha included. */
  readonly values: Float32Array;
  readonly d: number;
  readonly k: number;
  readonly groups: number;
}

/** The stored weights of a layer, group under group; a string says why there are none. */
export function layerWeights(model: OnnxModel, layer: Layer): LayerWeights | string {
  const { linear, weight } = layer;
  if (linear === null || weight === null) return layer.notSolvable ?? 'it is not linear in stored weights';
  const { value, diagnostics } = readTensor(model, weight);
  if (value === undefined) return diagnostics[0]?.message ?? 'its weights cannot be read';
  const { inputs, outputs, groups } = linear;
  if (value.data.length !== inputs * outputs) return `its weights have ${value.data.length} values, not ${inputs} x ${outputs}`;
  if (!value.data.every((v) => Number.isFinite(v))) return 'it has weights that are not finite';
  return { values: stacked(value.data, linear), d: groups * inputs, k: outputs / groups, groups };
}

function stacked(stored: Float32Array | Float64Array, { inputs, outputs, groups, transposed, alpha }: LinearForm): Float32Array {
  const k = outputs / groups;
  const values = new Float32Array(stored.length);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / k);
    const n = o - group * k;
    for (let i = 0; i < inputs; i++) {
      const from = transposed ? o * inputs + i : i * outputs + o;
      values[(group * inputs + i) * k + n] = alpha * stored[from]!;
    }
  }
  return values;
}

/** The weights of a layer as `IntegerLayer` stacks them. */
export interface StackedIntegers extends Pick<LayerWeights, 'd' | 'k' | 'groups'> {
  readonly weights: Int8Array;
  /** [groups · k] */
  readonly scales: Float32Array;
}

/** Weights as integers: on the steps of the stored ones ([outputs], alpha not in them) where there are any, else the nearest of 255 per output. */
export function integersOf({ values, d, k, groups }: LayerWeights, layer: Layer, steps: Float32Array | undefined): StackedIntegers {
  const weights = new Int8Array(d * k);
  const scales = new Float32Array(groups * k);
  const size = (d / groups) * k;
  const alpha = layer.linear?.alpha ?? 1;
  for (let group = 0; group < groups; group++) {
    const part = values.subarray(group * size, (group + 1) * size);
    const given = steps?.subarray(group * k, (group + 1) * k).map((step) => step * alpha);
    const found = given === undefined ? integerWeights(part, d / groups, k) : { integers: onSteps(part, given), scales: given };
    weights.set(found.integers, group * size);
    scales.set(found.scales, group * k);
  }
  return { weights, scales, d, k, groups };
}

/** Weights [d, k] that are whole multiples of their output's step; -128 becomes -127, which the cells hold. */
function onSteps(values: Float32Array, steps: Float32Array): Int8Array {
  return Int8Array.from(values, (v, at) => {
    const step = steps[at % steps.length]!;
    return step === 0 ? 0 : Math.min(127, Math.max(-127, Math.round(v / step)));
  });
}

function integerLayer(
  inputs: LayerInputRows,
  { weights, scales, d, k, groups }: StackedIntegers,
  given: ActivationScale | undefined,
): CalibratedLayer {
  const { layer, low, high, rows, x, positions, runRows } = inputs;
  if (x.length !== rows * d)
    throw new TierwiseError('model-run-failed', `layer ${layer.id} reads ${x.length / rows} values, not ${d}`, 'Check the model.');
  const input = given ?? activationScale(low, high);
  const activations = new Uint8Array(rows * d);
  quantiseActivations(x, input, activations);
  return {
    id: layer.id,
    weights,
    d,
    k,
    rows,
    activations,
    positions,
    runRows,
    ...(groups === 1 ? {} : { groupInputs: d / groups }),
    input,
    scales,
  };
}
