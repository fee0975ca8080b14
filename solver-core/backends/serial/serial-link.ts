import { randomInt } from 'node:crypto';
import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import type { EngineCommand, EngineLink, EngineLinkInfo, MemorySpace, MoverDescriptor, RunResult } from '../engine/link.ts';
import { descriptorWords, splitDescriptor } from '../engine/link.ts';
import { packWords, wordsFromBytes } from './bit-pack.ts';
import { boardName } from './board-data.ts';
import type { LinkClock } from './clock.ts';
import { processClock, sleep } from './clock.ts';
import { boardChanged, boardReset, refused, unplugged } from './errors.ts';
import { linkMessages } from './generated/link.ts';
import { askStatus, greet } from './handshake.ts';
import { LinkSpeed, expectedSecondsPerByte } from './link-speed.ts';
import type { SessionCounts } from './link-session.ts';
import { LinkSession } from './link-session.ts';
import type { BoardInfo, BoardTelemetry } from './messages.ts';
import { clearPayload, descriptorBytes, parseAcknowledgement, telemetryPayload } from './messages.ts';
import { cancelJob, runJob } from './run-job.ts';
import type { TransferOutcome } from './transfer.ts';
import { sendTransfer, sendUndamaged } from './transfer.ts';
import type { Connector } from './transport.ts';
import type { LinkLimits, Transfer } from './upload.ts';

/** How long to wait for a board that was unplugged, and between two looks, milliseconds. */
const defaultReplugMs = 20_000;
const replugLookMs = 250;
/** Times a board may come back during one call. */
const mostReplugs = 5;
/** A reply of more bytes that does not come in this many attempts is asked for in halves. */
const longRead = 96;
const longReadAttempts = 4;

export interface SerialLinkOptions {
  readonly clock?: LinkClock;
  /** How long to wait for a board that was unplugged, milliseconds; default 20 000, 0 gives up at once. */
  readonly replugMs?: number;
  /** First id of transfers and jobs, 1..2^31; default random, so that a board cannot mistake them for those of an earlier run. */
  readonly firstId?: number;
  /** True: the port is a pseudo-terminal, so that an unknown board is not taken for hardware. Default false. */
  readonly isTerminal?: boolean;
  /** Told, in words for people, when the board goes and comes back. */
  readonly onEvent?: (text: string) => void;
  /** Told how many bytes of a transfer the board has taken; small transfers are over before it is worth a word. */
  readonly onTransfer?: (takenBytes: number, totalBytes: number) => void;
}

/** Ids of which the board must hold one: the last it confirmed, and the one under way. */
class KnownIds {
  private confirmed: number;
  private pending: number | undefined;

  constructor(confirmed: number) {
    this.confirmed = confirmed;
  }

  expect(id: number): void {
    this.pending = id;
  }

  confirm(id: number): void {
    this.confirmed = id;
    this.pending = undefined;
  }

  has(id: number): boolean {
    return id === this.confirmed || id === this.pending;
  }
}

/**
 * An engine on a board at a serial port. Transfers continue after a replug where the board stands. A board that was reset holds
 * nothing any more: ids of transfers and jobs tell, and the call in progress fails with `board-reset` instead of giving wrong words.
 */
export class SerialLink implements EngineLink {
  readonly info: EngineLinkInfo;
  readonly board: BoardInfo;
  private readonly connector: Connector;
  private readonly baud: number;
  private readonly clock: LinkClock;
  private readonly options: SerialLinkOptions;
  private readonly limits: LinkLimits;
  private readonly transfers: KnownIds;
  private readonly jobs: KnownIds;
  private readonly speed = new LinkSpeed();
  private session: LinkSession;
  private lastId: number;
  private closed = false;
  private telemetry: { readonly intervalMs: number; readonly listener: (telemetry: BoardTelemetry) => void } | undefined;

