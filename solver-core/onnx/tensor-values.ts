import type { Dtype } from '../model/tensor.ts';
import { dtypeBits } from '../model/dtype-bits.ts';
import type { TensorProto } from './gen/onnx_pb.ts';
import { bfloat16ToNumber, halfToNumber } from './float-formats.ts';

/**
 * The elements of a stored numeric tensor as numbers, or null when it has none (external, text, complex, sub-byte or
 * 8-bit floating types) or not exactly `elements` of them. Meant for small tensors: the result is a plain array.
 */
export function numericValues(tensor: TensorProto, dtype: Dtype, elements: number): readonly number[] | null {
  const raw = tensor.rawData;
  if (raw !== undefined && raw.length > 0) {
    const bits = dtypeBits(dtype);
    if (raw.length * 8 !== elements * bits) return null;
    const read = rawReader(dtype, new DataView(raw.buffer, raw.byteOffset, raw.byteLength));
    if (read === null) return null;
    const values = new Array<number>(elements);
    for (let i = 0; i < elements; i++) values[i] = read(i);
    return values;
  }
  const values = typedValues(tensor, dtype);
  return values !== null && values.length === elements ? values : null;
}

function rawReader(dtype: Dtype, view: DataView): ((index: number) => number) | null {
  switch (dtype) {
    case 'float32':
      return (i) => view.getFloat32(i * 4, true);
    case 'float64':
      return (i) => view.getFloat64(i * 8, true);
    case 'float16':
      return (i) => halfToNumber(view.getUint16(i * 2, true));
    case 'bfloat16':
      return (i) => bfloat16ToNumber(view.getUint16(i * 2, true));
    case 'int8':
      return (i) => view.getInt8(i);
    case 'uint8':
    case 'bool':
      return (i) => view.getUint8(i);
    case 'int16':
      return (i) => view.getInt16(i * 2, true);
    case 'uint16':
      return (i) => view.getUint16(i * 2, true);
    case 'int32':
      return (i) => view.getInt32(i * 4, true);
    case 'uint32':
      return (i) => view.getUint32(i * 4, true);
    case 'int64':
      return (i) => Number(view.getBigInt64(i * 8, true));
    case 'uint64':
      return (i) => Number(view.getBigUint64(i * 8, true));
    default:
      return null;
  }
}

/** The `*_data` field that ONNX prescribes for each element type. */
function typedValues(tensor: TensorProto, dtype: Dtype): readonly number[] | null {
  switch (dtype) {
    case 'float32':
      return tensor.floatData;
    case 'float64':
      return tensor.doubleData;
    case 'float16':
      return tensor.int32Data.map(halfToNumber);
    case 'bfloat16':
      return tensor.int32Data.map(bfloat16ToNumber);
    case 'int8':
    case 'uint8':
    case 'bool':
    case 'int16':
    case 'uint16':
    case 'int32':
      return tensor.int32Data;
    case 'int64':
      return tensor.int64Data.map(Number);
    case 'uint32':
    case 'uint64':
      return tensor.uint64Data.map(Number);
    default:
      return null;
  }
}
