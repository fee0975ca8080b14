import { cpuNumerics } from '../backends/cpu/index.ts';
import type { CellEnergy } from '../energy/switching/types.ts';
import type { SelectLayer, SelectProblem, StoredModel } from '../compress/select/types.ts';
import type { ActivationSource, TensorSource } from '../fit/activations.ts';
import type { FitRows, ModelInput, ModelRuntime, SolveContext } from '../fit/index.ts';
import { linearRows, outputRows } from '../fit/source-rows.ts';
import type { Layer, LinearForm } from '../model/layer.ts';
import { assert } from '../model/error.ts';
import { positionsOf } from '../model/positions.ts';
import { encodeModel, readTensor, upstreamModel } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { layerWeights } from './integer-layers.ts';
import { assessor } from './select-assess.ts';
import { outputSensitivities } from './select-fisher.ts';
import { scoresOf } from './select-scores.ts';
import { storedModel } from './select-stored.ts';
import { modelValues } from './select-values.ts';
import type { ModelValues } from './select-values.ts';
import { collectView } from './select-view.ts';
import type { ViewSources } from './select-view.ts';
import type { SwitchingCell } from '../energy/switching/streams.ts';

/** What a selection works on. */
export interface SelectModelRequest {
  readonly model: OnnxModel;
  /** All layers of the model, from findLayers. */
  readonly layers: readonly Layer[];
  /** Ids of the layers to choose weights of; default: all that are linear in stored weights. */
  readonly chosen?: ReadonlySet<string>;
  readonly input: ModelInput;
  /** Name of the output with the scores, or with the probabilities of a Softmax: then what it reads is looked at. */
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

/** The model behind the interface that selection sees: its layers, what they read after others were stored, and its quality. */
export async function selectModel(request: SelectModelRequest, context: SolveContext): Promise<SelectModel> {
  const byId = new Map(request.layers.map((layer) => [layer.id, layer]));
  const skipped: { id: string; reason: string }[] = [];
  const layers: SelectLayer[] = [];
  const output = scoresName(request);
  const sensitivities =
    request.sensitive === false ? new Map<string, Float64Array>() : await outputSensitivities({ ...request, output }, context);
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
  const values = modelValues({ ...request, encode });
  const problem: SelectProblem = {
    layers,
    assess: assessor({ ...request, output, encode: (stored) => encode(stored, output === request.output ? [] : [output]) }),
    async view(selected, stored, within, inputLevels = 256) {
      const layer = byId.get(selected.id);
      assert(layer?.linear != null, `no linear layer ${selected.id}`);
      const tensors = await values.now(layer.input, layer, stored, within);
      return collectView({
        layer: selected,
        range: await rangeOf(tensors),
        groups: await groupSources(layer, layer.linear, tensors, values, stored, biases.get(layer.id) ?? null, within),
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

/** The value whose softmax a classifier answers by; of other models the output itself. */
export function scoresName({ model, output, validation }: Pick<SelectModelRequest, 'model' | 'output' | 'validation'>): string {
  return validation.labels.kind === 'class' ? scoresOf(model.graph, output) : output;
}

/** What each group of a layer reads, and what it should give. */
async function groupSources(
  layer: Layer,
  form: LinearForm,
  tensors: TensorSource,
  values: ModelValues,
  stored: StoredModel,
  bias: Float64Array | null,
  context: SolveContext,
): Promise<ViewSources['groups']> {
  const wanted = await values.original(layer.preActivation, layer, context);
  const skip = layer.residual?.skip;
  // What a skip connection beside the layer lost, the layer can make up for.
  const lost =
    skip === undefined || stored.size === 0
      ? null
      : { before: await values.original(skip, layer, context), now: await values.now(skip, layer, stored, context) };
  const k = form.outputs / form.groups;
  return Array.from({ length: form.groups }, (_, g) => {
    const y = outputRows(wanted, form, g);
    return {
      x: linearRows(tensors, form, g),
      y: lost === null ? y : corrected(y, outputRows(lost.before, form, g), outputRows(lost.now, form, g)),
      bias: bias === null ? null : bias.subarray(g * k, (g + 1) * k),
    };
  });
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
