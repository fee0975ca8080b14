import type { Dtype } from '../model/tensor.ts';
import { TensorProto_DataType as T } from './gen/onnx_pb.ts';

const table: ReadonlyMap<number, Dtype> = new Map<number, Dtype>([
  [T.FLOAT, 'float32'],
  [T.UINT8, 'uint8'],
  [T.INT8, 'int8'],
  [T.UINT16, 'uint16'],
  [T.INT16, 'int16'],
  [T.INT32, 'int32'],
  [T.INT64, 'int64'],
  [T.STRING, 'string'],
  [T.BOOL, 'bool'],
  [T.FLOAT16, 'float16'],
  [T.DOUBLE, 'float64'],
  [T.UINT32, 'uint32'],
  [T.UINT64, 'uint64'],
  [T.COMPLEX64, 'complex64'],
  [T.COMPLEX128, 'complex128'],
  [T.BFLOAT16, 'bfloat16'],
  [T.FLOAT8E4M3FN, 'float8e4m3fn'],
  [T.FLOAT8E4M3FNUZ, 'float8e4m3fnuz'],
  [T.FLOAT8E5M2, 'float8e5m2'],
  [T.FLOAT8E5M2FNUZ, 'float8e5m2fnuz'],
  [T.UINT4, 'uint4'],
  [T.INT4, 'int4'],
  [T.FLOAT4E2M1, 'float4e2m1'],
  [T.FLOAT8E8M0, 'float8e8m0'],
  [T.UINT2, 'uint2'],
  [T.INT2, 'int2'],
]);

/** Our name of an ONNX element type; 'unknown' for a number that is not published. */
export function dtypeOf(dataType: number | undefined): Dtype {
  return table.get(dataType ?? 0) ?? 'unknown';
}
