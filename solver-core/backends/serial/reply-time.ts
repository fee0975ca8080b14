/** Deadline before anything was measured, and bounds of what measurements may make of it; milliseconds. */
const firstMs = 600;
const leastMs = 150;
const mostMs = 4000;

/**
 * How long to wait for a reply beyond the time its bytes take: mean and deviation of what replies took so far, as TCP estimates them
 * (RFC 6298). An FTDI chip may hold short replies for 16 ms, a simulated board may be slower than its baud rate says.
 */
export class ReplyTime {
  private smoothedMs: number | undefined;
  private deviationMs = 0;

  /** Milliseconds. */
  get slackMs(): number {
    if (this.smoothedMs === undefined) return firstMs;
    return Math.min(mostMs, Math.max(leastMs, 2 * this.smoothedMs + 4 * this.deviationMs));
  }

  /** Mean time from request to reply, milliseconds; null before the first. */
  get meanMs(): number | null {
    return this.smoothedMs ?? null;
  }

  /** A reply to a request that was sent once. */
  add(elapsedMs: number): void {
    if (this.smoothedMs === undefined) {
      this.smoothedMs = elapsedMs;
      this.deviationMs = elapsedMs / 2;
      return;
    }
    this.deviationMs += (Math.abs(elapsedMs - this.smoothedMs) - this.deviationMs) / 4;
    this.smoothedMs += (elapsedMs - this.smoothedMs) / 8;
  }
}
