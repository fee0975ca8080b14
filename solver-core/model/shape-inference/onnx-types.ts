import type { Dtype } from '../tensor.ts';

/** ONNX element types by number, as attributes such as Cast's `to` give them (IR specification). */
const byNumber: readonly Dtype[] = [
  'unknown',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

/** Our name of an ONNX element type number; 'unknown' for numbers that are not published. */
export function dtypeFromOnnx(number: number): Dtype {
  return byNumber[number] ?? 'unknown';
}
