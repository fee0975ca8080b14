import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readSources, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import { shellSources } from '../../.ci/shell-sources.mjs';
import { projectRoot } from '../shared.ts';
import { verilator } from './simulators.ts';
import { frameBytes, parseFrames, uint } from './shell-framing.ts';
import type { Frame } from './shell-framing.ts';

const run = promisify(execFile);
const harness = 'hdl/test/board_harness.cc';

/** A small board: 4 clocks per bit, memories for the bring-up problem. */
export const testBoard = {
  N: 8,
  DW: 18,
  AW: 48,
  OPERAND_DEPTH: 1000,
  GRAM_DEPTH: 520,
  MAX_FEATURES: 64,
  LIMBS: 2,
  CLOCK_HZ: 4_000_000,
  BAUD: 1_000_000,
  RX_BYTES: 2048,
  MAX_PAYLOAD: 1024,
  BOARD: 7,
} as const;

export const imageId = 0x0badcafe;
const clocksPerBit = testBoard.CLOCK_HZ / testBoard.BAUD;

/** A defect put into a copy of the RTL: the file, the text and what replaces it. */
export type Defect = readonly [file: string, from: string, to: string];

/** A smaller engine, quicker to compile. */
const smallBoard = { ...testBoard, N: 2, OPERAND_DEPTH: 512, GRAM_DEPTH: 300, MAX_FEATURES: 16, LIMBS: 1 };

/** The parameters of hdl/boards/icebreaker: everything small, 12 clocks per bit. */
export const icebreaker = {
  ...{ N: 2, DW: 16, AW: 36, OPERAND_DEPTH: 1024, GRAM_DEPTH: 256, MAX_FEATURES: 24, LIMBS: 1 },
  ...{ CLOCK_HZ: 12_000_000, BAUD: 1_000_000, RX_BYTES: 512, MAX_PAYLOAD: 256, TELEMETRY: 0 },
};

/** The sources by path, with the defect put in. */
async function sourcesWith(defect: Defect | null): Promise<Record<string, string>> {
  const texts = await readSources([...rtlSources, ...shellSources]);
  if (defect === null) return texts;
  const [file, from, to] = defect;
  if (texts[file]!.split(from).length !== 2) throw new Error(`"${from}" is not once in ${file}`);
  return { ...texts, [file]: texts[file]!.replace(from, () => to) };
}

