import type { Tensor } from 'onnxruntime-node';
import { TierwiseError } from '../model/error.ts';

/** float32 values of an output of any numeric element type; float32 data is passed on without a copy. Rejects strings. */
export function toFloat32(type: Tensor.Type, data: Tensor.DataType): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16') return Float32Array.from(data as Uint16Array, halfToNumber);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  if (Array.isArray(data)) throw unsupported(type);
  return Float32Array.from(data as ArrayLike<number>);
}

/** Elements of `type` with the given values, for inputs that are not float32. Integers are rounded and clamped to their range. */
export function toElements(values: Float32Array, type: Tensor.Type): Tensor.DataType {
  switch (type) {
    case 'float64':
      return Float64Array.from(values);
    case 'float16':
      return Uint16Array.from(values, numberToHalf);
    case 'int64':
      return BigInt64Array.from(values, (v) => BigInt(Math.round(v)));
    case 'uint64':
      return BigUint64Array.from(values, (v) => BigInt(Math.max(0, Math.round(v))));
    case 'int32':
      return Int32Array.from(values, clampTo(-(2 ** 31), 2 ** 31 - 1));
    case 'uint32':
      return Uint32Array.from(values, clampTo(0, 2 ** 32 - 1));
    case 'int16':
      return Int16Array.from(values, clampTo(-(2 ** 15), 2 ** 15 - 1));
    case 'uint16':
      return Uint16Array.from(values, clampTo(0, 2 ** 16 - 1));
    case 'int8':
      return Int8Array.from(values, clampTo(-128, 127));
    case 'uint8':
      return Uint8Array.from(values, clampTo(0, 255));
    case 'bool':
      return Uint8Array.from(values, (v) => (v === 0 ? 0 : 1));
    default:
      throw unsupported(type);
  }
}

function clampTo(low: number, high: number): (v: number) => number {
  return (v) => Math.min(high, Math.max(low, Math.round(v)));
}

function unsupported(type: string): TierwiseError {
  return new TierwiseError(
    'model-run-failed',
    `the model has an input or output of type ${type}, which holds no numbers we can use`,
    'Fit and eval work on numeric inputs and outputs.',
  );
}

/** IEEE 754 binary16 to a number. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to the nearest IEEE 754 binary16, ties to even; overflow gives infinity. */
function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size === 0 ? 2 ** -24 : size)));
  const scaled = size * 2 ** (10 - exponent);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // A carry out of the fraction moves into the exponent by itself.
  return sign | (rounded < 1024 ? rounded : ((exponent + 14) << 10) + rounded);
}
