import type { AbortFlag } from '../../model/abort.ts';
import { AbortError } from '../../model/abort.ts';
import type { MoverDescriptor } from '../engine/link.ts';
import { noAnswer } from './errors.ts';
import type { Frame } from './frame.ts';
import { frameLimit } from './frame.ts';
import { linkMessages } from './generated/link.ts';
import type { LinkSession } from './link-session.ts';
import { defaultAttempts, usualGrowth } from './link-session.ts';
import { parseAcknowledgement } from './messages.ts';

const lookMs = 100;
const longestMs = 4000;
const leastPayload = 64;

/** One bulk transfer. `transfer`: an id that no other transfer to this board has, not 0. */
export interface Transfer {
  readonly transfer: number;
  readonly descriptor: MoverDescriptor;
  readonly bytes: Uint8Array;
}

/** What the board takes at once, from its INFO. */
export interface LinkLimits {
  readonly maxPayload: number;
  readonly rxWindow: number;
}

/** Payload of DATA: the largest of which two frames fit the window, so that one is under way while the other is answered. */
export function dataPayload(limits: LinkLimits): number {
  let payload = limits.maxPayload;
  while (payload > leastPayload && 2 * frameLimit(payload) > limits.rxWindow) payload--;
  return payload;
}

/** How sending the bytes of a transfer ended: all taken, or the board knows no such transfer (any more). */
export type DataOutcome = 'sent' | 'no-such-transfer' | { readonly refused: string };

interface InFlight {
  readonly sequence: number;
  readonly sentMs: number;
  readonly lineBytes: number;
  /** Offset behind this frame. */
  readonly end: number;
  /** Sent before a lost frame was noticed: its answer says nothing new, but until it comes the frame takes room. */
  stale: boolean;
}

/** Answers without progress after which a transfer is given up; each costs a round trip only. */
const mostStalls = 64;

/**
 * Sends bytes [from, end) of a transfer as DATA, with as many bytes unanswered as the window takes (go-back-N): an answer that names
 * another offset than expected sends everything from there again. Rejects with `board-no-answer`, what ended the line, or AbortError.
 */
export class DataSender {
  private readonly session: LinkSession;
  private readonly bytes: Uint8Array;
  private readonly payload: number;
  private readonly window: number;
  private readonly abort: AbortFlag | undefined;
  private readonly onProgress: ((sentBytes: number) => void) | undefined;
  private taken: number;
  private next: number;
  private unanswered = 0;
  private silentRounds = 0;
  private stalls = 0;
  private farthest: number;
  private deadlineMs = 0;
  private readonly inFlight: InFlight[] = [];
  private calledOff = (): void => undefined;
  private settle: { readonly resolve: (outcome: DataOutcome) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(
    session: LinkSession,
    bytes: Uint8Array,
    from: number,
    limits: LinkLimits,
    options: { readonly abort?: AbortFlag | undefined; readonly onProgress?: ((sentBytes: number) => void) | undefined } = {},
  ) {
    this.session = session;
    this.bytes = bytes;
    this.payload = dataPayload(limits);
    this.window = limits.rxWindow;
    this.abort = options.abort;
    this.onProgress = options.onProgress;
    this.taken = from;
    this.next = from;
    this.farthest = from;
  }

  send(): Promise<DataOutcome> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.step();
    });
  }

  /** Fills the window, looks at the clock, and comes back. */
  private step(): void {
    this.calledOff();
    if (this.settle === undefined) return;
    try {
      if (this.abort?.aborted === true) return this.fail(new AbortError());
      if (this.taken >= this.bytes.length) return this.end('sent');
      const nowMs = this.session.clock.nowMs();
      if (this.inFlight.length > 0 && nowMs >= this.deadlineMs) {
        this.silentRounds++;
        this.session.frameSize.lost(this.inFlight[0]!.lineBytes);
        if (this.silentRounds >= defaultAttempts) return this.fail(noAnswer(this.session.name, 'DATA', defaultAttempts));
        this.goBack(this.taken);
      }
      this.fill();
      // The line may go while it is being written to.
      if (this.settle === undefined) return;
      const leftMs = Math.max(1, this.deadlineMs - nowMs);
      this.calledOff = this.session.clock.after(Math.min(lookMs, leftMs), () => this.step());
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private fill(): void {
    while (this.next < this.bytes.length) {
      const end = Math.min(this.bytes.length, this.next + this.session.frameSize.within(this.payload));
      if (this.inFlight.length > 0 && this.unanswered + frameLimit(end - this.next) > this.window) return;
      const sequence = this.session.register({
        onFrame: (frame) => this.onReply(sequence, frame),
        onGone: (error) => this.fail(error),
      });
      const lineBytes = this.session.send(sequence, linkMessages.data.type, this.bytes.subarray(this.next, end), this.next);
      this.inFlight.push({ sequence, sentMs: this.session.clock.nowMs(), lineBytes, end, stale: false });
      this.unanswered += lineBytes;
      this.next = end;
      this.extendDeadline();
    }
  }

  private extendDeadline(): void {
    const slackMs = Math.min(longestMs, this.session.replyTime.slackMs * usualGrowth ** this.silentRounds);
    this.deadlineMs = this.session.clock.nowMs() + this.session.lineMs(this.unanswered + 30) + slackMs;
  }

  private onReply(sequence: number, frame: Frame): void {
    const answer = parseAcknowledgement(frame.type, frame.payload);
    if (answer === null) return;
    const index = this.inFlight.findIndex((sent) => sent.sequence === sequence);
    if (index < 0) return;
    const { sentMs, end, stale, lineBytes } = this.inFlight[index]!;
    if (stale) {
      for (const sent of this.inFlight.splice(index, 1)) this.drop(sent);
      return this.step();
    }
    if (answer.refused === 'no-such-transfer') return this.end('no-such-transfer');
    if (answer.refused !== null && answer.refused !== 'wrong-offset') return this.end({ refused: answer.refused });
    const offset = Math.min(answer.nextOffset, this.bytes.length);
    // The answer stands for every frame before it too: those were taken or lost.
    for (const sent of this.inFlight.splice(0, index + 1)) this.drop(sent);
    if (answer.refused === null && offset >= end) {
      this.session.frameSize.arrived();
      if (this.silentRounds === 0) this.session.replyTime.add(this.session.clock.nowMs() - sentMs);
    } else {
      this.session.frameSize.lost(lineBytes);
      for (const sent of this.inFlight) sent.stale = true;
      this.next = offset;
    }
    this.taken = offset;
    if (offset > this.farthest) {
      this.farthest = offset;
      this.silentRounds = 0;
      this.stalls = 0;
      this.onProgress?.(offset);
    } else if (++this.stalls >= mostStalls) return this.fail(noAnswer(this.session.name, 'DATA', mostStalls));
    this.extendDeadline();
    this.step();
  }

  private goBack(offset: number): void {
    for (const sent of this.inFlight.splice(0)) this.drop(sent);
    this.next = offset;
  }

  private drop(sent: InFlight): void {
    this.unanswered -= sent.lineBytes;
    this.session.forget(sent.sequence);
  }

  private end(outcome: DataOutcome): void {
    const { settle } = this;
    this.finish();
    settle?.resolve(outcome);
  }

  private fail(error: Error): void {
    const { settle } = this;
    this.finish();
    settle?.reject(error);
  }

  private finish(): void {
    this.settle = undefined;
    this.calledOff();
    this.goBack(this.taken);
  }
}
