import { isLittleEndian } from './endian.ts';
import { numberToHalf } from './float-formats.ts';

/** The values as ONNX raw data: little-endian, rounded to nearest even in the element type. Always a new buffer. */
export function encodeFloats(data: Float32Array | Float64Array, dtype: 'float32' | 'float64' | 'float16'): Uint8Array {
  if (dtype !== 'float16' && isLittleEndian()) {
    const copy = dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data);
    return new Uint8Array(copy.buffer);
  }
  const size = dtype === 'float16' ? 2 : dtype === 'float32' ? 4 : 8;
  const bytes = new Uint8Array(data.length * size);
  const view = new DataView(bytes.buffer);
  data.forEach((value, i) => {
    if (dtype === 'float16') view.setUint16(i * 2, numberToHalf(value), true);
    else if (dtype === 'float32') view.setFloat32(i * 4, value, true);
    else view.setFloat64(i * 8, value, true);
  });
  return bytes;
}
