import { join } from 'node:path';
import { buildBoard } from '../../../../.ci/build-board.mjs';
import { loadBoardImage } from '../../../../solver-core/backends/board-sim/board-image.ts';
import type { BoardImage } from '../../../../solver-core/backends/board-sim/board-image.ts';
import { encodeFrame } from '../../../../solver-core/backends/serial/frame.ts';
import type { Frame } from '../../../../solver-core/backends/serial/frame.ts';
import { FrameDecoder } from '../../../../solver-core/backends/serial/frame-decoder.ts';
import { projectRoot } from '../../../shared.ts';

/** Folder with the image of the board that ships, built when its sources changed. */
export async function boardFolder(): Promise<string> {
  const folder = join(projectRoot, 'dist/engine');
  await buildBoard({ folder });
  return folder;
}

/** The image of the board that ships. */
export async function boardImage(): Promise<BoardImage> {
  return loadBoardImage(await boardFolder());
}

/** A request of the link as bytes. */
export function request(type: number, sequence: number, payload: Uint8Array = new Uint8Array(0), offset = 0): Uint8Array {
  return encodeFrame({ type, sequence, offset, payload });
}

/** Frames in arrival order, from bytes as they come. */
export class FrameInbox {
  readonly frames: Frame[] = [];
  private readonly decoder = new FrameDecoder();
  private waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  push(bytes: Uint8Array): void {
    this.decoder.push(bytes, (frame) => this.frames.push(frame));
    this.waiting = this.waiting.filter(({ count, resolve }) => this.frames.length < count || void resolve());
  }

  /** Frame number `index` when it has come. */
  async nth(index: number): Promise<Frame> {
    if (this.frames.length <= index) await new Promise<void>((resolve) => this.waiting.push({ count: index + 1, resolve }));
    return this.frames[index]!;
  }
}
