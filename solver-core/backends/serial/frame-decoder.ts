import { linkMaxPayload } from './generated/link.ts';
import type { Frame } from './frame.ts';
import { decodeFrame, stuffedLimit } from './frame.ts';

/** What a decoder has seen so far. */
export interface DecoderCounts {
  readonly frames: number;
  /** Texts between zeros that were no frame. */
  readonly damaged: number;
  /** Bytes of those. */
  readonly damagedBytes: number;
}

/**
 * Finds frames in a stream of bytes, whatever its cuts. Memory is bounded by one frame: what is longer cannot be one and is dropped
 * up to the next 0.
 */
export class FrameDecoder {
  private readonly text: Uint8Array;
  private length = 0;
  private frames = 0;
  private damaged = 0;
  private damagedBytes = 0;

  /** `maxPayload`: longest payload to expect, bytes. */
  constructor(maxPayload: number = linkMaxPayload) {
    this.text = new Uint8Array(stuffedLimit(maxPayload));
  }

  get counts(): DecoderCounts {
    return { frames: this.frames, damaged: this.damaged, damagedBytes: this.damagedBytes };
  }

  /** Takes the next bytes and calls `onFrame` for every intact frame that ends in them, in order. */
  push(bytes: Uint8Array, onFrame: (frame: Frame) => void): void {
    for (let from = 0; from < bytes.length;) {
      const zero = bytes.indexOf(0, from);
      const to = zero < 0 ? bytes.length : zero;
      const room = this.text.length - Math.min(this.length, this.text.length);
      this.text.set(bytes.subarray(from, Math.min(to, from + room)), Math.min(this.length, this.text.length));
      // Counts on behind the end of the buffer: a text that long is no frame.
      this.length += to - from;
      if (zero < 0) return;
      this.end(onFrame);
      from = zero + 1;
    }
  }

  /** Forgets a frame that has begun, e.g. when the port was opened again. */
  reset(): void {
    this.length = 0;
  }

  private end(onFrame: (frame: Frame) => void): void {
    const { length } = this;
    this.length = 0;
    if (length === 0) return;
    const frame = length > this.text.length ? null : decodeFrame(this.text.subarray(0, length));
    if (frame === null) {
      this.damaged++;
      this.damagedBytes += length;
      return;
    }
    this.frames++;
    onFrame(frame);
  }
}
