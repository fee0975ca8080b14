import type { AbortFlag } from '../../model/abort.ts';

/*
 * What an engine behind a mover (hdl/sys/mover.sv) understands, whatever carries the bytes: a serial line (backends/serial) or the
 * memory of a card (backends/xrt). remote-device.ts speaks it; a link brings it to the other side.
 */

/** Memories of the engine that the mover reaches: operand words (X | Y, R | Z, W) and accumulator words (G). */
export type MemorySpace = 'operand' | 'gram';

/** Number of a memory in descriptors and messages. */
export const spaceCodes: Readonly<Record<MemorySpace, number>> = { operand: 0, gram: 1 };

/**
 * A set of words in one memory, in the order of the stream. For r in 0..rows-1, with i = row0 + r:
 *   from = triangle ? i : first;  to = diagonal ? from + 1 : columns
 *   the word of column c (from <= c < to) is at A(r) + floor(c / N) - (packed ? floor(i / N) : 0), lane c mod N
 *   A(0) = base, A(r + 1) = A(r) + (packed ? blocks - floor(i / N) : blocks)
 */
export interface MoverDescriptor {
  readonly space: MemorySpace;
  /** Bits of a word while it travels, two's complement, 8..48. Reads take 24, 32 or 48. A link with words of its own may ignore it. */
  readonly bits: number;
  readonly triangle: boolean;
  readonly packed: boolean;
  readonly diagonal: boolean;
  /** First column when not `triangle`. */
  readonly first: number;
  /** Column behind the last. */
  readonly columns: number;
  /** Blocks from one row to the next (of row 0 when packed). */
  readonly blocks: number;
  readonly rows: number;
  /** Number of the first row; matters for `triangle` and `packed`. */
  readonly row0: number;
  /** Address of row `row0`. */
  readonly base: number;
}

/** Operations of the engine. */
export type EngineOperation = 'gram' | 'chol' | 'back' | 'fsub' | 'backv';

/** op_i of the engine; bit n of `EngineLinkInfo.operations` says whether operation n is built in. */
export const operationNumbers: Readonly<Record<EngineOperation, number>> = { gram: 0, chol: 1, back: 2, fsub: 3, backv: 4 };

/** One command, fields named after the ports of hdl/rtl/tierwise_engine.sv. */
export interface EngineCommand {
  readonly operation: EngineOperation;
  readonly twoLimbs: boolean;
  /** GRAM: products are subtracted. */
  readonly subtract: boolean;
  /** GRAM: G is first replaced by G - floor(G / 2^decay); 0 leaves it. 0..63. */
  readonly decay: number;
  /** sh of CHOL; 0 otherwise. */
  readonly shift: number;
  /** d. */
  readonly features: number;
  /** cb. */
  readonly blocks: number;
  /** Rows of GRAM; 1 otherwise. */
  readonly rows: number;
  readonly rowBase: number;
  readonly vecBase: number;
}

/** How a command ended. A cancelled one has undefined memory contents: begin again. */
export interface RunResult {
  readonly state: 'done' | 'cancelled';
  readonly breakdown: boolean;
  readonly saturated: boolean;
  /** Clock cycles the engine was busy. */
  readonly cycles: number;
  /** Bits toggled in the broadcast operand register during the command. */
  readonly activity: number;
}

/** What the other side says of itself. */
export interface EngineLinkInfo {
  /** For people, e.g. "iCEBreaker at /dev/ttyUSB1". */
  readonly device: string;
  /** Identity of the image that computes, hexadecimal. */
  readonly image: string;
  readonly level: 'board' | 'card';
  readonly lanes: number;
  readonly wordBits: number;
  readonly accumulatorBits: number;
  readonly limbs: 1 | 2;
  /** Bit n: operation n of `operationNumbers`. */
  readonly operations: number;
  readonly maxFeatures: number;
  readonly operandDepth: number;
  readonly gramDepth: number;
  readonly clockHz: number;
  /** Hash the other side says it answers to the bring-up problem (self-test.ts), 16 hexadecimal digits; null when it does not say. */
  readonly goldenHash: string | null;
}

/**
 * An engine behind a mover. One call at a time. Every call rejects with AbortError when `abort` is set (a running command is
 * cancelled first) and with TierwiseError (category 'backend') when the device or what leads to it fails.
 */
export interface EngineLink {
  readonly info: EngineLinkInfo;
  /** Seconds that a byte of a load takes, by what was seen so far. Absent where that is nothing to plan for. */
  readonly secondsPerByte?: () => number;
  /** Writes words, in the order of the descriptor; `words.length` = `descriptorWords(descriptor)`. Exact integers. */
  load(descriptor: MoverDescriptor, words: Int32Array | Float64Array, abort?: AbortFlag): Promise<void>;
  /** Reads words, in the order of the descriptor, as exact integers. */
  read(descriptor: MoverDescriptor, abort?: AbortFlag): Promise<Float64Array>;
  /** Writes 0 to `count` addresses from `base` in the lanes of `laneMask` (bit l = lane l). */
  clear(space: MemorySpace, base: number, count: number, laneMask: number, abort?: AbortFlag): Promise<void>;
  /** Runs one command to its end. `predictedCycles`: what the formula says, for deadlines. */
  run(command: EngineCommand, abort?: AbortFlag, predictedCycles?: number): Promise<RunResult>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Columns [from, to) of row r of a descriptor (0-based in it); empty when from >= to. */
export function rowColumns(descriptor: MoverDescriptor, r: number): { readonly from: number; readonly to: number } {
  const from = descriptor.triangle ? descriptor.row0 + r : descriptor.first;
  return { from, to: Math.max(from, descriptor.diagonal ? from + 1 : descriptor.columns) };
}

/** Words that a descriptor moves. */
export function descriptorWords(descriptor: MoverDescriptor): number {
  let words = 0;
  for (let r = 0; r < descriptor.rows; r++) {
    const { from, to } = rowColumns(descriptor, r);
    words += to - from;
  }
  return words;
}

/** Address of row r + 1 less that of row r. */
export function rowStep(descriptor: MoverDescriptor, r: number, lanes: number): number {
  return descriptor.packed ? descriptor.blocks - Math.floor((descriptor.row0 + r) / lanes) : descriptor.blocks;
}

/**
 * The same words in the same order as several descriptors of at most `maxWords` words each (maxWords >= 1): whole rows together
 * where they fit, parts of a row where one does not.
 */
export function splitDescriptor(descriptor: MoverDescriptor, lanes: number, maxWords: number): readonly MoverDescriptor[] {
  const parts: MoverDescriptor[] = [];
  let base = descriptor.base;
  let row = 0;
  while (row < descriptor.rows) {
    let words = 0;
    let taken = 0;
    let next = base;
    for (; row + taken < descriptor.rows; taken++) {
      const { from, to } = rowColumns(descriptor, row + taken);
      if (words + to - from > maxWords) break;
      words += to - from;
      next += rowStep(descriptor, row + taken, lanes);
    }
    const row0 = descriptor.row0 + row;
    if (taken > 0) {
      if (words > 0) parts.push({ ...descriptor, row0, base, rows: taken });
      base = next;
      row += taken;
      continue;
    }
    const { from, to } = rowColumns(descriptor, row);
    for (let first = from; first < to; first += maxWords) {
      const columns = Math.min(to, first + maxWords);
      parts.push({ ...descriptor, triangle: false, diagonal: false, first, columns, rows: 1, row0, base });
    }
    base += rowStep(descriptor, row, lanes);
    row++;
  }
  return parts;
}
