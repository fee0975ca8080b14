import { create, toBinary } from '@bufbuild/protobuf';
import { assert } from '../model/error.ts';
import { dtypeOf } from './dtype.ts';
import { encodeFloats } from './encode-floats.ts';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from './gen/onnx_pb.ts';
import { defaultLimits } from './limits.ts';
import { lowerModel } from './lower.ts';
import type { OnnxModel } from './model.ts';

/** New values for a stored tensor; `data` is row-major and has the product of `dims` elements. */
export interface NewTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * Encodes a model. Everything that was not changed survives, unknown fields included; order and packing are normalised,
 * so an unchanged file reopens equal but need not have the same bytes.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  return toBinary(ModelProtoSchema, model.proto);
}

/**
 * A copy of the model with other values in the named tensors (initializers, or Constant nodes of the main graph). Name,
 * position and element type stay; values are rounded to the element type (float32, float64 or float16) and stored as raw
 * data inside the file, also when they were external. All other buffers are shared with `model`.
 * Unknown names and other element types are mistakes of the caller.
 */
export function withInitializers(model: OnnxModel, tensors: ReadonlyMap<string, NewTensor>): OnnxModel {
  const graph = graphOf(model);
  const missing = new Set(tensors.keys());
  const initializer = graph.initializer.map((tensor) => {
    const replacement = tensors.get(tensor.name ?? '');
    if (replacement === undefined) return tensor;
    missing.delete(tensor.name ?? '');
    return replaced(tensor, replacement);
  });
  const node = missing.size === 0 ? graph.node : graph.node.map((n) => withConstant(n, tensors, missing));
  assert(missing.size === 0, `no stored tensor named ${[...missing].join(', ')}`);
  return rebuilt(model, { ...graph, initializer, node });
}

/** A copy of the model that also returns the named values (for collecting activations). Names that are outputs already are skipped. */
export function withGraphOutputs(model: OnnxModel, names: readonly string[]): OnnxModel {
  const graph = graphOf(model);
  const present = new Set(graph.output.map((o) => o.name ?? ''));
  const declared = new Map([...graph.valueInfo, ...graph.input].map((v) => [v.name ?? '', v]));
  const known = new Set([...declared.keys(), ...graph.initializer.map((t) => t.name ?? ''), ...graph.node.flatMap((n) => n.output)]);
  const added = [];
  for (const name of names) {
    if (present.has(name)) continue;
    assert(name !== '' && known.has(name), `no value named ${name}`);
    present.add(name);
    // A runtime infers the type of an output that declares none.
    added.push(create(ValueInfoProtoSchema, { name }));
  }
  return rebuilt(model, { ...graph, output: [...graph.output, ...added] });
}

/** A copy of the model with these entries in its metadata; entries with equal keys are replaced in place, others kept. */
export function withMetadata(model: OnnxModel, entries: Readonly<Record<string, string>>): OnnxModel {
  const pending = new Map(Object.entries(entries));
  const metadataProps = model.proto.metadataProps.flatMap((entry) => {
    const key = entry.key ?? '';
    if (!Object.hasOwn(entries, key)) return [entry];
    const value = pending.get(key);
    // A second entry with the same key would win in some readers: keep only the new one.
    if (value === undefined) return [];
    pending.delete(key);
    return [{ ...entry, value }];
  });
  for (const [key, value] of pending) metadataProps.push(create(StringStringEntryProtoSchema, { key, value }));
  return { ...model, proto: { ...model.proto, metadataProps } };
}

/** The main graph of a model that was read. */
export function graphOf(model: OnnxModel): GraphProto {
  const graph = model.proto.graph;
  assert(graph !== undefined, 'a model that was read has a graph');
  return graph;
}

/** The model with another main graph, lowered anew. For files of this folder. */
export function rebuilt(model: OnnxModel, graph: GraphProto): OnnxModel {
  const proto: ModelProto = { ...model.proto, graph };
  return { ...model, proto, graph: lowerModel(proto, defaultLimits, { nodes: [], initializers: [] }).graph };
}

function withConstant(node: NodeProto, tensors: ReadonlyMap<string, NewTensor>, missing: Set<string>): NodeProto {
  const name = node.output[0] ?? '';
  const replacement = missing.has(name) && node.opType === 'Constant' ? tensors.get(name) : undefined;
  if (replacement === undefined) return node;
  const attribute = node.attribute.map((a) => {
    if (a.name !== 'value' || a.t === undefined) return a;
    missing.delete(name);
    return { ...a, t: replaced(a.t, replacement) };
  });
  return { ...node, attribute };
}

function replaced(tensor: TensorProto, { dims, data }: NewTensor): TensorProto {
  const dtype = dtypeOf(tensor.dataType);
  assert(dtype === 'float32' || dtype === 'float64' || dtype === 'float16', `cannot store values as ${dtype}`);
  assert(dims.reduce((a, b) => a * b, 1) === data.length, `${data.length} values do not fill [${dims.join(', ')}]`);
  const { segment: _segment, dataLocation, ...rest } = tensor;
  return {
    ...rest,
    // Writers that state the default location keep stating it.
    ...(dataLocation === TensorProto_DataLocation.DEFAULT ? { dataLocation } : {}),
    dims: dims.map(BigInt),
    rawData: encodeFloats(data, dtype),
    floatData: [],
    doubleData: [],
    int32Data: [],
    externalData: [],
  };
}
