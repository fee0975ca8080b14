import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as T,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../../solver-core/onnx/gen/onnx_pb.ts';

/** What an attribute may be in a test: numbers with a fraction are floats, others integers; lists follow their first element. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto };

export function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Type.INT, i: BigInt(value) });
  if (typeof value === 'string') return create(AttributeProtoSchema, { name, type: Type.STRING, s: new TextEncoder().encode(value) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: value.float });
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: Type.FLOATS, floats: [...value.floats] });
  if ('tensor' in value) return create(AttributeProtoSchema, { name, type: Type.TENSOR, t: value.tensor });
  if ('graph' in value) return create(AttributeProtoSchema, { name, type: Type.GRAPH, g: value.graph });
  return create(AttributeProtoSchema, { name, type: Type.INTS, ints: value.map(BigInt) });
}

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  name = '',
): NodeProto {
  const init = {
    opType,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  };
  return create(NodeProtoSchema, name === '' ? init : { ...init, name });
}

export function int64s(name: string, values: readonly number[], dims: readonly number[] = [values.length]): TensorProto {
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: T.INT64, int64Data: values.map(BigInt) });
}

export function floats(name: string, dims: readonly number[], value: (index: number) => number = () => 0): TensorProto {
  const n = dims.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: n }, (_, i) => value(i));
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: T.FLOAT, rawData: new Uint8Array(data.buffer) });
}

export function value(name: string, dims?: readonly (number | string)[], elemType: number = T.FLOAT): ValueInfoProto {
  if (dims === undefined) return create(ValueInfoProtoSchema, { name });
  const dim = dims.map((d) => ({
    value: typeof d === 'number' ? ({ case: 'dimValue', value: BigInt(d) } as const) : ({ case: 'dimParam', value: d } as const),
  }));
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } });
}

export function graph(init: MessageInitShape<typeof GraphProtoSchema>): GraphProto {
  return create(GraphProtoSchema, { name: 'g', ...init });
}

/** Encoded bytes of a model of the ONNX operator set `opset` (default 17), IR version 8. */
export function modelBytes(
  init: MessageInitShape<typeof GraphProtoSchema>,
  opset = 17,
  extra: MessageInitShape<typeof ModelProtoSchema> = {},
): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: BigInt(opset) }], graph: graph(init), ...extra }),
  );
}
