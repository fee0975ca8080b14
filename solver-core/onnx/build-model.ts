import { create, toBinary } from '@bufbuild/protobuf';
import { encodeFloats } from './encode-floats.ts';
import {
  AttributeProto_AttributeType as AttributeKind,
  ModelProtoSchema,
  TensorProto_DataType as ElementType,
  type AttributeProtoSchema,
  type ModelProto,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from './gen/onnx_pb.ts';
import type { MessageInitShape } from '@bufbuild/protobuf';

const elementTypes = {
  float32: ElementType.FLOAT,
  float64: ElementType.DOUBLE,
  uint8: ElementType.UINT8,
  int8: ElementType.INT8,
  int32: ElementType.INT32,
  int64: ElementType.INT64,
  bool: ElementType.BOOL,
} as const;

/** Element types of values in a built model. */
export type BuiltType = keyof typeof elementTypes;

/** An input or output. A string in `dims` is a size that is known when the model runs; equal strings are equal sizes. */
export interface BuiltValue {
  readonly name: string;
  readonly type: BuiltType;
  readonly dims: readonly (number | string)[];
}

/** Attribute of a node: a number is an INT, an array INTS, text a STRING, `{ float }` a FLOAT. */
export type BuiltAttribute = number | readonly number[] | string | { readonly float: number };

export interface BuiltNode {
  readonly op: string;
  /** Default: the standard operators. 'com.microsoft' is the other one ONNX Runtime knows. */
  readonly domain?: string;
  /** Names; '' leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, BuiltAttribute>>;
}

/** Values stored in the model: float32, or int64 from integers. */
export interface BuiltTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | { readonly int64: readonly number[] };
}

export interface BuiltGraph {
  readonly name: string;
  readonly inputs: readonly BuiltValue[];
  readonly outputs: readonly BuiltValue[];
  /** In an order in which every node comes after those it reads from. */
  readonly nodes: readonly BuiltNode[];
  /** Default: none. */
  readonly tensors?: readonly BuiltTensor[];
  /** Version of the standard operators. Default 13. */
  readonly opset?: number;
}

/** Bytes of an ONNX model (IR version 8) made of these nodes; for graphs that we run ourselves, so nothing is checked. */
export function buildModel(graph: BuiltGraph): Uint8Array {
  const domains = new Set(graph.nodes.map((node) => node.domain ?? ''));
  const model: ModelProto = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'tierwise',
    opsetImport: [...new Set(['', ...domains])].map((domain) => ({ domain, version: domain === '' ? BigInt(graph.opset ?? 13) : 1n })),
    graph: {
      name: graph.name,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      initializer: (graph.tensors ?? []).map(storedTensor),
      node: graph.nodes.map((node, i) => ({
        name: `${node.op}_${i}`,
        opType: node.op,
        input: [...node.inputs],
        output: [...node.outputs],
        ...(node.domain === undefined ? {} : { domain: node.domain }),
        attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => attribute(name, value)),
      })),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function valueInfo({ name, type, dims }: BuiltValue): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = dims.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  return { name, type: { value: { case: 'tensorType', value: { elemType: elementTypes[type], shape: { dim } } } } };
}

function storedTensor({ name, dims, data }: BuiltTensor): MessageInitShape<typeof TensorProtoSchema> {
  const head = { name, dims: dims.map(BigInt) };
  if (data instanceof Float32Array) return { ...head, dataType: ElementType.FLOAT, rawData: encodeFloats(data, 'float32') };
  return { ...head, dataType: ElementType.INT64, int64Data: data.int64.map(BigInt) };
}

function attribute(name: string, value: BuiltAttribute): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number') return { name, type: AttributeKind.INT, i: BigInt(value) };
  if (typeof value === 'string') return { name, type: AttributeKind.STRING, s: ascii(value) };
  if ('float' in value) return { name, type: AttributeKind.FLOAT, f: value.float };
  return { name, type: AttributeKind.INTS, ints: value.map(BigInt) };
}

/** Texts of attributes are ours and plain. */
function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
