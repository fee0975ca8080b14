import type { EngineCommand, MoverDescriptor, RunResult } from '../../../../solver-core/backends/engine/link.ts';
import { descriptorWords, rowColumns } from '../../../../solver-core/backends/engine/link.ts';
import type { LinkClock } from '../../../../solver-core/backends/serial/clock.ts';
import { crc32 } from '../../../../solver-core/data/crc32.ts';
import { FrameDecoder } from '../../../../solver-core/backends/serial/frame-decoder.ts';
import type { Frame } from '../../../../solver-core/backends/serial/frame.ts';
import { encodeFrame } from '../../../../solver-core/backends/serial/frame.ts';
import {
  linkCrcBytes,
  linkHeaderBytes,
  linkMagic,
  linkMessages as messages,
  linkOps,
  linkReasons,
} from '../../../../solver-core/backends/serial/generated/link.ts';
import { parseDescriptor } from '../../../../solver-core/backends/serial/messages.ts';
import type { EngineMemory } from './engine-memory.ts';

export interface BoardOptions {
  readonly maxPayload?: number;
  readonly rxWindow?: number;
  readonly versions?: readonly [number, number];
  readonly baud?: number;
  /** Clocks of a frame between its arrival and the first byte of the answer. */
  readonly frameClocks?: number;
}

interface Running {
  readonly job: number;
  readonly sequence: number;
  readonly stop: () => void;
}

const nothing = new Uint8Array(0);

/**
 * The board's side of docs/link.md, written from that text: memories, one transfer, one job, a ring of rx_window bytes. Bytes go in by `push`
 * and come out through `send`.
 */
export class BoardModel {
  readonly memory: EngineMemory;
  send: (bytes: Uint8Array) => void = () => undefined;
  /** Frames that found no room. */
  overruns = 0;
  /** Types of the requests seen, in order. */
  readonly seen: number[] = [];
  /** Called before a request is done; true swallows it. */
  intercept: (frame: Frame) => boolean = () => false;
  private readonly clock: LinkClock;
  private readonly options: BoardOptions;
  private decoder = new FrameDecoder();
  private queue: Frame[] = [];
  private working = false;
  private power = 0;
  private transfer:
    { id: number; descriptor: MoverDescriptor; total: number; bytes: number[]; committed: boolean; open: boolean } | undefined;
  private running: Running | undefined;
  private lastJob: { job: number; result: Uint8Array } | undefined;
  private telemetry: { sequence: number; count: number; stop: () => void } | undefined;

  constructor(memory: EngineMemory, clock: LinkClock, options: BoardOptions = {}) {
    this.memory = memory;
    this.clock = clock;
    this.options = options;
  }

  /** The reset button: nothing is remembered, memories are scrambled. */
  reset(): void {
    this.power++;
    this.decoder = new FrameDecoder();
    this.queue = [];
    this.working = false;
    this.running?.stop();
    this.telemetry?.stop();
    this.running = undefined;
    this.transfer = undefined;
    this.lastJob = undefined;
    this.telemetry = undefined;
    this.memory.operand.fill(4321);
    this.memory.gram.fill(-4321);
  }

  push(bytes: Uint8Array): void {
    this.decoder.push(bytes, (frame) => {
      const held = [frame, ...this.queue].reduce((sum, { payload }) => sum + payload.length + linkHeaderBytes + linkCrcBytes, 0);
      if (held > (this.options.rxWindow ?? 2048)) {
        this.overruns++;
        return;
      }
      this.queue.push({ ...frame, payload: frame.payload.slice() });
      this.work();
    });
  }

  private work(): void {
    const frame = this.queue[0];
    if (frame === undefined || this.working) return;
    this.working = true;
    const { power } = this;
    const ms = ((this.options.frameClocks ?? 100) / this.memory.info.clockHz) * 1000;
    this.clock.after(ms, () => {
      if (power !== this.power) return;
      this.working = false;
      this.queue.shift();
      this.seen.push(frame.type);
      if (!this.intercept(frame)) this.answer(frame);
      this.work();
    });
  }

  private reply(sequence: number, type: number, payload: Uint8Array): void {
    this.send(encodeFrame({ type, sequence, offset: 0, payload }));
  }

  private ack(sequence: number): void {
    const t = this.transfer;
    const state = (t?.open === true ? 1 : 0) | (t?.committed === true ? 2 : 0) | (this.running === undefined ? 0 : 4);
    this.reply(sequence, messages.ack.type, bytesOf([4, t?.bytes.length ?? 0], [2, 1024], [1, state]));
  }

