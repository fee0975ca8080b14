import { assert } from '../../model/error.ts';
import { cobsDecode, cobsEncode, cobsLimit } from './cobs.ts';
import { crc32 } from '../../data/crc32.ts';
import { linkCrcBytes, linkHeaderBytes, linkMaxPayload, linkVersion } from './generated/link.ts';

/** One message on the line (docs/link.md). */
export interface Frame {
  readonly version: number;
  readonly type: number;
  /** 0..65535; a reply repeats that of its request. */
  readonly sequence: number;
  readonly offset: number;
  /** At most 1024 bytes. */
  readonly payload: Uint8Array;
}

/** Most bytes between two zeros of a frame with `payload` bytes of payload. */
export function stuffedLimit(payload: number): number {
  return cobsLimit(linkHeaderBytes + payload + linkCrcBytes);
}

/** Most bytes on the line of a frame with `payload` bytes of payload, both zeros counted. */
export function frameLimit(payload: number): number {
  return stuffedLimit(payload) + 2;
}

/**
 * The bytes of a frame on the line, with a 0 before and after. The one before matters: without it a frame whose predecessor lost its
 * end would be lost with it.
 */
export function encodeFrame(frame: Omit<Frame, 'version'> & { readonly version?: number }): Uint8Array {
  const { payload } = frame;
  assert(payload.length <= linkMaxPayload, `a payload of ${payload.length} bytes`);
  const body = new Uint8Array(linkHeaderBytes + payload.length + linkCrcBytes);
  const view = new DataView(body.buffer);
  view.setUint8(0, frame.version ?? linkVersion);
  view.setUint8(1, frame.type);
  view.setUint16(2, frame.sequence, true);
  view.setUint32(4, frame.offset, true);
  view.setUint16(8, payload.length, true);
  body.set(payload, linkHeaderBytes);
  const end = linkHeaderBytes + payload.length;
  view.setUint32(end, crc32(body.subarray(0, end)), true);
  const line = new Uint8Array(frameLimit(payload.length));
  const behind = cobsEncode(body, line, 1);
  return line.subarray(0, behind + 1);
}

/** The frame between two zeros, or null when it is damaged in any way. The payload is the frame's own memory. */
export function decodeFrame(stuffed: Uint8Array): Frame | null {
  const body = cobsDecode(stuffed);
  if (body === null || body.length < linkHeaderBytes + linkCrcBytes) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const end = body.length - linkCrcBytes;
  if (view.getUint16(8, true) !== end - linkHeaderBytes) return null;
  if (view.getUint32(end, true) !== crc32(body.subarray(0, end))) return null;
  return {
    version: view.getUint8(0),
    type: view.getUint8(1),
    sequence: view.getUint16(2, true),
    offset: view.getUint32(4, true),
    payload: body.subarray(linkHeaderBytes, end),
  };
}
