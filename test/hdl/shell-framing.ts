/*
 * Framing and packing of the serial link, written from docs/link.md for the tests alone and without looking at the product's:
 * slow and plain on purpose.
 */
import type { MoverDescriptor } from './shell-descriptor.ts';

/** CRC-32/ISO-HDLC, bit by bit. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const out = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (out === 1 ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}

/** COBS without delimiters. */
export function cobsEncode(bytes: Uint8Array): number[] {
  const out: number[] = [];
  let block: number[] = [];
  for (const byte of bytes) {
    if (byte !== 0) block.push(byte);
    if (byte === 0 || block.length === 254) {
      out.push(block.length + 1, ...block);
      block = [];
      if (byte !== 0) continue;
    }
  }
  return [...out, block.length + 1, ...block];
}

/** Undoes COBS; undefined when the text ends inside a block. */
export function cobsDecode(text: readonly number[]): Uint8Array | undefined {
  const out: number[] = [];
  for (let i = 0; i < text.length;) {
    const code = text[i]!;
    if (i + code > text.length) return undefined;
    out.push(...text.slice(i + 1, i + code));
    i += code;
    if (code !== 255 && i < text.length) out.push(0);
  }
  return Uint8Array.from(out);
}

/** Little-endian number of a field of 1..8 bytes. */
export function uint(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i]!;
  return value;
}

/** Little-endian bytes of a number. */
export function le(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

export interface Frame {
  readonly version: number;
  readonly type: number;
  readonly sequence: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** Header, payload and CRC of a frame. */
export function frameBody(frame: Frame): Uint8Array {
  const head = [frame.version, frame.type, ...le(frame.sequence, 2), ...le(frame.offset, 4), ...le(frame.payload.length, 2)];
  const checked = Uint8Array.from([...head, ...frame.payload]);
  return Uint8Array.from([...checked, ...le(crc32(checked), 4)]);
}

/** A frame on the line, between zeros. */
export function frameBytes(frame: Frame): number[] {
  return [0, ...cobsEncode(frameBody(frame)), 0];
}

/** Frames in what a board sent; throws when anything there is not a right frame. `rest` is what no zero has ended yet. */
export function parseFrames(bytes: readonly number[]): { readonly frames: Frame[]; readonly rest: number[] } {
  const frames: Frame[] = [];
  let text: number[] = [];
  for (const byte of bytes) {
    if (byte !== 0) {
      text.push(byte);
      continue;
    }
    if (text.length > 0) frames.push(parseFrame(text));
    text = [];
  }
  return { frames, rest: text };
}

function parseFrame(text: readonly number[]): Frame {
  const body = cobsDecode(text);
  if (body === undefined || body.length < 14) throw new Error(`not a frame: ${text.join(' ')}`);
  if (crc32(body.slice(0, -4)) !== uint(body, body.length - 4, 4)) throw new Error(`wrong CRC: ${text.join(' ')}`);
  if (uint(body, 8, 2) !== body.length - 14) throw new Error(`wrong length: ${text.join(' ')}`);
  return { version: body[0]!, type: body[1]!, sequence: uint(body, 2, 2), offset: uint(body, 4, 4), payload: body.slice(10, -4) };
}

/** The 20 bytes of a descriptor. */
export function descriptorBytes(d: MoverDescriptor, bits: number): number[] {
  const flags = (d.tri ? 1 : 0) + (d.packed ? 2 : 0) + (d.diagonal ? 4 : 0);
  return [d.space, bits, flags, 0, ...[d.first, d.columns, d.blocks, d.rows].flatMap((n) => le(n, 2)), ...le(d.row0, 4), ...le(d.base, 4)];
}

/** Words of `bits` bits, least significant bit first. */
export function packBits(words: readonly bigint[], bits: number): Uint8Array {
  let value = 0n;
  words.forEach((word, i) => (value |= BigInt.asUintN(bits, word) << BigInt(i * bits)));
  const size = Math.ceil((words.length * bits) / 8);
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** Signed words of READ_DATA. */
export function readWords(bytes: Uint8Array, bits: number): bigint[] {
  const size = bits / 8;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    let value = 0n;
    for (let b = size - 1; b >= 0; b--) value = (value << 8n) | BigInt(bytes[i * size + b]!);
    return BigInt.asIntN(bits, value);
  });
}
