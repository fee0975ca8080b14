import { create } from '@bufbuild/protobuf';
import { TierwiseError, assert } from '../model/error.ts';
import type { Layer, LinearForm } from '../model/layer.ts';
import { quoteName } from '../model/quote.ts';
import { freshNames } from './fresh-names.ts';
import { NodeProtoSchema, type GraphProto, type NodeProto, type TensorProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { newFloats } from './qdq-tensors.ts';
import { readTensor } from './read-tensor.ts';
import { nextFloat } from './next-float.ts';
import { graphOf, rebuilt, withInitializers, type NewTensor } from './write.ts';

/** Smallest version of the standard operators that has Where. */
export const thresholdOpset = 9;

/** y = |x − c| > t ? x − c : 0 at one value. */
export interface SiteThreshold {
  /** Name of the value. */
  readonly site: string;
  /** The dimension that thresholds and centres belong to: -1 the last one (dense layers), 1 the channels of a convolution's input. */
  readonly axis: number;
  /** One for all, or one per channel; 0 or larger and finite. */
  readonly threshold: Float32Array;
  /** [channels] what is taken from the values; null: nothing. */
  readonly centre: Float32Array | null;
}

/** Other weights of a layer. */
export interface LayerCorrection {
  readonly layer: string;
  /** In the layout and scale of the stored tensor (a Gemm's alpha is not in it). */
  readonly weights: Float32Array;
  /** [outputs] all that is added to alpha · x · W (a Gemm's beta, and the centre's share, are in it); null: the bias stays as it is. */
  readonly bias: Float32Array | null;
}

/**
 * A copy of the model in which the layers read thresholded values: Sub, Abs, Greater and Where nodes in front of them, one set per value,
 * under names that the model does not use yet. Whoever else reads a value goes on reading the value itself.
 *
 * - Strict: |x − c| = t gives 0; what is not a number stays so. The stored tensor holds the next larger float of t, because
 *   |x| ≤ t is the same as |x| < next(t), and only "less" gives that answer for numbers that are none.
 * - A centre goes to the layers: c·W is added to their bias (in double precision), one is added where there is none. `corrections` hold
 *   the whole bias already, so nothing is added there.
 * - t = 0 without a centre changes nothing.
 *
 * `layers`: those that shall read thresholded values (findLayers of this model); every one that reads a site does. They must be linear
 * with float32 weights, and must not be padded convolutions where there is a centre; the model must have operator set 9 (`thresholdOpset`)
 * or later. Throws TierwiseError `weights-overflow` for a correction that is not finite.
 */
export function withThresholds(
  model: OnnxModel,
  thresholds: readonly SiteThreshold[],
  layers: readonly Layer[],
  corrections: readonly LayerCorrection[] = [],
): OnnxModel {
  const active = thresholds.filter(({ threshold, centre }) => centre !== null || threshold.some((t) => t !== 0));
  if (active.length === 0 && corrections.length === 0) return model;
  assert((model.graph.opsets.get('') ?? 0) >= thresholdOpset, `thresholds need operator set ${thresholdOpset}`);
  const edit = newBiasesAndWeights(model, active, layers, corrections);
  const changed = withInitializers(model, edit.stored);
  const graph = graphOf(changed);
  const editor = new Editor(graph, freshNames(graph, 'tierwise'));
  for (const site of active) editor.threshold(site, readersOf(site, layers));
  for (const { layer, bias } of edit.added) editor.addBias(layer, bias);
  return rebuilt(changed, editor.graph());
}

/** Other values of stored tensors, and biases for layers that store none. */
interface Edit {
  readonly stored: Map<string, NewTensor>;
  readonly added: { readonly layer: Layer; readonly bias: Float32Array }[];
}

function newBiasesAndWeights(
  model: OnnxModel,
  thresholds: readonly SiteThreshold[],
  layers: readonly Layer[],
  corrections: readonly LayerCorrection[],
): Edit {
  const edit: Edit = { stored: new Map(), added: [] };
  const corrected = new Map(corrections.map((c) => [c.layer, c]));
  assert(corrected.size === corrections.length, 'a layer is corrected once');
  const setBias = (layer: Layer, bias: Float32Array | Float64Array): void => {
    const { linear } = layer;
    assert(linear !== null && bias.length === linear.outputs, `layer ${layer.id} has other outputs`);
    if (layer.bias !== null && linear.biasDims !== null)
      edit.stored.set(layer.bias, { dims: linear.biasDims, data: Float32Array.from(bias, (v) => v / linear.beta) });
    else if (bias.some((v) => v !== 0)) edit.added.push({ layer, bias: Float32Array.from(bias) });
  };
  for (const { centre, site, axis, threshold } of thresholds) {
    for (const layer of readersOf({ site, axis, threshold, centre }, layers)) {
      const correction = corrected.get(layer.id);
      assert(
        centre === null || correction === undefined || correction.bias !== null,
        `the correction of ${layer.id} lacks the centre's share`,
      );
      if (centre !== null && correction === undefined) setBias(layer, withShare(model, layer, centre));
    }
  }
  for (const { layer: id, weights, bias } of corrections) {
    const layer = layers.find((l) => l.id === id);
    assert(layer?.linear != null && layer.weight !== null, `layer ${id} has no stored weights`);
    const { inputs, outputs, weightDims } = layer.linear;
    assert(weights.length === inputs * outputs, `layer ${id} has ${inputs} x ${outputs} weights`);
    if (![weights, bias ?? []].every((values) => values.every(Number.isFinite))) {
      throw new TierwiseError(
        'weights-overflow',
        `the corrected weights of layer ${quoteName(id)} hold values beyond float32`,
        'Run again without corrections (--no-correct).',
      );
    }
    edit.stored.set(layer.weight, { dims: weightDims, data: weights });
    if (bias !== null) setBias(layer, bias);
  }
  return edit;
}

/** [outputs] the bias of a layer (beta in it) plus the centre's share alpha · c · W, in double precision. */
function withShare(model: OnnxModel, layer: Layer, centre: Float32Array): Float64Array {
  const { linear, weight, bias } = layer;
  assert(linear !== null && weight !== null, `layer ${layer.id} has no stored weights`);
  const { inputs, outputs, groups, transposed, alpha, beta, patches } = linear;
  const kernel = patches?.kernel.reduce((a, b) => a * b, 1) ?? 1;
  const padding = patches?.padding;
  assert(
    padding === undefined || (typeof padding === 'object' && [...padding.before, ...padding.after].every((zeros) => zeros === 0)),
    `layer ${layer.id} is padded with zeros, which a centre would move`,
  );
  const w = valuesOf(model, weight);
  const old = bias === null ? null : valuesOf(model, bias);
  const channels = inputs / kernel;
  assert(centre.length === channels * groups, `layer ${layer.id} reads ${channels * groups} channels, the centre has ${centre.length}`);
  const result = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const first = Math.floor(o / (outputs / groups)) * channels;
    let sum = 0;
    for (let j = 0; j < inputs; j++) sum += centre[first + Math.floor(j / kernel)]! * w[transposed ? o * inputs + j : j * outputs + o]!;
    result[o] = alpha * sum + beta * (old?.[o] ?? 0);
  }
  return result;
}

