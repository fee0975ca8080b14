import type { OpenLine } from '../../../../solver-core/backends/board-sim/line.ts';
import { createRandom } from '../../../../solver-core/fit/prng.ts';
import type { Random } from '../../../../solver-core/fit/prng.ts';

/** Shares of the frames of a direction that meet each fate. */
export interface FrameRates {
  /** One bit inverted, or the end cut off, by turns. */
  readonly corrupted: number;
  /** Random bytes before the frame. */
  readonly garbage: number;
  /** The whole frame is lost. */
  readonly dropped: number;
}

/** What happened to the frames of both directions. */
export interface FrameDamageCounts {
  frames: number;
  corrupted: number;
  garbage: number;
  dropped: number;
}

/** A line that harms whole frames (bytes between zeros) in both directions, reproducibly. */
export function damageFrames(
  open: OpenLine,
  rates: FrameRates,
  seed: number,
): { readonly open: OpenLine; readonly counts: FrameDamageCounts } {
  const counts: FrameDamageCounts = { frames: 0, corrupted: 0, garbage: 0, dropped: 0 };
  const [there, back] = [createRandom(seed, 'frames to the board'), createRandom(seed, 'frames from the board')];
  return {
    counts,
    async open(listener) {
      const toBoard = new FrameCutter((frame) => harm(frame, rates, there, counts));
      const fromBoard = new FrameCutter((frame) => harm(frame, rates, back, counts));
      const line = await open({ ...listener, onBytes: (bytes) => listener.onBytes(toBoard.push(bytes)), onError: listener.onError });
      return {
        path: line.path,
        write: (bytes) => line.write(fromBoard.push(bytes)),
        pause: () => line.pause(),
        resume: () => line.resume(),
        close: () => line.close(),
      };
    },
  };
}

/** Cuts a stream into texts between zeros and passes each, with its zero, through `change`. */
class FrameCutter {
  private held: number[] = [];
  private readonly change: (frame: readonly number[]) => readonly number[];

  constructor(change: (frame: readonly number[]) => readonly number[]) {
    this.change = change;
  }

  push(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte !== 0) this.held.push(byte);
      else {
        if (this.held.length > 0) for (const changed of this.change(this.held)) out.push(changed);
        out.push(0);
        this.held = [];
      }
    }
    return Uint8Array.from(out);
  }
}

function harm(frame: readonly number[], rates: FrameRates, random: Random, counts: FrameDamageCounts): readonly number[] {
  counts.frames += 1;
  const fate = random.uniform();
  const place = Math.floor(random.uniform() * frame.length);
  const before = random.uniform() < rates.garbage ? Array.from({ length: 1 + (place % 40) }, () => Math.floor(random.uniform() * 256)) : [];
  if (before.length > 0) counts.garbage += 1;
  if (fate < rates.dropped) {
    counts.dropped += 1;
    return before;
  }
  if (fate >= rates.dropped + rates.corrupted) return [...before, ...frame];
  counts.corrupted += 1;
  if (counts.corrupted % 2 === 0) return [...before, ...frame.slice(0, place)];
  return [...before, ...frame.map((byte, i) => (i === place ? byte ^ (1 << (counts.corrupted % 8)) : byte))];
}
