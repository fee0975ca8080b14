import { frameLimit } from './frame.ts';
import type { LinkLimits } from './upload.ts';
import { dataPayload } from './upload.ts';

/** Shorter transfers say more about round trips than about bytes. */
const leastBytes = 4096;
/** Weight of the newest transfer. */
const share = 0.3;

/** Seconds per byte of the transfers so far. */
export class LinkSpeed {
  private mean: number | undefined;

  /** null before the first transfer of some length. */
  get secondsPerByte(): number | null {
    return this.mean ?? null;
  }

  add(bytes: number, elapsedMs: number): void {
    if (bytes < leastBytes || !(elapsedMs > 0)) return;
    const seen = elapsedMs / 1000 / bytes;
    this.mean = this.mean === undefined ? seen : this.mean + share * (seen - this.mean);
  }
}

/**
 * Seconds per byte of a long transfer: that of the line with its frames, or, where answers take longer than the window lasts, that of a
 * window per round trip. `roundTripMs`: of a short request.
 */
export function expectedSecondsPerByte(baud: number, limits: LinkLimits, roundTripMs: number): number {
  const payload = dataPayload(limits);
  const frameMs = (frameLimit(payload) * 10_000) / baud;
  const inWindow = Math.max(1, Math.floor(limits.rxWindow / frameLimit(payload)));
  return Math.max(frameMs, (roundTripMs + frameMs) / inWindow) / payload / 1000;
}