function valuesOf(model: OnnxModel, name: string): Float32Array | Float64Array {
  const { value, diagnostics } = readTensor(model, name);
  assert(value !== undefined, `tensor ${name} was readable before: ${diagnostics[0]?.message ?? ''}`);
  return value.data;
}

function readersOf({ site, axis }: SiteThreshold, layers: readonly Layer[]): readonly Layer[] {
  const readers = layers.filter(
    ({ input, linear }) => input === site && linear !== null && (linear.patches === null ? axis === -1 : axis === 1),
  );
  assert(readers.length > 0, `no layer reads ${site} along dimension ${axis}`);
  return readers;
}

/** Collects the changes of one graph. */
class Editor {
  private readonly source: GraphProto;
  private readonly fresh: (hint: string) => string;
  private readonly before = new Map<number, NodeProto[]>();
  private readonly after = new Map<number, NodeProto[]>();
  private readonly changed = new Map<number, NodeProto>();
  private readonly tensors: TensorProto[] = [];

  constructor(source: GraphProto, fresh: (hint: string) => string) {
    this.source = source;
    this.fresh = fresh;
  }

  /** The nodes of one site in front of its first reader, and its readers behind them. */
  threshold({ site, threshold, centre }: SiteThreshold, readers: readonly Layer[]): void {
    const [first] = readers;
    assert(first?.linear != null, 'a site has a reader');
    const at = Math.min(...readers.map(({ nodeIndex }) => nodeIndex));
    let value = site;
    if (centre !== null) value = this.call(at, 'Sub', [value, this.perChannel(`${site}_centre`, centre, first.linear)], `${site}_centred`);
    if (threshold.some((t) => t !== 0)) {
      assert(
        threshold.every((t) => t >= 0 && Number.isFinite(t)),
        `the site ${site} has a threshold that is no number of 0 or more`,
      );
      const limit = this.perChannel(`${site}_threshold`, threshold.map(nextFloat), first.linear);
      const size = this.call(at, 'Abs', [value], `${site}_size`);
      const small = this.call(at, 'Greater', [limit, size], `${site}_small`);
      value = this.call(
        at,
        'Where',
        [small, this.store(newFloats(this.fresh(`${site}_zero`), [], new Float32Array(1))), value],
        `${site}_sparse`,
      );
    }
    for (const reader of readers) {
      const node = this.nodeOf(reader);
      this.changed.set(reader.nodeIndex, { ...node, input: node.input.map((name, i) => (i === 0 ? value : name)) });
    }
  }

