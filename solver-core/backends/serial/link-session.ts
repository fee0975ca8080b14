import type { AbortFlag } from '../../model/abort.ts';
import { AbortError } from '../../model/abort.ts';
import type { TierwiseError } from '../../model/error.ts';
import type { LinkClock } from './clock.ts';
import { noAnswer, unplugged } from './errors.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FrameSize } from './frame-size.ts';
import type { Frame } from './frame.ts';
import { encodeFrame } from './frame.ts';
import { linkMessages } from './generated/link.ts';
import type { BoardTelemetry, JobResult } from './messages.ts';
import { parseResult, parseTelemetry } from './messages.ts';
import { ReplyTime } from './reply-time.ts';
import type { Connector, Transport, TransportListener } from './transport.ts';

/** How often a wait looks whether it was cancelled, milliseconds. */
const lookMs = 100;
/** Longest deadline after backing off, milliseconds, beyond what the bytes take. */
const longestMs = 4000;
/** How much longer each attempt waits than the one before. */
export const usualGrowth = 1.35;
/** Results kept for a caller that asks late. */
const keptResults = 8;

/**
 * Attempts of a request to a board that has answered before; all fail within about fifteen seconds when the board is dead. Where three requests
 * in ten get no answer (a sixth of the frames lost each way) three retries would give up once in 120 requests, eleven give up once in a million.
 */
export const defaultAttempts = 12;

export interface Ask {
  /** For messages: what is asked, e.g. "STATUS". */
  readonly what: string;
  readonly type: number;
  readonly payload?: Uint8Array;
  readonly offset?: number;
  /** Bytes of the expected reply on the line; default 30. */
  readonly replyBytes?: number;
  /** Time the board works before it answers; default 0. */
  readonly workMs?: number;
  readonly attempts?: number;
  /** How much longer each attempt waits than the one before; default 1.35 times. */
  readonly growth?: number;
}

/** Who gets the frames that repeat a sequence number. */
export interface Receiver {
  onFrame(frame: Frame): void;
  onGone(error: TierwiseError): void;
}

/** What came over the line since the port was opened. */
export interface SessionCounts {
  readonly frames: number;
  readonly damagedFrames: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** One open port: matches replies with requests, repeats what got none, and lets nobody wait for ever. */
export class LinkSession implements TransportListener {
  readonly name: string;
  /** At which the port was opened. */
  readonly baud: number;
  /** Bits per second that deadlines count with: what the board says once it has said it. */
  lineRate: number;
  readonly clock: LinkClock;
  readonly replyTime = new ReplyTime();
  readonly frameSize = new FrameSize();
  private transport: Transport | undefined;
  private goneWith: TierwiseError | undefined;
  private readonly decoder = new FrameDecoder();
  private readonly receivers = new Map<number, Receiver>();
  private readonly results = new Map<number, JobResult>();
  private readonly resultListeners = new Set<(result: JobResult) => void>();
  private telemetryListener: ((telemetry: BoardTelemetry) => void) | undefined;
  private sequence = 0;
  private bytesIn = 0;
  private bytesOut = 0;

  private constructor(name: string, baud: number, clock: LinkClock) {
    this.name = name;
    this.baud = baud;
    this.lineRate = baud;
    this.clock = clock;
  }

  /** Opens the port. Sends nothing. Rejects with the connector's errors. */
  static async open(connector: Connector, baud: number, clock: LinkClock, abort?: AbortFlag): Promise<LinkSession> {
    const session = new LinkSession(connector.name, baud, clock);
    session.transport = await connector.open(session, abort);
    return session;
  }

  get counts(): SessionCounts {
    const { frames, damaged } = this.decoder.counts;
    return { frames, damagedFrames: damaged, bytesIn: this.bytesIn, bytesOut: this.bytesOut };
  }

  /** True once the line is lost or closed. */
  get isGone(): boolean {
    return this.goneWith !== undefined;
  }

  onBytes(bytes: Uint8Array): void {
    if (this.goneWith !== undefined) return;
    this.bytesIn += bytes.length;
    this.decoder.push(bytes, (frame) => this.onFrame(frame));
  }

  onGone(error: TierwiseError): void {
    if (this.goneWith !== undefined) return;
    this.goneWith = error;
    const waiting = [...this.receivers.values()];
    this.receivers.clear();
    for (const receiver of waiting) receiver.onGone(error);
  }

  /** Idempotent. Whoever waits gets `serial-unplugged`. */
  async close(): Promise<void> {
    this.onGone(unplugged(this.name));
    await this.transport?.close();
  }

  /** Milliseconds that bytes take on the line: a start bit, 8 bits and a stop bit each. */
  lineMs(bytes: number): number {
    return (bytes * 10_000) / this.lineRate;
  }

  /** A sequence number whose replies go to `receiver` until `forget`. */
  register(receiver: Receiver): number {
    do this.sequence = (this.sequence + 1) & 0xffff;
    while (this.receivers.has(this.sequence));
    this.receivers.set(this.sequence, receiver);
    return this.sequence;
  }

