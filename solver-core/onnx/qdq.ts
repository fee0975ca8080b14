import { create } from '@bufbuild/protobuf';
import type { Diagnostic } from '../model/diagnostic.ts';
import { assert } from '../model/error.ts';
import type { Layer, LinearForm } from '../model/layer.ts';
import { findLayers } from '../model/layers.ts';
import { inferShapes } from '../model/shape-inference/infer.ts';
import { dtypeOf } from './dtype.ts';
import { freshNames } from './fresh-names.ts';
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { int4Opset, perAxisFindings, perAxisOpset } from './qdq-opset.ts';
import { integerTensor, newFloats, newIntegers } from './qdq-tensors.ts';
import { usedWeight } from './qdq-weight.ts';
import { findStoredTensor } from './read-tensor.ts';
import { readBy } from './upstream.ts';
import { graphOf, rebuilt, withInitializers, type NewTensor } from './write.ts';

/** A layer as integers: y = x·W + b with W = scale · integer and x = scale · (integer − zeroPoint). */
export interface QuantisedLayer {
  readonly id: string;
  /** In the layout of the stored weight tensor, ±127 (8 bits) or ±7 (4 bits). */
  readonly weights: Int8Array;
  /** [outputs] step of the stored weight (alpha of a Gemm is not in it), positive and finite. */
  readonly scales: Float32Array;
  readonly bits: 4 | 8;
  /** [outputs] what is added to alpha · x · W (beta of a Gemm is in it); null: the bias stays as it is. */
  readonly bias: Float32Array | null;
  /** How the layer's inputs are stored, unsigned 8 bit; null: they stay floating-point numbers. */
  readonly input: { readonly scale: number; readonly zeroPoint: number } | null;
}

/** IR versions that belong to the operator sets. */
const irVersions: readonly (readonly [opset: number, irVersion: bigint])[] = [
  [perAxisOpset, 7n],
  [int4Opset, 10n],
];

/** Why a layer of this model cannot hold integers, as the end of a sentence; null when it can. */
export function whyNotQuantisable(model: OnnxModel, layer: Layer): string | null {
  if (layer.linear === null || layer.weight === null) return layer.notSolvable ?? 'it has no stored weight';
  const stored = findStoredTensor(model, layer.weight);
  const dtype = stored === undefined ? 'unknown' : dtypeOf(stored.dataType);
  return dtype === 'float32' ? null : `its weight is stored as ${dtype}; only float32 weights become integers`;
}

/** What stands against integer weights in the model as a whole: nodes whose meaning would change with the operator set that they need. */
export function quantiseFindings(model: OnnxModel): readonly Diagnostic[] {
  if ((model.graph.opsets.get('') ?? 0) >= perAxisOpset) return [];
  const { values } = inferShapes(model.graph);
  return perAxisFindings(model.graph, (name) => values.get(name)?.shape ?? null);
}

/**
 * A copy of the model that stores the weights of these layers as integers with one scale per output, and reads their inputs as unsigned
 * 8-bit numbers with one scale and zero point: QuantizeLinear and DequantizeLinear nodes that every ONNX runtime knows (QDQ form).
 *
 * - The integers take the place and name of the weight; a Transpose, Reshape or Constant between weight and layer goes.
 * - 4-bit integers are stored as INT4 where the model uses operator set 21 or later, else in 8 bits.
 * - The bias stays in floating point, as exact as it was; runtimes that want integers round it to scale·scale of the layer themselves.
 * - The operator set is raised to 13 where it is older, the IR version with it; nothing else changes, and unknown fields stay.
 *
 * Layers must pass `whyNotQuantisable`, the model `quantiseFindings`; integers beyond their bits and scales that are not positive numbers
 * are mistakes of the caller. `found`: the layers of the model, when they are known.
 */
