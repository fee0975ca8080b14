import type { Dtype } from './tensor.ts';

/** Bits per element as stored (IR specification); 0 for types without a fixed size. */
export function dtypeBits(dtype: Dtype): number {
  switch (dtype) {
    case 'float64':
    case 'int64':
    case 'uint64':
    case 'complex64':
      return 64;
    case 'complex128':
      return 128;
    case 'float32':
    case 'int32':
    case 'uint32':
      return 32;
    case 'float16':
    case 'bfloat16':
    case 'int16':
    case 'uint16':
      return 16;
    case 'int8':
    case 'uint8':
    case 'bool':
    case 'float8e4m3fn':
    case 'float8e4m3fnuz':
    case 'float8e5m2':
    case 'float8e5m2fnuz':
    case 'float8e8m0':
      return 8;
    case 'int4':
    case 'uint4':
    case 'float4e2m1':
      return 4;
    case 'int2':
    case 'uint2':
      return 2;
    case 'string':
    case 'unknown':
      return 0;
  }
}

/** True for the element types a weight of a trainable layer can have. */
export function isFloat(dtype: Dtype): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}