  forget(sequence: number): void {
    this.receivers.delete(sequence);
  }

  /** Sends one frame and returns its bytes on the line. Throws when the line is gone. */
  send(sequence: number, type: number, payload: Uint8Array = new Uint8Array(0), offset = 0): number {
    if (this.goneWith !== undefined || this.transport === undefined) throw this.goneWith ?? unplugged(this.name);
    const bytes = encodeFrame({ type, sequence, offset, payload });
    this.bytesOut += bytes.length;
    this.transport.write(bytes);
    return bytes.length;
  }

  /**
   * Sends a request until `accept` makes something of a reply (undefined: not the reply, go on waiting). Each attempt waits longer
   * than the one before. Rejects with `board-no-answer`, with what ended the line, or with AbortError.
   */
  request<T>(ask: Ask, accept: (frame: Frame) => T | undefined, abort?: AbortFlag): Promise<T> {
    return new Promise((resolve, reject) => {
      const attempts = ask.attempts ?? defaultAttempts;
      let attempt = 0;
      let sentMs = 0;
      let deadlineMs = 0;
      let calledOff = (): void => undefined;
      let ended = false;
      const end = (): void => {
        ended = true;
        calledOff();
        this.forget(sequence);
      };
      const fail = (error: unknown): void => {
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const sequence = this.register({
        onFrame: (frame) => {
          const value = accept(frame);
          if (value === undefined) return;
          if (attempt === 1) {
            this.replyTime.add(this.clock.nowMs() - sentMs);
            this.frameSize.arrived();
          }
          end();
          resolve(value);
        },
        onGone: fail,
      });
      const send = (): void => {
        const bytes = this.send(sequence, ask.type, ask.payload, ask.offset);
        sentMs = this.clock.nowMs();
        const slackMs = Math.min(longestMs, this.replyTime.slackMs * (ask.growth ?? usualGrowth) ** attempt);
        deadlineMs = sentMs + this.lineMs(bytes + (ask.replyBytes ?? 30)) + (ask.workMs ?? 0) + slackMs;
        attempt++;
      };
      const look = (): void => {
        try {
          if (abort?.aborted === true) return fail(new AbortError());
          const nowMs = this.clock.nowMs();
          if (nowMs >= deadlineMs) {
            // The larger of question and answer is what more probably got lost.
            if (attempt > 0) this.frameSize.lost(Math.max(ask.payload?.length ?? 0, ask.replyBytes ?? 0));
            if (attempt >= attempts) return fail(noAnswer(this.name, ask.what, attempts));
            send();
            // The line may go, and end this request, while it is being written to.
            if (ended) return;
          }
          calledOff = this.clock.after(Math.min(lookMs, Math.max(1, deadlineMs - nowMs)), look);
        } catch (error) {
          fail(error);
        }
      };
      look();
    });
  }

  /** Resolves with the result of a job, or null after `waitMs`. Rejects when the line goes or with AbortError. */
  waitForResult(job: number, waitMs: number, abort?: AbortFlag): Promise<JobResult | null> {
    return new Promise((resolve, reject) => {
      const endMs = this.clock.nowMs() + waitMs;
      let calledOff = (): void => undefined;
      const end = (): void => {
        calledOff();
        this.resultListeners.delete(listener);
        this.forget(place);
      };
      const listener = (result: JobResult): void => {
        if (result.job !== job) return;
        end();
        resolve(result);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      // Not for frames: to hear when the line goes.
      const place = this.register({ onFrame: () => undefined, onGone: fail });
      const look = (): void => {
        const leftMs = endMs - this.clock.nowMs();
        if (abort?.aborted === true) return fail(new AbortError());
        if (leftMs <= 0) {
          end();
          return resolve(null);
        }
        calledOff = this.clock.after(Math.min(lookMs, leftMs), look);
      };
      this.resultListeners.add(listener);
      const known = this.results.get(job);
      if (this.goneWith !== undefined) fail(this.goneWith);
      else if (known !== undefined) listener(known);
      else look();
    });
  }

  /** Where TELEMETRY goes from now on. */
  listenToTelemetry(listener: (telemetry: BoardTelemetry) => void): void {
    this.telemetryListener = listener;
  }

  private onFrame(frame: Frame): void {
    if (frame.type === linkMessages.telemetry.type) {
      const telemetry = parseTelemetry(frame.payload);
      if (telemetry !== null) this.telemetryListener?.(telemetry);
      return;
    }
    if (frame.type === linkMessages.result.type) {
      const result = parseResult(frame.payload);
      if (result !== null) this.keepResult(result);
    }
    this.receivers.get(frame.sequence)?.onFrame(frame);
  }

  private keepResult(result: JobResult): void {
    this.results.set(result.job, result);
    for (const job of this.results.keys()) {
      if (this.results.size <= keptResults) break;
      this.results.delete(job);
    }
    for (const listener of [...this.resultListeners]) listener(result);
  }
}
