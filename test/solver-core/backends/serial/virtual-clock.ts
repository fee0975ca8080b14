import type { LinkClock } from '../../../../solver-core/backends/serial/clock.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

/** Time that moves only when everybody waits: tests with deadlines run in no time and always the same way. */
export class VirtualClock implements LinkClock {
  private timeMs = 0;
  private order = 0;
  private events: Event[] = [];

  nowMs(): number {
    return this.timeMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const event = { atMs: this.timeMs + Math.max(0, delayMs), order: this.order++, call };
    // Sorted insertion from the end: most events are the latest.
    let at = this.events.length;
    while (at > 0 && this.events[at - 1]!.atMs > event.atMs) at--;
    this.events.splice(at, 0, event);
    return () => {
      const found = this.events.indexOf(event);
      if (found >= 0) this.events.splice(found, 1);
    };
  }

  /** The promise's outcome, with time moving from event to event until it is there. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    for (let idle = 0; ;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return promise;
      const next = this.events.shift();
      if (next === undefined) {
        // Perhaps for the file system, which has a time of its own.
        if (++idle > 100_000) throw new Error('everybody waits and nothing is going to happen');
        continue;
      }
      idle = 0;
      this.timeMs = next.atMs;
      next.call();
    }
  }
}
