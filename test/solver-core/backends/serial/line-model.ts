import type { AbortFlag } from '../../../../solver-core/model/abort.ts';
import type { LinkClock } from '../../../../solver-core/backends/serial/clock.ts';
import { unplugged } from '../../../../solver-core/backends/serial/errors.ts';
import { portError } from '../../../../solver-core/backends/serial/port-errors.ts';
import type { Connector, Transport, TransportListener } from '../../../../solver-core/backends/serial/transport.ts';
import type { BoardModel } from './board-model.ts';

/** Damage on the line: what becomes of a piece of bytes. */
export type Damage = (bytes: Uint8Array, direction: 'out' | 'in') => Uint8Array;

export interface LineOptions {
  readonly baud?: number;
  /** From the last byte sent to its arrival, each way; milliseconds. */
  readonly latencyMs?: number;
  readonly damage?: Damage;
}

/** A port with a board behind it, at the speed of its line, that can be unplugged. */
export class LineModel implements Connector {
  readonly name = '/dev/ttyTEST0';
  readonly board: BoardModel;
  damage: Damage;
  /** Bytes written by the host, and the time its direction was busy. */
  bytesOut = 0;
  busyOutMs = 0;
  opened = 0;
  present = true;
  /** When the host wrote that much, the plug is pulled and put back so much later (null: never). */
  unplugAt: { bytes: number; backAfterMs: number | null; resetsBoard: boolean } | undefined;
  private readonly clock: LinkClock;
  private readonly options: LineOptions;
  private listener: TransportListener | undefined;
  private readonly freeMs = { out: 0, in: 0 };

  constructor(board: BoardModel, clock: LinkClock, options: LineOptions = {}) {
    this.board = board;
    this.clock = clock;
    this.options = options;
    this.damage = options.damage ?? ((bytes) => bytes);
    board.send = (bytes) => this.carry('in', bytes, (arrived) => this.listener?.onBytes(arrived));
  }

  open(listener: TransportListener, _abort?: AbortFlag): Promise<Transport> {
    if (!this.present)
      return Promise.reject(portError(this.name, new Error('Error: No such file or directory, cannot open /dev/ttyTEST0')));
    this.opened++;
    this.listener = listener;
    const close = (): Promise<void> => {
      if (this.listener === listener) this.listener = undefined;
      return Promise.resolve();
    };
    const write = (bytes: Uint8Array): void => {
      if (this.listener !== listener) return;
      this.bytesOut += bytes.length;
      this.carry('out', bytes, (arrived) => this.board.push(arrived));
      this.checkPlug();
    };
    return Promise.resolve({ name: this.name, write, close });
  }

  unplug(backAfterMs: number | null, resetsBoard: boolean): void {
    const { listener } = this;
    this.present = false;
    this.listener = undefined;
    if (resetsBoard) this.board.reset();
    listener?.onGone(unplugged(this.name));
    if (backAfterMs !== null) this.clock.after(backAfterMs, () => (this.present = true));
  }

  private checkPlug(): void {
    const { unplugAt } = this;
    if (unplugAt === undefined || this.bytesOut < unplugAt.bytes) return;
    this.unplugAt = undefined;
    // Not inside the write: the operating system tells later.
    this.clock.after(0, () => this.unplug(unplugAt.backAfterMs, unplugAt.resetsBoard));
  }

  private carry(direction: 'out' | 'in', bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    const lineMs = (bytes.length * 10_000) / (this.options.baud ?? 1_000_000);
    const start = Math.max(this.clock.nowMs(), this.freeMs[direction]);
    this.freeMs[direction] = start + lineMs;
    if (direction === 'out') this.busyOutMs += lineMs;
    const damaged = this.damage(bytes, direction);
    const arrives = start + lineMs + (this.options.latencyMs ?? 0.2);
    this.clock.after(arrives - this.clock.nowMs(), () => {
      if (this.present && damaged.length > 0) deliver(damaged);
    });
  }
}
