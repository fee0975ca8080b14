import type { Chip, ChipSlice } from '../../../../solver-core/backends/board-sim/chip.ts';
import type { ByteLine, LineListener, OpenLine } from '../../../../solver-core/backends/board-sim/line.ts';

/** Clocks the fake needs per byte. */
const clocksPerByte = 40;

/** A board in memory that sends back every byte it gets, inverted, and counts its bytes since power-up. */
export class EchoChip implements Chip {
  slices = 0;
  bytes = 0;

  exchange(input: Uint8Array, maxClocks: number): ChipSlice {
    this.slices += 1;
    const count = Math.min(input.length, Math.ceil(maxClocks / clocksPerByte));
    this.bytes += count;
    const output = input.slice(0, count).map((byte) => byte ^ 255);
    return { consumed: count, output, clocks: count * clocksPerByte, idle: count === input.length };
  }

  powerCycle(): void {
    this.bytes = 0;
  }
}

/** Lines in memory: what the host side sees of each, in the order they were opened. */
export class MemoryLines {
  readonly opened: MemoryLine[] = [];
  readonly open: OpenLine = async (listener) => {
    const line = new MemoryLine(`line${this.opened.length}`, listener);
    this.opened.push(line);
    for (const waiting of this.waiting.splice(0)) waiting();
    return line;
  };
  private readonly waiting: (() => void)[] = [];

  /** Resolves when line `n` was opened. */
  async nth(n: number): Promise<MemoryLine> {
    while (this.opened.length <= n) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.opened[n]!;
  }
}

/** One line in memory. */
export class MemoryLine implements ByteLine {
  readonly path: string;
  readonly listener: LineListener;
  readonly received: number[] = [];
  closed = false;
  paused = false;
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(path: string, listener: LineListener) {
    this.path = path;
    this.listener = listener;
  }

  write(bytes: Uint8Array): void {
    if (!this.closed) for (const byte of bytes) this.received.push(byte);
    for (const { count, resolve } of this.waiting) if (this.received.length >= count) resolve();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Resolves when the host side has got so many bytes. */
  async got(count: number): Promise<readonly number[]> {
    if (this.received.length < count) await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
    return this.received;
  }
}

/** A promise and its end. */
export function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let end: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (end = resolve));
  return { promise, resolve: (value) => end(value) };
}
