/** Time as the link sees it; tests hand in one that they turn by hand. */
export interface LinkClock {
  /** Monotonic, milliseconds. */
  nowMs(): number;
  /** Calls once after `delayMs`; the returned function calls it off. */
  after(delayMs: number, call: () => void): () => void;
}

/** The clock of this process. */
export const processClock: LinkClock = {
  nowMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`. */
export function sleep(clock: LinkClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