export function withQuantisedLayers(model: OnnxModel, layers: readonly QuantisedLayer[], found?: readonly Layer[]): OnnxModel {
  if (layers.length === 0) return model;
  const known = new Map((found ?? findLayers(model.graph, inferShapes(model.graph))).map((layer) => [layer.id, layer]));
  const biases = new Map<string, NewTensor>();
  const jobs = layers.map((quantised): Job => {
    const layer = known.get(quantised.id);
    assert(layer !== undefined && whyNotQuantisable(model, layer) === null, `layer ${quantised.id} cannot hold integers`);
    const { linear, weight, bias } = layer;
    assert(linear !== null && weight !== null, 'a linear layer has a weight');
    checkNumbers(quantised, linear);
    if (quantised.bias !== null) {
      const { biasDims, beta } = linear;
      assert(bias !== null && biasDims !== null, `layer ${quantised.id} has no bias to change`);
      biases.set(bias, { dims: biasDims, data: quantised.bias.map((v) => v / beta) });
    }
    return { layer, linear, weight, quantised };
  });
  const opset = Math.max(perAxisOpset, model.graph.opsets.get('') ?? 0);
  const editor = new GraphEditor(withInitializers(model, biases), opset >= int4Opset);
  for (const job of jobs.sort((a, b) => a.layer.nodeIndex - b.layer.nodeIndex)) editor.quantise(job);
  const edited = rebuilt(model, editor.graph());
  return atOpset(edited, opset);
}

/** The model with this version of the standard operators, and at least the IR version that goes with it. */
function atOpset(model: OnnxModel, opset: number): OnnxModel {
  const { proto } = model;
  const isDefault = (domain: string | undefined): boolean => (domain ?? '') === '' || domain === 'ai.onnx';
  const opsetImport = proto.opsetImport.map((entry) => (isDefault(entry.domain) ? { ...entry, version: BigInt(opset) } : entry));
  const wanted = irVersions.findLast(([from]) => opset >= from)?.[1] ?? 0n;
  const irVersion = (proto.irVersion ?? 0n) < wanted ? wanted : proto.irVersion;
  const raised: ModelProto = { ...proto, opsetImport, ...(irVersion === undefined ? {} : { irVersion }) };
  return rebuilt({ ...model, proto: raised }, graphOf(model));
}

interface Job {
  readonly layer: Layer;
  readonly linear: LinearForm;
  readonly weight: string;
  readonly quantised: QuantisedLayer;
}

function checkNumbers({ id, weights, scales, bits, bias, input }: QuantisedLayer, { inputs, outputs }: LinearForm): void {
  const largest = 2 ** (bits - 1) - 1;
  assert(weights.length === inputs * outputs && scales.length === outputs, `layer ${id} has ${outputs} outputs of ${inputs} inputs`);
  assert(
    weights.every((v) => Math.abs(v) <= largest),
    `layer ${id} has integers beyond ${bits} bits`,
  );
  assert(
    scales.every((s) => s > 0 && Number.isFinite(s)),
    `layer ${id} has a scale that is no positive number`,
  );
  assert(bias === null || (bias.length === outputs && bias.every(Number.isFinite)), `layer ${id} has another bias`);
  if (input === null) return;
  const { scale, zeroPoint } = input;
  assert(Math.fround(scale) > 0 && Number.isFinite(Math.fround(scale)), `the inputs of layer ${id} have the scale ${scale}`);
  assert(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255, `the inputs of layer ${id} have the zero point ${zeroPoint}`);
}

/** Collects the changes of one graph. */
class GraphEditor {
  private readonly model: OnnxModel;
  private readonly source: GraphProto;
  private readonly hasInt4: boolean;
  private readonly fresh: (hint: string) => string;
  private readonly before = new Map<number, NodeProto[]>();
  private readonly inputs = new Map<number, string[]>();
  private readonly tensors = new Map<string, TensorProto>();
  private readonly added: TensorProto[] = [];
  private readonly gone = new Set<NodeProto>();
  /** Quantised inputs, by value, scale and zero point: layers that read one value alike share its integers. */
  private readonly shared = new Map<string, string>();

  constructor(model: OnnxModel, hasInt4: boolean) {
    this.model = model;
    this.source = graphOf(model);
    this.hasInt4 = hasInt4;
    this.fresh = freshNames(this.source, 'tierwise');
  }

