import { ByteQueue } from './byte-queue.ts';
import type { Chip } from './chip.ts';
import { Damage } from './damage.ts';
import type { DamageCounts, DamageRates } from './damage.ts';
import type { ByteLine, OpenLine } from './line.ts';

/** What goes wrong on the way between the port and the pins, on purpose. */
export interface BoardFaults extends DamageRates {
  /** Every byte is late by this much, milliseconds. */
  readonly delayMs: number;
  /**
   * The k-th unplug happens when this many bytes (both directions together) have passed since the start or the last replug; none
   * after the last entry.
   */
  readonly unplugAfter: readonly number[];
  /** How long the board is away, milliseconds. */
  readonly replugAfterMs: number;
  /** An unplug also takes the power: the board comes back empty. Otherwise it goes on computing. */
  readonly powerLoss: boolean;
  /** Makes the faults of a run repeatable; any integer. */
  readonly seed: number;
}

/** A sound line. */
export const noFaults: BoardFaults = {
  drop: 0,
  flip: 0,
  garbage: 0,
  delayMs: 0,
  unplugAfter: [],
  replugAfterMs: 1000,
  powerLoss: false,
  seed: 1,
};

/** What happened so far. */
export interface BoardCounts {
  /** Clock cycles simulated. */
  readonly clocks: number;
  /** Seconds of this process spent on them. */
  readonly simulationS: number;
  readonly bytesToBoard: number;
  readonly bytesFromBoard: number;
  readonly unplugs: number;
  readonly damage: { readonly toBoard: Readonly<DamageCounts>; readonly fromBoard: Readonly<DamageCounts> };
}

/** Who watches a board. Bytes are those at the pins of the board: damaged on the way there, sound on the way back. */
export interface BoardWatcher {
  /** The port is there (also again, after an unplug). */
  onPlugged?(path: string): Promise<void>;
  /** The port is about to go, for whatever reason. */
  onUnplugged?(): Promise<void>;
  /** It goes because the faults say so, and will come back. */
  onUnplugFault?(): void;
  onBytes?(direction: 'to-board' | 'from-board', bytes: Uint8Array): void;
  /** The port or the simulation failed; the board has stopped. */
  onFailed?(error: Error): void;
}

/** Work between two turns of the event loop, seconds. */
const sliceS = 0.002;
/** Rate assumed before anything was measured, clock cycles per second. */
const assumedRateHz = 2e5;
/** Above this the sender has to wait; below the half it may go on. Bytes. */
const highWater = 1 << 17;

/**
 * Joins a chip to a port: bytes from the port go to the receive pin at the rate of the simulated line, bytes from the transmit pin
 * go back. While nothing is in flight simulated time stands still and the process sleeps.
 */
export class SimulatedBoard {
  private readonly chip: Chip;
  private readonly openLine: OpenLine;
  private readonly faults: BoardFaults;
  private readonly watcher: BoardWatcher;
  private readonly toBoardDamage: Damage;
  private readonly fromBoardDamage: Damage;
  private readonly inbox = new ByteQueue();
  private readonly timers = new Set<NodeJS.Timeout>();
  private line: ByteLine | undefined;
  private holding = false;
  private simulating: Promise<void> | undefined;
  private plugging: Promise<void> | undefined;
  private stopped = false;
  private clocks = 0;
  private simulationS = 0;
  private bytesToBoard = 0;
  private bytesFromBoard = 0;
  private bytesSincePlug = 0;
  private unplugs = 0;
  /** Grows when the line changes, so that late bytes of an old one are not delivered to a new one. */
  private lineNumber = 0;

  constructor(chip: Chip, openLine: OpenLine, faults: BoardFaults = noFaults, watcher: BoardWatcher = {}) {
    this.chip = chip;
    this.openLine = openLine;
    this.faults = faults;
    this.watcher = watcher;
    this.toBoardDamage = new Damage(faults, 2 * faults.seed);
    this.fromBoardDamage = new Damage(faults, 2 * faults.seed + 1);
  }

  get counts(): BoardCounts {
    return {
      clocks: this.clocks,
      simulationS: this.simulationS,
      bytesToBoard: this.bytesToBoard,
      bytesFromBoard: this.bytesFromBoard,
      unplugs: this.unplugs,
      damage: { toBoard: this.toBoardDamage.counts, fromBoard: this.fromBoardDamage.counts },
    };
  }

  /** Plugs the board in. Throws what `openLine` and `onPlugged` throw. */
  start(): Promise<void> {
    const plugged = this.plug();
    this.plugging = plugged.catch(() => undefined);
    return plugged;
  }