  private nak(sequence: number, reason: keyof typeof linkReasons): void {
    this.reply(sequence, messages.nak.type, bytesOf([4, this.transfer?.bytes.length ?? 0], [2, 1024], [1, linkReasons[reason]]));
  }

  private answer(frame: Frame): void {
    const { sequence, type, payload } = frame;
    const [oldest, newest] = this.options.versions ?? [1, 1];
    if (type === messages.hello.type) return this.info(sequence);
    if (frame.version < oldest || frame.version > newest) return this.nak(sequence, 'wrong-version');
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (type === messages.status.type) return this.status(sequence);
    if (type === messages.cancel.type) return this.cancel(sequence, view.getUint32(0, true));
    if (type === messages.telemetry_set.type) return this.setTelemetry(sequence, view.getUint32(0, true));
    if (type === messages.run.type) return this.run(sequence, view);
    if (this.running !== undefined) return this.nak(sequence, 'busy');
    if (type === messages.begin.type) return this.begin(sequence, payload, view);
    if (type === messages.data.type) return this.data(frame);
    if (type === messages.commit.type) return this.commit(sequence, view);
    if (type === messages.read.type) return this.read(sequence, payload);
    if (type === messages.clear.type) {
      this.endTransfer();
      this.memory.clear(
        view.getUint8(0) === 0 ? 'operand' : 'gram',
        view.getUint32(4, true),
        view.getUint32(8, true),
        view.getUint16(2, true),
      );
      return this.ack(sequence);
    }
    this.nak(sequence, 'unknown-type');
  }

  private endTransfer(): void {
    if (this.transfer?.open === true) this.transfer.open = false;
  }

  private info(sequence: number): void {
    const { info } = this.memory;
    const [oldest, newest] = this.options.versions ?? [1, 1];
    this.reply(
      sequence,
      messages.info.type,
      bytesOf(
        [4, linkMagic],
        [1, oldest],
        [1, newest],
        [1, info.lanes],
        [1, info.wordBits],
        [1, info.accumulatorBits],
        [1, info.limbs],
        [2, info.operations],
        [2, info.maxFeatures],
        [2, this.options.maxPayload ?? 1024],
        [2, this.options.rxWindow ?? 2048],
        [2, 65535],
        [4, info.operandDepth],
        [4, info.gramDepth],
        [4, info.clockHz],
        [4, this.options.baud ?? 1_000_000],
        [4, 0xabcd],
        [4, 0],
        [4, 0],
      ),
    );
  }

  private status(sequence: number): void {
    const t = this.transfer;
    const job = this.running?.job ?? this.lastJob?.job ?? 0;
    const state = this.running !== undefined ? 1 : this.lastJob === undefined ? 0 : 2 + this.lastJob.result[4]!;
    const fields = bytesOf(
      [4, t?.id ?? 0],
      [4, t?.bytes.length ?? 0],
      [1, t?.committed === true ? 1 : 0],
      [1, this.running === undefined ? 0 : 1],
      [4, job],
      [1, state],
      [4, this.decoder.counts.damaged],
      [2, 1024],
    );
    this.reply(sequence, messages.status_reply.type, fields);
  }

  private begin(sequence: number, payload: Uint8Array, view: DataView): void {
    const id = view.getUint32(0, true);
    const descriptor = parseDescriptor(payload.subarray(8));
    if (descriptor === null || descriptor.bits < 8 || descriptor.bits > 48) return this.nak(sequence, 'bad-descriptor');
    const known = this.transfer?.id === id && (this.transfer.open || this.transfer.committed);
    if (!known) this.transfer = { id, descriptor, total: view.getUint32(4, true), bytes: [], committed: false, open: true };
    this.ack(sequence);
  }

  private data(frame: Frame): void {
    const t = this.transfer;
    if (t === undefined || !t.open) return this.nak(frame.sequence, 'no-such-transfer');
    if (frame.offset !== t.bytes.length) return this.nak(frame.sequence, 'wrong-offset');
    if (t.bytes.length + frame.payload.length > t.total) return this.nak(frame.sequence, 'bad-length');
    t.bytes.push(...frame.payload);
    this.ack(frame.sequence);
  }

  private commit(sequence: number, view: DataView): void {
    const t = this.transfer;
    if (t === undefined || t.id !== view.getUint32(0, true) || (!t.open && !t.committed)) return this.nak(sequence, 'no-such-transfer');
    if (t.committed) return this.ack(sequence);
    if (t.bytes.length < t.total) return this.nak(sequence, 'short');
    const bytes = Uint8Array.from(t.bytes);
    if (crc32(bytes) !== view.getUint32(4, true)) return this.nak(sequence, 'crc');
    const words = unpack(bytes, t.descriptor.bits);
    if (words.length < descriptorWords(t.descriptor)) return this.nak(sequence, 'short');
    this.memory.load(t.descriptor, words);
    t.open = false;
    t.committed = true;
    this.ack(sequence);
  }

