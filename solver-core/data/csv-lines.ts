import type { FileHandle } from 'node:fs/promises';
import type { AbortFlag } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import { DataFault } from './fault.ts';

const chunkBytes = 1 << 20;
const maxLineBytes = 16 << 20;

/** One line of a text file, without its newline. Valid until the next is asked for. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Where it starts in the file. */
  readonly position: number;
  /** One-based. */
  readonly line: number;
}

/** The lines from a position on that hold more than white space; `line` counts from there. Faults: `data-unreadable` for a line beyond 16 MiB. */
export async function* lines(file: FileHandle, abort: AbortFlag | undefined, from = 0): AsyncGenerator<Line> {
  let buffer = new Uint8Array(chunkBytes);
  let filled = 0;
  let position = from;
  let line = 0;
  for (let done = false; !done;) {
    checkAbort(abort);
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position);
    done = bytesRead === 0;
    // A byte order mark is not part of the first field.
    if (position === 0 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) buffer.fill(0x20, 0, 3);
    position += bytesRead;
    const scanFrom = filled;
    filled += bytesRead;
    // Position in the file of the first byte of the buffer.
    const base = position - filled;
    let start = 0;
    for (let at = buffer.indexOf(0x0a, scanFrom); at !== -1 && at < filled; at = buffer.indexOf(0x0a, at + 1)) {
      line += 1;
      if (!isBlankLine(buffer, start, at)) yield { bytes: buffer, start, end: at, position: base + start, line };
      start = at + 1;
    }
    if (done && start < filled && !isBlankLine(buffer, start, filled))
      yield { bytes: buffer, start, end: filled, position: base + start, line: line + 1 };
    buffer.copyWithin(0, start, filled);
    filled -= start;
    if (filled > maxLineBytes)
      throw new DataFault('data-unreadable', `Line ${line + 1} is longer than ${maxLineBytes} bytes: this is not a table of numbers.`);
    if (filled === buffer.length) {
      const wider = new Uint8Array(buffer.length * 2);
      wider.set(buffer);
      buffer = wider;
    }
  }
}

function isBlankLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) > 0x20) return false;
  return true;
}
