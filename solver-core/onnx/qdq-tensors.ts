import { create } from '@bufbuild/protobuf';
import { assert } from '../model/error.ts';
import { encodeFloats } from './encode-floats.ts';
import { TensorProto_DataLocation, TensorProto_DataType as ElementType, TensorProtoSchema, type TensorProto } from './gen/onnx_pb.ts';

/** Element types that quantised values are stored as. */
export type StoredInteger = 'int8' | 'int4' | 'uint8';

const dataTypes = { int8: ElementType.INT8, int4: ElementType.INT4, uint8: ElementType.UINT8 } as const;

/**
 * The tensor with integers in the place of its values: name, documentation and unknown fields stay, the values lie inside the file.
 * `data`: row-major in `dims`; int4: -8..7, two to a byte, the first in the low half.
 */
export function integerTensor(
  tensor: TensorProto,
  type: StoredInteger,
  dims: readonly number[],
  data: Int8Array | Uint8Array,
): TensorProto {
  assert(dims.reduce((a, b) => a * b, 1) === data.length, `${data.length} values do not fill [${dims.join(', ')}]`);
  const { segment: _segment, dataLocation, ...rest } = tensor;
  return {
    ...rest,
    ...(dataLocation === TensorProto_DataLocation.DEFAULT ? { dataLocation } : {}),
    dims: dims.map(BigInt),
    dataType: dataTypes[type],
    rawData: type === 'int4' ? packed(data) : new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)),
    floatData: [],
    doubleData: [],
    int32Data: [],
    externalData: [],
  };
}

/** A new tensor of integers; no dims: a single value. */
export function newIntegers(name: string, type: StoredInteger, dims: readonly number[], data: Int8Array | Uint8Array): TensorProto {
  return integerTensor(create(TensorProtoSchema, { name }), type, dims, data);
}

/** A new float32 tensor. */
export function newFloats(name: string, dims: readonly number[], data: Float32Array): TensorProto {
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: ElementType.FLOAT, rawData: encodeFloats(data, 'float32') });
}

function packed(data: Int8Array | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(data.length / 2));
  data.forEach((value, i) => (bytes[i >> 1] = bytes[i >> 1]! | ((value & 0xf) << ((i & 1) * 4))));
  return bytes;
}