async function compile(
  target: string,
  texts: Record<string, string>,
  parameters: Readonly<Record<string, number>>,
  runtime?: string,
): Promise<void> {
  const paths = await Promise.all(
    Object.entries(texts).map(async ([path, text]) => {
      await mkdir(dirname(join(target, path)), { recursive: true });
      await writeFile(join(target, path), text);
      return join(target, path);
    }),
  );
  const obj = join(target, 'obj');
  await mkdir(obj);
  // What does not depend on the RTL is compiled once.
  if (runtime !== undefined)
    for (const name of ['verilated.o', 'verilated_threads.o', 'board_harness.o'])
      await copyFile(join(runtime, 'obj', name), join(obj, name));
  const sets = [
    ...Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`),
    `-GIMAGE_ID=${imageId}`,
    "-GGOLDEN_HASH=64'hcf8d1a4cd408f052",
  ];
  const optimise = parameters === testBoard ? 1 : 0;
  const bit = Math.round(parameters['CLOCK_HZ']! / parameters['BAUD']!);
  const flags = ['-CFLAGS', `-O${optimise} -DCLOCKS_PER_BIT=${bit}`, '-Wno-fatal', '-Wno-WIDTH', '-O3'];
  const build = ['--cc', '--exe', '--build', '--build-jobs', '2', '--top-module', 'board_shell', '--Mdir', obj, '-o', '../board'];
  await run('verilator', [...build, ...flags, ...sets, ...paths, join(projectRoot, harness)], { maxBuffer: 1 << 26 });
}

/** Waits until the folder is there, true, or its lock is gone or older than three minutes, false. */
async function appears(folder: string, lock: string): Promise<boolean> {
  for (;;) {
    if (existsSync(folder)) return true;
    const made = await stat(lock).catch(() => undefined);
    if (made === undefined || Date.now() - made.mtimeMs > 180_000) return existsSync(folder);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function build(parameters: Readonly<Record<string, number>>, defect: Defect | null, runtime?: string): Promise<string> {
  const texts = await sourcesWith(defect);
  const harnessText = await readFile(join(projectRoot, harness), 'utf8');
  const cache = join(projectRoot, '.cache/hdl');
  const folder = join(cache, `board-${sha256(JSON.stringify([texts, harnessText, parameters, verilator])).slice(0, 24)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  // Several workers want the same board at once: one compiles, the others wait for it; an old lock is a worker's that died.
  const lock = `${folder}.lock`;
  const mine = await mkdir(lock).then(
    () => true,
    () => false,
  );
  if (!mine && (await appears(folder, lock))) return folder;
  try {
    const fresh = await mkdtemp(`${folder}-`);
    await compile(fresh, texts, parameters, runtime);
    await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
  return folder;
}

/** Compiles the test board once per sources; returns the path of the program. */
export async function buildBoard(): Promise<string> {
  return join(await build(testBoard, null), 'board');
}

/** Compiles the shell as the iCEBreaker has it. */
export async function buildIcebreaker(): Promise<string> {
  return join(await build(icebreaker, null), 'board');
}

/** Compiles a smaller board, with a defect or without. */
export async function buildSmallBoard(defect?: Defect): Promise<string> {
  const right = await build(smallBoard, null);
  return join(defect === undefined ? right : await build(smallBoard, defect, right), 'board');
}

/** A board in Verilator behind its serial line. */
export class Board {
  /** Clocks simulated so far. */
  clocks = 0;
  /** Frames the board sent and nobody has looked at yet. */
  readonly inbox: Frame[] = [];
  #rest: number[] = [];
  #sequence = 0;
  #pending = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #gone: string | undefined;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(program: string) {
    this.#child = spawn(program, [], { stdio: 'pipe' });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#wake?.();
    });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#gone = chunk.toString()));
    this.#child.on('exit', (code, signal) => {
      this.#gone ??= `ended with ${code ?? signal}`;
      this.#wake?.();
    });
  }

  close(): void {
    this.#child.kill();
  }

  async #exchange(op: number, arg: number, bytes: readonly number[]): Promise<void> {
    const head = Buffer.alloc(9);
    head.writeUInt8(op, 0);
    head.writeUInt32LE(arg, 1);
    head.writeUInt32LE(bytes.length, 5);
    this.#child.stdin.write(Buffer.concat([head, Uint8Array.from(bytes)]));
    const complete = (): boolean => this.#pending.length >= 12 && this.#pending.length >= 12 + this.#pending.readUInt32LE(8);
    while (!complete()) {
      if (this.#gone !== undefined) throw new Error(`the simulated board: ${this.#gone}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.clocks = Number(this.#pending.readBigUInt64LE(0));
    const length = this.#pending.readUInt32LE(8);
    const { frames, rest } = parseFrames([...this.#rest, ...this.#pending.subarray(12, 12 + length)]);
    this.#pending = this.#pending.subarray(12 + length);
    this.#rest = rest;
    this.inbox.push(...frames);
  }

  /** Puts bytes on the line without a pause (or `idleBits` between them). */
  send(bytes: readonly number[], idleBits = 0): Promise<void> {
    return this.#exchange(0, idleBits, bytes);
  }

  run(clocks: number): Promise<void> {
    return this.#exchange(1, clocks, []);
  }

  /** Runs until the board is silent for as long as these bits take. */
  settle(bits = 1000): Promise<void> {
    return this.#exchange(2, bits * clocksPerBit, []);
  }

  hold(clocks: number): Promise<void> {
    return this.#exchange(3, clocks, []);
  }

  sendAt(bytes: readonly number[], clocksOfBit: number): Promise<void> {
    return this.#exchange(
      4,
      0,
      bytes.flatMap((b) => [b, clocksOfBit]),
    );
  }

  reset(): Promise<void> {
    return this.#exchange(5, 0, []);
  }

  /** A request as a frame with the next sequence number. */
  frame(type: number, payload: ArrayLike<number> = [], offset = 0, version = 1): Frame {
    this.#sequence = (this.#sequence + 1) % 65536;
    return { version, type, sequence: this.#sequence, offset, payload: Uint8Array.from(payload) };
  }

  /** Sends a request and returns its reply; other frames stay in the inbox. */
  async ask(type: number, payload: ArrayLike<number> = [], offset = 0, version = 1): Promise<Frame> {
    const request = this.frame(type, payload, offset, version);
    await this.send(frameBytes(request));
    return this.reply(request.sequence);
  }

  /** The frame with this sequence number, taken out of the inbox; runs until it is there. */
  async reply(sequence: number, type?: number): Promise<Frame> {
    for (let tries = 0; tries < 60; tries++) {
      const at = this.inbox.findIndex((f) => f.sequence === sequence && (type === undefined || f.type === type));
      if (at >= 0) return this.inbox.splice(at, 1)[0]!;
      await this.run(20_000);
    }
    throw new Error(`no reply to request ${sequence}`);
  }
}

/** ACK and NAK taken apart. */
export function answer(frame: Frame): { readonly ack: boolean; readonly next: number; readonly free: number; readonly verdict: number } {
  if (frame.type !== 0x82 && frame.type !== 0x83) throw new Error(`type ${frame.type} is not an answer`);
  return { ack: frame.type === 0x82, next: uint(frame.payload, 0, 4), free: uint(frame.payload, 4, 2), verdict: frame.payload[6]! };
}
