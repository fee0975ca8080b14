import type { NpyKind } from './npy.ts';

/** A writable array that elements are decoded into; Int32Array for integer kinds of at most 32 bits that fit it. */
export type Floats = Float32Array | Float64Array | Int32Array;

/**
 * Decodes `count` elements of `bytes` into `out[outStart ...]`; 64-bit integers beyond 2^53 round to the nearest double.
 * `bytes` holds at least count · item size bytes. No allocation but for views.
 */
export function decodeElements(
  bytes: Uint8Array,
  kind: NpyKind,
  littleEndian: boolean,
  out: Floats,
  outStart: number,
  count: number,
): void {
  const fast = littleEndian ? typedView(bytes, kind, count) : undefined;
  if (fast !== undefined) {
    out.set(fast, outStart);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = elementReader(view, kind, littleEndian);
  const itemBytes = Number(kind.slice(1));
  for (let i = 0; i < count; i += 1) out[outStart + i] = read(i * itemBytes);
}

/** Reads one element at a byte position, for gathers. */
export function elementReader(view: DataView, kind: NpyKind, little: boolean): (offset: number) => number {
  switch (kind) {
    case 'f2':
      return (o) => halfToNumber(view.getUint16(o, little));
    case 'f4':
      return (o) => view.getFloat32(o, little);
    case 'f8':
      return (o) => view.getFloat64(o, little);
    case 'i1':
      return (o) => view.getInt8(o);
    case 'u1':
      return (o) => view.getUint8(o);
    case 'b1':
      return (o) => (view.getUint8(o) === 0 ? 0 : 1);
    case 'i2':
      return (o) => view.getInt16(o, little);
    case 'u2':
      return (o) => view.getUint16(o, little);
    case 'i4':
      return (o) => view.getInt32(o, little);
    case 'u4':
      return (o) => view.getUint32(o, little);
    case 'i8':
      return (o) => Number(view.getBigInt64(o, little));
    case 'u8':
      return (o) => Number(view.getBigUint64(o, little));
  }
}

/** A view of the bytes as this kind where alignment and kind allow; the machines we run on are little-endian. */
function typedView(
  bytes: Uint8Array,
  kind: NpyKind,
  count: number,
): Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | undefined {
  const { buffer, byteOffset } = bytes;
  if (kind === 'u1') return bytes.subarray(0, count);
  if (kind === 'i1') return new Int8Array(buffer, byteOffset, count);
  if (kind === 'f4' && byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, count);
  if (kind === 'i4' && byteOffset % 4 === 0) return new Int32Array(buffer, byteOffset, count);
  if (kind === 'f8' && byteOffset % 8 === 0) return new Float64Array(buffer, byteOffset, count);
  return undefined;
}

/** IEEE 754 binary16 to double. */
function halfToNumber(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
