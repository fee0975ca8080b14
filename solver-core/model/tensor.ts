/** Element types of ONNX tensors, by their ONNX names in lower case. */
export type Dtype =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int4'
  | 'uint4'
  | 'int2'
  | 'uint2'
  | 'float4e2m1'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'bool'
  | 'string'
  | 'complex64'
  | 'complex128'
  | 'unknown';

/** A dimension: known, symbolic (its name), or unknown (null). */
export type Dim = number | string | null;

/** null = rank unknown. */
export type Shape = readonly Dim[] | null;

/** A tensor described without its bytes. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  /** Number of elements; NaN when the declared dims overflow 2^53. */
  readonly elements: number;
  readonly sizeBytes: number;
  readonly storage: 'inline' | 'external' | 'none';
}
