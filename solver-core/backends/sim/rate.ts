/** Measured speed of the simulation: clock cycles per second of this process. */
export class RateMeter {
  private cycles = 0;
  private seconds = 0;

  /** Adds one measured stretch of work. */
  add(cycles: number, seconds: number): void {
    // Keep the recent past: an early stretch on a cold process should not rule for ever.
    if (this.seconds > 5) {
      this.cycles /= 2;
      this.seconds /= 2;
    }
    this.cycles += cycles;
    this.seconds += seconds;
  }

  /** Cycles per second; `fallback` while nothing was measured. */
  rateHz(fallback: number): number {
    return this.seconds > 0 && this.cycles > 0 ? this.cycles / this.seconds : fallback;
  }
}