  private constructor(
    connector: Connector,
    session: LinkSession,
    board: BoardInfo,
    known: { readonly transfer: number; readonly job: number },
    options: SerialLinkOptions,
  ) {
    this.connector = connector;
    this.session = session;
    this.baud = session.baud;
    this.clock = session.clock;
    this.board = board;
    this.options = options;
    this.limits = { maxPayload: Math.min(board.max_payload, 1024), rxWindow: board.rx_window };
    this.transfers = new KnownIds(known.transfer);
    this.jobs = new KnownIds(known.job);
    this.lastId = (options.firstId ?? randomInt(1, 2 ** 31)) - 1;
    this.info = linkInfo(connector.name, board, options.isTerminal === true);
  }

  /** Opens the port, greets the board and ends a job that an earlier program left. Rejects with the errors of port, greeting and session. */
  static async open(connector: Connector, baud: number, options: SerialLinkOptions = {}, abort?: AbortFlag): Promise<SerialLink> {
    const session = await LinkSession.open(connector, baud, options.clock ?? processClock, abort);
    try {
      const board = await greet(session, abort);
      const status = await askStatus(session, abort);
      if (status.busy !== 0) await cancelJob(session, status.job);
      return new SerialLink(connector, session, board, status, options);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Mean time from a request to its reply so far, milliseconds; null before the first. */
  get roundTripMs(): number | null {
    return this.session.replyTime.meanMs;
  }

  /** Bits per second of the line, as the board says. */
  get lineRate(): number {
    return this.session.lineRate;
  }

  get counts(): SessionCounts {
    return this.session.counts;
  }

  /** By the transfers so far; before the first by line rate, frames and round trip. */
  readonly secondsPerByte = (): number =>
    this.speed.secondsPerByte ?? expectedSecondsPerByte(this.session.lineRate, this.limits, this.roundTripMs ?? 0);

  async load(descriptor: MoverDescriptor, words: Int32Array | Float64Array, abort?: AbortFlag): Promise<void> {
    const expected = descriptorWords(descriptor);
    assert(words.length === expected, `${words.length} words for a descriptor of ${expected}`);
    if (words.length === 0) return;
    const bytes = packWords(words, descriptor.bits);
    await sendUndamaged(this.connector.name, async () => {
      const transfer = this.nextId();
      const startMs = this.clock.nowMs();
      return this.onBoard(async (session) => {
        this.transfers.expect(transfer);
        const outcome = await this.sendToSameBoard(session, { transfer, descriptor, bytes }, abort);
        this.transfers.confirm(transfer);
        this.speed.add(bytes.length, this.clock.nowMs() - startMs);
        return outcome;
      }, abort);
    });
  }

  async read(descriptor: MoverDescriptor, abort?: AbortFlag): Promise<Float64Array> {
    const words = new Float64Array(descriptorWords(descriptor));
    await this.onBoard(async (session) => {
      const rest: MoverDescriptor[] = [descriptor];
      let at = 0;
      while (rest.length > 0) {
        // Two questions at a time: the board takes the second while it answers the first.
        const asked = [this.takePart(session, rest), this.takePart(session, rest)].filter((part) => part !== undefined);
        const answers = await Promise.all(asked.map((part) => this.readPart(session, part, abort)));
        for (const answer of answers) {
          words.set(answer, at);
          at += answer.length;
        }
      }
      await this.expectSameBoard(session, abort);
    }, abort);
    return words;
  }

  async clear(space: MemorySpace, base: number, count: number, laneMask: number, abort?: AbortFlag): Promise<void> {
    const { type } = linkMessages.clear;
    const payload = clearPayload(space, base, count, laneMask);
    const workMs = (count / this.info.clockHz) * 1000;
    await this.onBoard(async (session) => {
      const answer = await session.request(
        { what: 'CLEAR', type, payload, workMs },
        (frame) => parseAcknowledgement(frame.type, frame.payload) ?? undefined,
        abort,
      );
      if (answer.refused !== null) throw refused(this.connector.name, 'to clear memory', answer.refused);
    }, abort);
  }

  async run(command: EngineCommand, abort?: AbortFlag, predictedCycles = 0): Promise<RunResult> {
    const job = this.nextId();
    const predictedMs = (predictedCycles / this.info.clockHz) * 1000;
    return this.onBoard(async (session) => {
      this.jobs.expect(job);
      const result = await runJob(session, { job, command, predictedMs }, abort);
      this.jobs.confirm(job);
      const { breakdown, saturated, cycles, activity } = result;
      return { state: result.cancelled ? 'cancelled' : 'done', breakdown, saturated, cycles, activity };
    }, abort);
  }

  /** Asks the board for TELEMETRY every `intervalMs` (0: no more), also after a replug. */
  async watch(intervalMs: number, listener: (telemetry: BoardTelemetry) => void): Promise<void> {
    this.telemetry = { intervalMs, listener };
    await this.onBoard((session) => this.switchTelemetry(session), undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.session.close();
  }

  private async switchTelemetry(session: LinkSession): Promise<void> {
    if (this.telemetry === undefined) return;
    session.listenToTelemetry(this.telemetry.listener);
    const { type } = linkMessages.telemetry_set;
    await session.request({ what: 'TELEMETRY_SET', type, payload: telemetryPayload(this.telemetry.intervalMs) }, (frame) =>
      frame.type === linkMessages.ack.type ? true : undefined,
    );
  }

  /** Takes as much off the front of `rest` as fits one reply of the size that arrives. */
  private takePart(session: LinkSession, rest: MoverDescriptor[]): MoverDescriptor | undefined {
    const first = rest.shift();
    if (first === undefined) return undefined;
    const most = Math.floor((8 * session.frameSize.within(this.limits.maxPayload)) / first.bits);
    const [part, ...others] = splitDescriptor(first, this.info.lanes, Math.max(1, most));
    rest.unshift(...others);
    return part;
  }

  /** One reply's worth of words; in halves where the whole does not get through. */
  private async readPart(session: LinkSession, part: MoverDescriptor, abort: AbortFlag | undefined): Promise<Float64Array> {
    const count = descriptorWords(part);
    const isLong = (count * part.bits) / 8 > longRead;
    try {
      return await this.askForWords(session, part, isLong ? longReadAttempts : undefined, abort);
    } catch (error) {
      if (!isLong || !(error instanceof TierwiseError) || error.code !== 'board-no-answer') throw error;
    }
    const words = new Float64Array(count);
    let at = 0;
    for (const half of splitDescriptor(part, this.info.lanes, Math.ceil(count / 2))) {
      const answer = await this.readPart(session, half, abort);
      words.set(answer, at);
      at += answer.length;
    }
    return words;
  }

  private async askForWords(
    session: LinkSession,
    part: MoverDescriptor,
    attempts: number | undefined,
    abort: AbortFlag | undefined,
  ): Promise<Float64Array> {
    const { read, read_data: data } = linkMessages;
    const expected = (descriptorWords(part) * part.bits) / 8;
    // Two such replies may be under way.
    const ask = { what: 'READ', type: read.type, payload: descriptorBytes(part), replyBytes: 2 * (expected + 25) };
    const answer = await session.request(
      { ...ask, ...(attempts === undefined ? {} : { attempts }) },
      (frame) => {
        if (frame.type === data.type && frame.payload.length === expected) return wordsFromBytes(frame.payload, part.bits);
        return parseAcknowledgement(frame.type, frame.payload)?.refused ?? undefined;
      },
      abort,
    );
    if (typeof answer === 'string') throw refused(this.connector.name, 'to read memory', answer);
    return answer;
  }

  private nextId(): number {
    this.lastId = (this.lastId % 0xffffffff) + 1;
    return this.lastId;
  }

  /** Throws `board-reset` when the board does not remember the last transfer and the last job. */
  private async expectSameBoard(session: LinkSession, abort: AbortFlag | undefined): Promise<void> {
    const status = await askStatus(session, abort);
    if (!this.transfers.has(status.transfer) || !this.jobs.has(status.job)) throw boardReset(this.connector.name);
  }

  /** Sends a transfer and asks meanwhile whether the board still is the one that took the last; stops sending when it is not. */
  private async sendToSameBoard(session: LinkSession, transfer: Transfer, abort: AbortFlag | undefined): Promise<TransferOutcome> {
    const stop = { aborted: false };
    const either: AbortFlag = {
      get aborted() {
        return stop.aborted || abort?.aborted === true;
      },
    };
    const total = transfer.bytes.length;
    const onProgress = (takenBytes: number): void => this.options.onTransfer?.(takenBytes, total);
    const sent = sendTransfer(session, transfer, this.limits, { abort: either, onProgress });
    try {
      const [outcome] = await Promise.all([sent, this.expectSameBoard(session, abort)]);
      return outcome;
    } catch (error) {
      stop.aborted = true;
      await sent.catch(() => undefined);
      throw error;
    }
  }

  /** Runs `call`, and runs it again when the board was unplugged meanwhile and came back. Every request can be repeated. */
  private async onBoard<T>(call: (session: LinkSession) => Promise<T>, abort: AbortFlag | undefined): Promise<T> {
    for (let replugs = 0; ; replugs++) {
      if (this.closed) throw unplugged(this.connector.name);
      try {
        return await call(this.session);
      } catch (error) {
        const isGone = error instanceof TierwiseError && error.code === 'serial-unplugged';
        if (!isGone || this.closed || replugs >= mostReplugs) throw error;
        await this.comeBack(abort);
      }
    }
  }

  /** Waits until the same board answers at the port again. */
  private async comeBack(abort: AbortFlag | undefined): Promise<void> {
    const waitMs = this.options.replugMs ?? defaultReplugMs;
    const untilMs = this.clock.nowMs() + waitMs;
    await this.session.close();
    const { name } = this.connector;
    this.options.onEvent?.(`the board at ${name} was unplugged; waiting ${Math.round(waitMs / 1000)} s for it`);
    for (;;) {
      checkAbort(abort);
      if (this.closed || this.clock.nowMs() >= untilMs) throw unplugged(name, waitMs / 1000);
      const session = await this.reopen(abort);
      if (session !== null) {
        this.session = session;
        this.options.onEvent?.(`the board at ${name} is back`);
        return;
      }
      await sleep(this.clock, replugLookMs);
    }
  }

  /** An open session with the same board in the same state; null when it is not there yet. */
  private async reopen(abort: AbortFlag | undefined): Promise<LinkSession | null> {
    let session: LinkSession;
    try {
      session = await LinkSession.open(this.connector, this.baud, this.clock, abort);
    } catch (error) {
      // A port that is just appearing may be missing, locked or without its permissions for a moment.
      if (error instanceof TierwiseError) return null;
      throw error;
    }
    try {
      const board = await greet(session, abort);
      if (JSON.stringify(board) !== JSON.stringify(this.board)) throw boardChanged(this.connector.name);
      await this.expectSameBoard(session, abort);
      await this.switchTelemetry(session);
      return session;
    } catch (error) {
      await session.close();
      if (error instanceof TierwiseError && ['serial-silent', 'serial-garbage', 'serial-unplugged', 'board-no-answer'].includes(error.code))
        return null;
      throw error;
    }
  }
}

function linkInfo(port: string, board: BoardInfo, isTerminal: boolean): EngineLinkInfo {
  return {
    device: `${boardName(board.board, isTerminal)} at ${port} (${board.lanes} lanes, ${board.word_bits}-bit words)`,
    image: `board-image/${board.image_id.toString(16).padStart(8, '0')}`,
    level: 'board',
    lanes: board.lanes,
    wordBits: board.word_bits,
    accumulatorBits: board.accumulator_bits,
    limbs: board.limbs === 2 ? 2 : 1,
    operations: board.ops,
    maxFeatures: board.max_features,
    operandDepth: board.operand_depth,
    gramDepth: board.gram_depth,
    clockHz: board.clock_hz,
    goldenHash: board.golden_hash,
  };
}