  private async plug(): Promise<void> {
    const number = ++this.lineNumber;
    this.bytesSincePlug = 0;
    const line = await this.openLine({
      onBytes: (bytes) => this.late(number, bytes, (arrived) => this.receive(arrived)),
      onError: (error) => this.fail(error),
    });
    if (this.stopped) return line.close();
    this.line = line;
    try {
      await this.watcher.onPlugged?.(line.path);
    } catch (error) {
      await this.takeLine();
      throw error;
    }
    this.wake();
  }

  /** Unplugs for good; the process may end afterwards. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    await this.simulating;
    // Half plugged in it cannot be unplugged: what `onPlugged` makes would stay behind.
    await this.plugging;
    await this.takeLine();
  }

  /** Resolves when nothing is in flight: the simulation sleeps. For tests and measurements. */
  async settled(): Promise<void> {
    while (this.simulating !== undefined) await this.simulating;
  }

  private fail(error: Error): void {
    if (this.stopped) return;
    void this.stop().then(() => this.watcher.onFailed?.(error));
  }

  private after(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, delayMs);
    this.timers.add(timer);
  }

  /** Hands bytes on, late when that is wanted, unless their line is gone by then. */
  private late(number: number, bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    if (this.faults.delayMs === 0) {
      if (number === this.lineNumber) deliver(bytes);
      return;
    }
    const kept = bytes.slice();
    this.after(this.faults.delayMs, () => {
      if (number === this.lineNumber) deliver(kept);
    });
  }

  private receive(bytes: Uint8Array): void {
    if (this.line === undefined) return;
    const passed = this.pass(bytes);
    const arrived = this.toBoardDamage.apply(passed);
    this.bytesToBoard += arrived.length;
    this.inbox.push(arrived);
    this.watcher.onBytes?.('to-board', arrived);
    this.unplugWhenDue();
    this.wake();
    if (this.holding || this.inbox.length <= highWater) return;
    this.holding = true;
    this.line?.pause();
  }

  private send(bytes: Uint8Array): void {
    this.bytesFromBoard += bytes.length;
    this.watcher.onBytes?.('from-board', bytes);
    const damaged = this.fromBoardDamage.apply(bytes);
    this.late(this.lineNumber, damaged, (arrived) => {
      this.line?.write(this.pass(arrived).slice());
      this.unplugWhenDue();
    });
  }

  /** The part of `bytes` that still gets through before the next unplug. */
  private pass(bytes: Uint8Array): Uint8Array {
    const limit = this.faults.unplugAfter[this.unplugs];
    const passed = limit === undefined ? bytes : bytes.subarray(0, Math.max(0, limit - this.bytesSincePlug));
    this.bytesSincePlug += passed.length;
    return passed;
  }

  private unplugWhenDue(): void {
    const limit = this.faults.unplugAfter[this.unplugs];
    if (limit === undefined || this.bytesSincePlug < limit || this.line === undefined) return;
    this.unplugs += 1;
    this.inbox.clear();
    this.watcher.onUnplugFault?.();
    const gone = this.takeLine();
    if (this.faults.powerLoss) this.chip.powerCycle();
    this.after(this.faults.replugAfterMs, () => {
      gone.then(() => this.start()).catch((error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))));
    });
  }

  private async takeLine(): Promise<void> {
    const { line } = this;
    this.line = undefined;
    this.lineNumber += 1;
    this.holding = false;
    if (line === undefined) return;
    await this.watcher.onUnplugged?.();
    await line.close();
  }

  private wake(): void {
    this.simulating ??= this.simulate()
      .catch((error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.simulating = undefined;
        if (this.inbox.length > 0 && !this.stopped) this.wake();
      });
  }

  private async simulate(): Promise<void> {
    for (;;) {
      // One turn of the event loop per slice: the port, signals and timers stay alive.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.stopped || this.slice()) return;
    }
  }

  /** One stretch of simulated time; true when nothing is in flight any more. */
  private slice(): boolean {
    const rateHz = this.simulationS > 0 && this.clocks > 0 ? this.clocks / this.simulationS : assumedRateHz;
    const startMs = performance.now();
    const { consumed, output, clocks, idle } = this.chip.exchange(this.inbox.peek(highWater), Math.max(1000, Math.round(rateHz * sliceS)));
    this.clocks += clocks;
    this.simulationS += (performance.now() - startMs) / 1000;
    this.inbox.drop(consumed);
    if (output.length > 0) this.send(output);
    if (this.holding && this.inbox.length < highWater / 2) {
      this.holding = false;
      this.line?.resume();
    }
    return idle && this.inbox.length === 0;
  }
}