  private read(sequence: number, payload: Uint8Array): void {
    this.endTransfer();
    const descriptor = parseDescriptor(payload);
    if (descriptor === null) return this.nak(sequence, 'bad-descriptor');
    let size = 0;
    for (let r = 0; r < descriptor.rows; r++)
      size += ((rowColumns(descriptor, r).to - rowColumns(descriptor, r).from) * descriptor.bits) / 8;
    if (![24, 32, 48].includes(descriptor.bits) || size > (this.options.maxPayload ?? 1024)) return this.nak(sequence, 'bad-descriptor');
    const out: number[] = [];
    for (const word of this.memory.read(descriptor)) {
      let value = BigInt.asUintN(descriptor.bits, BigInt(word));
      for (let k = 0; k < descriptor.bits / 8; k++, value >>= 8n) out.push(Number(value & 255n));
    }
    this.reply(sequence, messages.read_data.type, Uint8Array.from(out));
  }

  private run(sequence: number, view: DataView): void {
    const job = view.getUint32(0, true);
    if (this.running !== undefined) return this.running.job === job ? this.ack(sequence) : this.nak(sequence, 'busy');
    if (this.lastJob?.job === job) return this.reply(sequence, messages.result.type, this.lastJob.result);
    if (this.transfer?.committed !== true) return this.nak(sequence, 'not-committed');
    const flags = view.getUint8(5);
    const command: EngineCommand = {
      operation: linkOps[view.getUint8(4)]!,
      twoLimbs: (flags & 1) !== 0,
      subtract: (flags & 2) !== 0,
      decay: view.getUint8(6),
      shift: view.getUint8(7),
      features: view.getUint16(8, true),
      blocks: view.getUint16(10, true),
      rows: view.getUint16(12, true),
      rowBase: view.getUint32(16, true),
      vecBase: view.getUint32(20, true),
    };
    const result = this.memory.run(command);
    const stop = this.clock.after((result.cycles / this.memory.info.clockHz) * 1000, () => this.end(0, result));
    this.running = { job, sequence, stop };
    this.ack(sequence);
  }

  private end(state: 0 | 1, result: Omit<RunResult, 'state'>): void {
    const running = this.running!;
    this.running = undefined;
    const flags = (result.breakdown ? 1 : 0) | (result.saturated ? 2 : 0);
    const payload = bytesOf([4, running.job], [1, state], [1, flags], [4, result.cycles], [4, result.activity]);
    this.lastJob = { job: running.job, result: payload };
    this.reply(running.sequence, messages.result.type, payload);
  }

  private cancel(sequence: number, job: number): void {
    if (this.running?.job === job) {
      this.running.stop();
      this.running = { ...this.running, sequence };
      return this.end(1, { breakdown: false, saturated: false, cycles: 5, activity: 0 });
    }
    if (this.lastJob?.job === job) return this.reply(sequence, messages.result.type, this.lastJob.result);
    this.nak(sequence, 'no-such-transfer');
  }

  private setTelemetry(sequence: number, intervalMs: number): void {
    this.telemetry?.stop();
    this.telemetry = undefined;
    this.ack(sequence);
    if (intervalMs === 0) return;
    const tick = (): void => {
      const t = this.telemetry!;
      t.count++;
      this.reply(sequence, messages.telemetry.type, bytesOf([4, t.count], [4, 1000], [4, 2], [4, 5], [4, 0], [4, 9], [4, 0], [4, 0]));
      t.stop = this.clock.after(intervalMs, tick);
    };
    this.telemetry = { sequence, count: 0, stop: this.clock.after(intervalMs, tick) };
  }
}

/** Little-endian fields of [size, value]. */
export function bytesOf(...fields: readonly (readonly [number, number])[]): Uint8Array {
  const bytes = fields.flatMap(([size, value]) => Array.from({ length: size }, (_, k) => Math.floor(value / 256 ** k) % 256));
  return fields.length === 0 ? nothing : Uint8Array.from(bytes);
}

function unpack(bytes: Uint8Array, bits: number): Float64Array {
  const words = new Float64Array(Math.floor((bytes.length * 8) / bits));
  for (let i = 0; i < words.length; i++) {
    let value = 0;
    for (let k = bits - 1; k >= 0; k--) {
      const bit = i * bits + k;
      value = value * 2 + ((bytes[bit >> 3]! >> (bit & 7)) & 1);
    }
    words[i] = value < 2 ** (bits - 1) ? value : value - 2 ** bits;
  }
  return words;
}
