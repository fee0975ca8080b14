import { cpuNumerics } from '../backends/cpu/index.ts';
import type { CellEnergy } from '../energy/switching/types.ts';
import type { SelectLayer, SelectProblem, StoredModel } from '../compress/select/types.ts';
import type { ActivationSource, TensorSource } from '../fit/activations.ts';
import { computedTensors, inputTensors } from '../fit/activations.ts';
import type { FitRows, ModelInput, ModelRuntime, SolveContext } from '../fit/index.ts';
import { linearRows, outputRows } from '../fit/source-rows.ts';
import { createRandom } from '../fit/prng.ts';
import type { Layer } from '../model/layer.ts';
import { assert } from '../model/error.ts';
import { positionsOf } from '../model/positions.ts';
import { encodeModel, readTensor, upstreamModel } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { layerWeights } from './integer-layers.ts';
import { assessor } from './select-assess.ts';
import { outputSensitivities } from './select-fisher.ts';
import { storedModel } from './select-stored.ts';
import { collectView } from './select-view.ts';
import type { SwitchingCell } from '../energy/switching/streams.ts';

/** What a selection works on. */
export interface SelectModelRequest {
  readonly model: OnnxModel;
  /** All layers of the model, from findLayers. */
  readonly layers: readonly Layer[];
  /** Ids of the layers to choose weights of; default: all that are linear in stored weights. */
  readonly chosen?: ReadonlySet<string>;
  readonly input: ModelInput;
  /** Name of the output with the scores. */
  readonly output: string;
  /** Rows that steer; labels are not read. */
  readonly calibration: FitRows;
  /** Rows that every choice is judged on; none of them is a calibration row. */
  readonly validation: FitRows;
  readonly cell: SwitchingCell;
  /** Energy of a multiply-add from its parts, in any one unit; e.g. joules by a table, or the mean of two tables. */
  readonly price: (energy: CellEnergy) => number;
  readonly runtime: ModelRuntime;
  readonly seed: number;
  /** False: every output of a layer counts alike. Default: by the gradient of the loss, where the model can be differentiated. */
  readonly sensitive?: boolean;
  /** True: energy is that of an array whose rows take the inputs in any order and whose sums start from a constant (select-arrange.ts). Default false. */
  readonly arrange?: boolean;
}

/** Layers that selection cannot change, with the reason as the end of "is left as it is: …". */
export interface SelectModel {
  readonly problem: SelectProblem;
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  /** The model with stored layers in the place of its own: in QDQ form. */
  encode(stored: StoredModel, outputs?: readonly string[]): Uint8Array;
}

/** Rows (samples times positions) that steer a layer: as many as say something about its inputs, few enough to stay quick. */
const rowsPerInput = 128;
const leastRows = 49152;
const leastSamples = 160;
/** What the original model's outputs may take in memory, all layers together. */
const originalsBytes = 2 ** 29;

/** The model behind the interface that selection sees: its layers, what they read after others were stored, and its quality. */
export async function selectModel(request: SelectModelRequest, context: SolveContext): Promise<SelectModel> {
  const byId = new Map(request.layers.map((layer) => [layer.id, layer]));
  const skipped: { id: string; reason: string }[] = [];
  const layers: SelectLayer[] = [];
  const sensitivities = request.sensitive === false ? new Map<string, Float64Array>() : await outputSensitivities(request, context);
  for (const layer of request.layers) {
    if (request.chosen?.has(layer.id) === false) continue;
    const found = selectLayerOf(request.model, layer);
    if (typeof found === 'string') skipped.push({ id: layer.id, reason: found });
    else {
      const sensitivity = sensitivities.get(layer.id);
      layers.push(sensitivity === undefined ? found : { ...found, sensitivity });
    }
  }
  const biases = new Map(request.layers.map((layer) => [layer.id, layer.bias === null ? null : biasOf(request.model, layer)]));
  const encode = (stored: StoredModel, outputs: readonly string[] = []): Uint8Array => {
    const model = stored.size === 0 ? request.model : storedModel(request.model, request.layers, stored);
    return encodeModel(outputs.length === 0 ? model : upstreamModel(model, outputs));
  };
  const originals = new Map<string, TensorSource>();
  const samples = (layer: Layer): FitRows => sampled(request.calibration, layer, request.seed);
  let budget = originalsBytes;
  const valuesOf = async (
    stored: StoredModel,
    value: string,
    data: FitRows,
    within: SolveContext,
    keep: boolean,
  ): Promise<TensorSource> => {
    if (value === request.input.name) return inputTensors(data, request.input);
    const runner = await request.runtime.open(encode(stored, [value]));
    try {
      const { tensors, needsRunner } = await computedTensors({ data, input: request.input, value, context: within }, runner, 2 ** 31);
      assert(!needsRunner, 'the values of a layer are too many for memory');
      if (keep) budget -= 4 * tensors.samples * tensors.shape.reduce((a, b) => a * b, 1);
      return tensors;
    } finally {
      await runner.dispose();
    }
  };
  const original = async (value: string, layer: Layer, within: SolveContext): Promise<TensorSource> => {
    const key = `${layer.id}\0${value}`;
    const known = originals.get(key);
    if (known !== undefined) return known;
    const made = await valuesOf(new Map(), value, samples(layer), within, true);
    if (budget > 0) originals.set(key, made);
    return made;
  };
  // A layer is often looked at several times in a row, on other input levels: what it reads is then computed once.
  let held:
    { readonly stored: StoredModel; readonly size: number; readonly id: string; readonly values: Map<string, TensorSource> } | undefined;
  const current = async (stored: StoredModel, value: string, { id }: Layer, data: FitRows, within: SolveContext): Promise<TensorSource> => {
    if (held?.stored !== stored || held.size !== stored.size || held.id !== id) held = { stored, size: stored.size, id, values: new Map() };
    const { values } = held;
    const found = values.get(value) ?? (await valuesOf(stored, value, data, within, false));
    values.set(value, found);
    return found;
  };
  const assess = assessor({ ...request, encode: (stored) => encode(stored) });
  const problem: SelectProblem = {
    layers,
    assess,
    async view(selected, stored, within, inputLevels = 256) {
      const layer = byId.get(selected.id);
      assert(layer?.linear != null, `no linear layer ${selected.id}`);
      const form = layer.linear;
      const data = samples(layer);
      const tensors = await current(stored, layer.input, layer, data, within);
      const wanted = await original(layer.preActivation, layer, within);
      const skip = layer.residual === null ? null : layer.residual.skip;
      // What a skip connection beside the layer lost, the layer can make up for.
      const lost =
        skip === null || stored.size === 0
          ? null
          : { before: await original(skip, layer, within), now: await current(stored, skip, layer, data, within) };
      const bias = biases.get(layer.id) ?? null;
      const groups = Array.from({ length: form.groups }, (_, g) => {
        const k = form.outputs / form.groups;
        const y = outputRows(wanted, form, g);
        return {
          x: linearRows(tensors, form, g),
          y: lost === null ? y : corrected(y, outputRows(lost.before, form, g), outputRows(lost.now, form, g)),
          bias: bias === null ? null : bias.subarray(g * k, (g + 1) * k),
        };
      });
      return collectView({
        layer: selected,
        range: await rangeOf(tensors),
        groups,
        cell: request.cell,
        price: request.price,
        seed: request.seed,
        numerics: cpuNumerics(),
        context: within,
        inputLevels,
        arrange: request.arrange === true,
      });
    },
  };
  await context.host.pause();
  return { problem, skipped, encode };
}

