/*
 * Frames between the solver and the XRT worker: header length u32, payload length u32 (little-endian), header as JSON, payload bytes.
 * Both ends are ours, but the worker runs foreign native code, so lengths are checked as if it were not.
 */

const prefixBytes = 8;
/** Longest header; ours are a few hundred bytes. */
const maxHeaderBytes = 64 * 1024;
/** Longest payload: what one call moves (xrt-link.ts splits longer ones) and a status block. */
export const maxPayloadBytes = 64 * 1024 * 1024 + 4096;

/** One message: an object and the bytes that go with it. */
export interface Frame {
  readonly header: unknown;
  readonly payload: Uint8Array;
}

/** The bytes of a frame, in the pieces to write. */
export function encodeFrame(header: object, payload: Uint8Array = new Uint8Array(0)): readonly Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(prefixBytes + text.length);
  const view = new DataView(start.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, payload.length, true);
  start.set(text, prefixBytes);
  return payload.length === 0 ? [start] : [start, payload];
}

/** Puts frames together from the chunks of a pipe. `push` returns what became whole and throws RangeError for impossible lengths. */
export class FrameReader {
  private chunks: Uint8Array[] = [];
  private bytes = 0;
  /** Bytes of the frame under way; unknown until its prefix is whole. */
  private needed = prefixBytes;

  push(chunk: Uint8Array): readonly Frame[] {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    const frames: Frame[] = [];
    while (this.bytes >= this.needed) {
      const all = this.joined();
      const view = new DataView(all.buffer, all.byteOffset, all.length);
      const headerBytes = view.getUint32(0, true);
      const payloadBytes = view.getUint32(4, true);
      if (headerBytes > maxHeaderBytes || payloadBytes > maxPayloadBytes) throw new RangeError('impossible length of a frame');
      const end = prefixBytes + headerBytes + payloadBytes;
      if (all.length < end) {
        this.needed = end;
        break;
      }
      const header: unknown = JSON.parse(new TextDecoder().decode(all.subarray(prefixBytes, prefixBytes + headerBytes)));
      frames.push({ header, payload: all.slice(prefixBytes + headerBytes, end) });
      this.chunks = [all.subarray(end)];
      this.bytes = all.length - end;
      this.needed = prefixBytes;
    }
    return frames;
  }

  private joined(): Uint8Array {
    if (this.chunks.length === 1) return this.chunks[0]!;
    const all = new Uint8Array(this.bytes);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.chunks = [all];
    return all;
  }
}