  quantise({ layer, linear, weight, quantised }: Job): void {
    const at = layer.nodeIndex;
    const node = this.source.node[at];
    const lowered = this.model.graph.nodes[at];
    assert(node !== undefined && lowered?.op === layer.op, `layer ${layer.id} is not at its node`);
    const read = [...node.input];
    const { dims, axis, data } = usedWeight(lowered, linear, quantised.weights);
    const type = quantised.bits === 4 && this.hasInt4 ? 'int4' : 'int8';
    this.forget(node.input[1] ?? '', weight);
    const stored = findStoredTensor(this.model, weight) ?? create(TensorProtoSchema, {});
    this.tensors.set(weight, { ...integerTensor(stored, type, dims, data), name: weight });
    const scales = this.store(newFloats(this.fresh(`${weight}_scale`), [linear.outputs], quantised.scales));
    const zeros = this.store(newIntegers(this.fresh(`${weight}_zero_point`), type, [linear.outputs], new Int8Array(linear.outputs)));
    const value = this.call(at, 'DequantizeLinear', [weight, scales, zeros], `${weight}_value`);
    value.attribute.push(create(AttributeProtoSchema, { name: 'axis', type: AttributeKind.INT, i: BigInt(axis) }));
    read[1] = value.output[0] ?? '';
    if (quantised.input !== null) read[0] = this.quantisedInput(at, read[0] ?? '', quantised.input);
    this.inputs.set(at, read);
  }

  /** The name of the value as it is after rounding to integers. */
  private quantisedInput(at: number, value: string, { scale, zeroPoint }: NonNullable<QuantisedLayer['input']>): string {
    const key = JSON.stringify([value, Math.fround(scale), zeroPoint]);
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const step = this.store(newFloats(this.fresh(`${value}_scale`), [], Float32Array.of(scale)));
    const zero = this.store(newIntegers(this.fresh(`${value}_zero_point`), 'uint8', [], Uint8Array.of(zeroPoint)));
    const rounded = this.call(at, 'QuantizeLinear', [value, step, zero], `${value}_integers`);
    const back = this.call(at, 'DequantizeLinear', [rounded.output[0] ?? '', step, zero], `${value}_value`);
    const name = back.output[0] ?? '';
    this.shared.set(key, name);
    return name;
  }

  /** The nodes between a stored weight and the layer, which are read by nobody else, go; the tensor itself is replaced. */
  private forget(operand: string, weight: string): void {
    let at = operand;
    while (at !== '') {
      const maker = this.source.node.find((node) => node.output.includes(at));
      if (maker === undefined) break;
      this.gone.add(maker);
      at = at === weight ? '' : (maker.input[0] ?? '');
    }
  }

  private store(tensor: TensorProto): string {
    this.added.push(tensor);
    return tensor.name ?? '';
  }

  private call(at: number, opType: string, input: string[], hint: string): NodeProto {
    const node = create(NodeProtoSchema, { opType, name: this.fresh(`${hint}_node`), input, output: [this.fresh(hint)] });
    const list = this.before.get(at);
    if (list === undefined) this.before.set(at, [node]);
    else list.push(node);
    return node;
  }

  graph(): GraphProto {
    const { source, tensors, gone } = this;
    const node = source.node.flatMap((old, at) => {
      if (gone.has(old)) return [];
      const input = this.inputs.get(at);
      return [...(this.before.get(at) ?? []), input === undefined ? old : { ...old, input }];
    });
    const inPlace = new Set(source.initializer.map(({ name }) => name ?? ''));
    const unread = this.unread(node);
    const initializer = source.initializer
      .filter(({ name }) => !unread.has(name ?? ''))
      .map((tensor) => tensors.get(tensor.name ?? '') ?? tensor);
    const fromConstants = [...tensors].filter(([name]) => !inPlace.has(name)).map(([, tensor]) => tensor);
    const dropped = new Set([...gone].flatMap((old) => old.output));
    const isStale = (name: string | undefined): boolean =>
      tensors.has(name ?? '') || dropped.has(name ?? '') || (unread.has(name ?? '') && inPlace.has(name ?? ''));
    return {
      ...source,
      node,
      initializer: [...initializer, ...fromConstants, ...this.added],
      // A weight that was also declared as an input had floating-point numbers, and was not meant to be given.
      input: source.input.filter(({ name }) => !isStale(name)),
      valueInfo: source.valueInfo.filter(({ name }) => !isStale(name)),
    };
  }

  /** Stored tensors that only the nodes that went had read, such as the shape of a Reshape. */
  private unread(nodes: readonly NodeProto[]): ReadonlySet<string> {
    const unread = new Set([...this.gone].flatMap((old) => old.input));
    if (unread.size === 0) return unread;
    for (const node of nodes) for (const name of readBy(node)) unread.delete(name);
    for (const { name } of this.source.output) unread.delete(name ?? '');
    return unread;
  }
}
