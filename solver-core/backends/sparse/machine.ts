import { TierwiseError } from '../../model/error.ts';
import { sparseKernelsWasm } from './generated/kernels-wasm.ts';
import { stepBytes } from './opcodes.ts';

/** One step of a program: the operation and up to fifteen words; `{ float }` is stored as float32, everything else as an integer. */
export type Step = readonly [op: number, ...args: (number | { readonly float: number })[]];

/** An instance of the kernels with a memory of its own. Addresses and sizes in bytes. Not for two computations at the same time. */
export interface Machine {
  /** The next `bytes` bytes, cleared, at a multiple of 64, with room for one vector behind them. Rejects with `sparse-memory-exceeded`. */
  take(bytes: number): number;
  /** What is taken so far; `release` gives back everything that was taken after it. */
  mark(): number;
  release(mark: number): void;
  floats(address: number, length: number): Float32Array;
  doubles(address: number, length: number): Float64Array;
  words(address: number, length: number): Int32Array;
  /** Stores steps as a program and returns its address. */
  program(steps: readonly Step[]): number;
  /** Runs `count` steps at `address`. Returns how many indices were outside of their table. */
  run(address: number, count: number): number;
}

/** The few members of WebAssembly used here; the type library of Node 20 does not declare them. */
interface WasmExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  run(program: number, count: number): number;
}
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const pageBytes = 65536;
/** Below the first part lie the module's own constants and scratch (from 1024 on). */
const firstAddress = 16384;
/** Vectors are read and written whole: this much room is behind every part. */
const roomBytes = 32;
/** What one runner may hold: weights, constants and buffers together. */
export const memoryLimitBytes = 2 ** 31;

/** Compiles the kernels. Rejects with `runtime-unavailable` where WebAssembly or its SIMD instructions are missing. */
export function createMachine(): Machine {
  const exports = instantiate();
  let next = firstAddress;
  let { buffer } = exports.memory;
  const grow = (end: number): void => {
    const missing = end - buffer.byteLength;
    if (missing <= 0) return;
    // Also true when the sizes are so large that their product is no number any more.
    if (!(end <= memoryLimitBytes)) throw outOfMemory(end);
    try {
      exports.memory.grow(Math.ceil(missing / pageBytes));
    } catch (error) {
      throw outOfMemory(end, error);
    }
    buffer = exports.memory.buffer;
  };
  const take = (bytes: number): number => {
    const address = next;
    const end = Math.ceil((address + bytes + roomBytes) / 64) * 64;
    grow(end);
    next = end;
    new Uint8Array(buffer, address, end - address).fill(0);
    return address;
  };
  return {
    take,
    mark: () => next,
    release: (mark) => {
      next = mark;
    },
    floats: (address, length) => new Float32Array(buffer, address, length),
    doubles: (address, length) => new Float64Array(buffer, address, length),
    words: (address, length) => new Int32Array(buffer, address, length),
    program(steps) {
      const address = take(steps.length * stepBytes);
      const view = new DataView(buffer, address, steps.length * stepBytes);
      steps.forEach((step, i) => {
        step.forEach((arg, j) => {
          const at = i * stepBytes + j * 4;
          if (typeof arg === 'number') view.setInt32(at, arg, true);
          else view.setFloat32(at, arg.float, true);
        });
      });
      return address;
    },
    run: (address, count) => exports.run(address, count),
  };
}

function instantiate(): WasmExports {
  const api = (globalThis as unknown as { readonly WebAssembly?: WasmApi }).WebAssembly;
  try {
    if (api === undefined) throw new Error('this JavaScript engine has no WebAssembly');
    return new api.Instance(new api.Module(Buffer.from(sparseKernelsWasm, 'base64'))).exports as WasmExports;
  } catch (error) {
    throw new TierwiseError(
      'runtime-unavailable',
      `The sparse engine cannot start: ${error instanceof Error ? error.message : String(error)}`,
      'Use the default engine.',
      { cause: error, category: 'backend' },
    );
  }
}

function outOfMemory(bytes: number, cause?: unknown): TierwiseError {
  return new TierwiseError(
    'sparse-memory-exceeded',
    `The model needs ${Number.isFinite(bytes) ? `more than ${Math.round(bytes / 2 ** 20)} MiB` : 'more memory than can be counted'} at once; the sparse engine holds at most ${memoryLimitBytes / 2 ** 20} MiB.`,
    'Run smaller batches or shorter windows, or use the default engine.',
    cause === undefined ? {} : { cause },
  );
}