  /** A bias for a layer that stores none. */
  addBias(layer: Layer, bias: Float32Array): void {
    const node = this.nodeOf(layer);
    const stored = this.store(newFloats(this.fresh(`${layer.id}_bias`), [bias.length], bias));
    if (node.opType === 'Conv') {
      this.changed.set(layer.nodeIndex, { ...node, input: [node.input[0] ?? '', node.input[1] ?? '', stored] });
      return;
    }
    // The Add takes over the name of the layer's result, so that whoever reads it reads the sum; a node without a name keeps its id.
    const result = node.output[0] ?? '';
    const product = this.fresh(`${layer.id}_product`);
    this.changed.set(layer.nodeIndex, {
      ...node,
      name: node.name === '' || node.name === undefined ? layer.id : node.name,
      output: [product],
    });
    const add = create(NodeProtoSchema, {
      opType: 'Add',
      name: this.fresh(`${layer.id}_bias_node`),
      input: [product, stored],
      output: [result],
    });
    this.after.set(layer.nodeIndex, [add]);
  }

  graph(): GraphProto {
    const node = this.source.node.flatMap((old, at) => [
      ...(this.before.get(at) ?? []),
      this.changed.get(at) ?? old,
      ...(this.after.get(at) ?? []),
    ]);
    return { ...this.source, node, initializer: [...this.source.initializer, ...this.tensors] };
  }

  private nodeOf(layer: Layer): NodeProto {
    const node = this.changed.get(layer.nodeIndex) ?? this.source.node[layer.nodeIndex];
    assert(node?.opType === layer.op, `layer ${layer.id} is not at its node`);
    return node;
  }

  /** A stored vector that broadcasts along the channels. */
  private perChannel(hint: string, values: Float32Array, { patches, inputs, groups }: LinearForm): string {
    const kernel = patches?.kernel.reduce((a, b) => a * b, 1) ?? 1;
    const channels = (inputs / kernel) * groups;
    assert(values.length === 1 || values.length === channels, `${values.length} values for ${channels} channels`);
    const dims = values.length === 1 && channels !== 1 ? [] : [values.length, ...(patches?.kernel ?? []).map(() => 1)];
    return this.store(newFloats(this.fresh(hint), dims, values));
  }

  private store(tensor: TensorProto): string {
    this.tensors.push(tensor);
    return tensor.name ?? '';
  }

  private call(at: number, opType: string, input: string[], hint: string): string {
    const output = this.fresh(hint);
    const node = create(NodeProtoSchema, { opType, name: this.fresh(`${hint}_node`), input, output: [output] });
    const list = this.before.get(at);
    if (list === undefined) this.before.set(at, [node]);
    else list.push(node);
    return output;
  }
}