function selectLayerOf(model: OnnxModel, layer: Layer): SelectLayer | string {
  const weights = layerWeights(model, layer);
  if (typeof weights === 'string') return weights;
  const positions = positionsOf(layer);
  if (positions === null) return 'how often it is applied is not known';
  const { values, k, groups } = weights;
  return {
    id: layer.id,
    op: layer.op,
    inputs: weights.d / groups,
    outputs: k,
    groups,
    weights: Float64Array.from(values),
    bias: layer.bias !== null,
    positions,
  };
}

/** [outputs] bias as it is added, beta included; null when it cannot be read. */
function biasOf(model: OnnxModel, layer: Layer): Float64Array | null {
  const { value } = readTensor(model, layer.bias ?? '');
  return value === undefined ? null : Float64Array.from(value.data, (v) => v * (layer.linear?.beta ?? 1));
}

/** Smallest and largest value, 0 among them. */
async function rangeOf(tensors: TensorSource): Promise<{ readonly low: number; readonly high: number }> {
  let [low, high] = [0, 0];
  for await (const { tensor } of tensors.batches()) {
    for (const v of tensor.data) {
      if (v < low) low = v;
      else if (v > high) high = v;
    }
  }
  return { low, high };
}

/** A seeded draw of the calibration rows, in random order: data files are often sorted by class, which would make neighbours alike. */
function sampled(data: FitRows, layer: Layer, seed: number): FitRows {
  const positions = positionsOf(layer) ?? 1;
  const d = layer.linear?.inputs ?? 1;
  const count = Math.min(data.rows, Math.max(leastSamples, Math.ceil(Math.max(leastRows, rowsPerInput * d) / positions)));
  assert('x' in data, 'the rows of a selection are held in memory');
  const random = createRandom(seed, 'select-rows');
  const order = Uint32Array.from({ length: data.rows }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const width = data.x.length / data.rows;
  const x = new Float32Array(count * width);
  for (let r = 0; r < count; r++) x.set(data.x.subarray(order[r]! * width, (order[r]! + 1) * width), r * width);
  return { rows: count, inputShape: data.inputShape, x, labels: { kind: 'class', values: new Int32Array(count), classes: 1 } };
}

/** y + before − now, row by row; all three in chunks of the first. */
function corrected(y: ActivationSource, before: ActivationSource, now: ActivationSource): ActivationSource {
  return {
    ...y,
    async *chunks() {
      const others = [before.chunks()[Symbol.asyncIterator](), now.chunks()[Symbol.asyncIterator]()] as const;
      for await (const chunk of y.chunks()) {
        const [a, b] = [(await others[0].next()).value, (await others[1].next()).value];
        assert(a?.rows === chunk.rows && b?.rows === chunk.rows, 'skip connection and layer come in different chunks');
        const x = chunk.x.slice(0, chunk.rows * y.columns);
        for (let at = 0; at < x.length; at++) x[at] = x[at]! + a.x[at]! - b.x[at]!;
        yield { ...chunk, x };
      }
    },
  };
}
