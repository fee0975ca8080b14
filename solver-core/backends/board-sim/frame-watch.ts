import type { Frame } from '../serial/frame.ts';
import { FrameDecoder } from '../serial/frame-decoder.ts';
import { linkMessages } from '../serial/generated/link.ts';

/** One intact frame that passed the pins of a board. */
export interface SeenFrame {
  readonly direction: 'to-board' | 'from-board';
  /** Name of the message, or its number when it is none of the protocol. */
  readonly name: string;
  readonly frame: Frame;
}

const names = new Map<number, string>(Object.entries(linkMessages).map(([name, { type }]) => [type, name]));

/** Reads along at the pins of a board: frames by direction, and how many jobs the board reported as finished. */
export class FrameWatch {
  private readonly decoders = { 'to-board': new FrameDecoder(), 'from-board': new FrameDecoder() };
  private readonly onFrame: ((seen: SeenFrame) => void) | undefined;
  private lastJob: number | undefined;
  private finishedJobs = 0;

  constructor(onFrame?: (seen: SeenFrame) => void) {
    this.onFrame = onFrame;
  }

  /** Jobs with a result. */
  get jobs(): number {
    return this.finishedJobs;
  }

  /** Texts between zeros that were no frame, by direction. */
  get damaged(): { readonly toBoard: number; readonly fromBoard: number } {
    return { toBoard: this.decoders['to-board'].counts.damaged, fromBoard: this.decoders['from-board'].counts.damaged };
  }

  push(direction: SeenFrame['direction'], bytes: Uint8Array): void {
    this.decoders[direction].push(bytes, (frame) => {
      if (direction === 'from-board' && frame.type === linkMessages.result.type) this.countJob(frame);
      this.onFrame?.({ direction, name: names.get(frame.type) ?? `0x${frame.type.toString(16)}`, frame });
    });
  }

  /** A result may be sent again when the host asks again. */
  private countJob(frame: Frame): void {
    if (frame.payload.length < 4) return;
    const job = new DataView(frame.payload.buffer, frame.payload.byteOffset).getUint32(0, true);
    if (job !== this.lastJob) this.finishedJobs += 1;
    this.lastJob = job;
  }
}

/** A frame as a line for people. */
export function frameText({ direction, name, frame }: SeenFrame): string {
  const arrow = direction === 'to-board' ? '->' : '<-';
  const offset = frame.offset === 0 ? '' : ` offset ${frame.offset}`;
  return `${arrow} ${name} #${frame.sequence}${offset} ${frame.payload.length} B`;
}
