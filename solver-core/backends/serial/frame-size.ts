/** Smallest payload worth a frame of its own, bytes. */
const leastBytes = 64;
/** Weight of the newest frame in the share of frames that are lost. */
const weight = 1 / 8;
/** Shares above which frames get smaller, and below which larger ones are tried again. */
const tooMany = 0.35;
const few = 0.05;
/** Where the share starts over after a change of size. */
const between = 0.15;

/**
 * How large frames should be: the largest the board takes, smaller while the line loses many of them. With one bad byte in a thousand
 * hardly any frame of 1024 bytes arrives, but most of 64 do.
 */
export class FrameSize {
  private limit = Infinity;
  private lostShare = 0;

  /** Bytes of payload, at most `most`. */
  within(most: number): number {
    return Math.min(most, this.limit);
  }

  /** A frame with `bytes` of payload, or its answer, did not arrive. */
  lost(bytes: number): void {
    this.lostShare += weight * (1 - this.lostShare);
    if (this.lostShare <= tooMany || bytes <= leastBytes) return;
    this.limit = Math.max(leastBytes, Math.floor(Math.min(bytes, this.limit) / 2));
    this.lostShare = between;
  }

  arrived(): void {
    this.lostShare -= weight * this.lostShare;
    if (this.limit === Infinity || this.lostShare > few) return;
    this.limit *= 2;
    this.lostShare = between;
    if (this.limit > 2 ** 16) this.limit = Infinity;
  }
}
