import type { Board } from './shell-board.ts';
import { answer } from './shell-board.ts';
import type { MoverDescriptor } from './shell-descriptor.ts';
import { crc32, descriptorBytes, frameBytes, le, packBits, readWords, uint } from './shell-framing.ts';
import type { Frame } from './shell-framing.ts';

/** Types of the link, written from docs/link.md. */
export const types = {
  hello: 1,
  begin: 2,
  data: 3,
  commit: 4,
  status: 5,
  read: 6,
  run: 7,
  cancel: 8,
  clear: 9,
  telemetrySet: 10,
  info: 0x81,
  ack: 0x82,
  nak: 0x83,
  statusReply: 0x84,
  readData: 0x85,
  result: 0x86,
  telemetry: 0x87,
} as const;

/** Reasons of NAK. */
export const reasons = {
  wrongOffset: 1,
  notCommitted: 2,
  busy: 3,
  badDescriptor: 4,
  crc: 5,
  unknownType: 6,
  short: 7,
  noSuchTransfer: 8,
  badLength: 9,
  wrongVersion: 10,
} as const;

/** Words 0 of a descriptor that covers nothing. */
export const nothing: MoverDescriptor = {
  space: 0,
  tri: false,
  packed: false,
  diagonal: false,
  first: 0,
  columns: 0,
  blocks: 0,
  rows: 0,
  row0: 0,
  base: 0,
};

export interface Command {
  readonly op: number;
  readonly d: number;
  readonly blocks: number;
  readonly rows?: number;
  readonly rowBase: number;
  readonly vecBase?: number;
  readonly shift?: number;
  readonly flags?: number;
  readonly decay?: number;
}

export function runPayload(job: number, c: Command): number[] {
  const small = [c.op, c.flags ?? 0, c.decay ?? 0, c.shift ?? 0];
  const sizes = [c.d, c.blocks, c.rows ?? 0, 0].flatMap((n) => le(n, 2));
  const vec = (((c.vecBase ?? 0) % 2 ** 24) + 2 ** 24) % 2 ** 24;
  return [...le(job, 4), ...small, ...sizes, ...le(c.rowBase, 4), ...le(vec, 4)];
}

export function beginPayload(transfer: number, total: number, d: MoverDescriptor, bits: number): number[] {
  return [...le(transfer, 4), ...le(total, 4), ...descriptorBytes(d, bits)];
}

export function clearPayload(space: number, lanes: number, base: number, count: number): number[] {
  return [space, 0, ...le(lanes, 2), ...le(base, 4), ...le(count, 4)];
}

/** All frames of a transfer, in order. */
export function transferFrames(
  board: Board,
  transfer: number,
  d: MoverDescriptor,
  bits: number,
  words: readonly bigint[],
  chunk = 480,
): Frame[] {
  const bytes = packBits(words, bits);
  const frames = [board.frame(types.begin, beginPayload(transfer, bytes.length, d, bits))];
  for (let at = 0; at < bytes.length; at += chunk) frames.push(board.frame(types.data, bytes.slice(at, at + chunk), at));
  frames.push(board.frame(types.commit, [...le(transfer, 4), ...le(crc32(bytes), 4)]));
  return frames;
}

/** Sends a transfer frame by frame and demands an ACK for each. */
export async function upload(
  board: Board,
  transfer: number,
  d: MoverDescriptor,
  bits: number,
  words: readonly bigint[],
  chunk = 480,
): Promise<void> {
  for (const frame of transferFrames(board, transfer, d, bits, words, chunk)) {
    await board.send(frameBytes(frame));
    const got = answer(await board.reply(frame.sequence));
    if (!got.ack) throw new Error(`NAK ${got.verdict} for type ${frame.type}`);
  }
}

/** Words of a READ. */
export async function readBack(board: Board, d: MoverDescriptor, bits: number): Promise<bigint[]> {
  const frame = await board.ask(types.read, descriptorBytes(d, bits));
  if (frame.type !== types.readData) throw new Error(`READ is answered by ${frame.type}, ${[...frame.payload].join(' ')}`);
  return readWords(frame.payload, bits);
}

export interface Result {
  readonly job: number;
  readonly state: number;
  readonly flags: number;
  readonly cycles: number;
}

export function result(frame: Frame): Result {
  if (frame.type !== types.result) throw new Error(`type ${frame.type} is not a RESULT`);
  const p = frame.payload;
  return { job: uint(p, 0, 4), state: p[4]!, flags: p[5]!, cycles: uint(p, 6, 4) };
}

/** Runs a job and waits for its RESULT. */
export async function runJob(board: Board, job: number, command: Command): Promise<Result> {
  const request = board.frame(types.run, runPayload(job, command));
  await board.send(frameBytes(request));
  const first = answer(await board.reply(request.sequence, types.ack));
  if (!first.ack) throw new Error('RUN was refused');
  return result(await board.reply(request.sequence, types.result));
}

/** STATUS taken apart. */
export async function status(board: Board): Promise<Record<string, number>> {
  const { payload: p } = await board.ask(types.status);
  return {
    transfer: uint(p, 0, 4),
    next: uint(p, 4, 4),
    committed: p[8]!,
    busy: p[9]!,
    job: uint(p, 10, 4),
    jobState: p[14]!,
    badFrames: uint(p, 15, 4),
    free: uint(p, 19, 2),
  };
}
