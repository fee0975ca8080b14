import { TierwiseError } from '../../model/error.ts';
import type { EngineImage } from './load-image.ts';
import { webAssembly } from './webassembly.ts';

/** Functions of hdl/sim/harness.cc. */
export interface HarnessExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  buffer(): number;
  buffer_bytes(): number;
  reset(): void;
  clear(gram: number, address: number, count: number, lanes: number): void;
  write_gram(address: number, lane: number, value: number): void;
  write_rows(address: number, rows: number, columns: number, blocks: number): void;
  read_operand(address: number, from: number, to: number): void;
  read_gram(address: number, from: number, to: number): void;
  write_operand(address: number, from: number, to: number): void;
  /** `flags`: bit 0 two limbs, bit 1 subtract. */
  start(
    op: number,
    d: number,
    blocks: number,
    rows: number,
    rowBase: number,
    vecBase: number,
    shift: number,
    flags: number,
    decay: number,
  ): void;
  run(maxCycles: number): number;
  breakdown(): number;
  saturated(): number;
  cycles(): number;
  activity(): number;
}

/** A simulated engine out of reset. */
export interface RtlInstance {
  readonly call: HarnessExports;
  /** Bytes of the staging buffer. */
  readonly bufferBytes: number;
  /** The staging buffer; ask again after every call, memory may have moved. */
  int32(): Int32Array;
  float64(): Float64Array;
}

/** The C library refers to a console; the image has none. */
const imports = { wasi_snapshot_preview1: { fd_close: () => 8, fd_seek: () => 8, fd_write: () => 8 } };

/** A failure of the WebAssembly engine itself (a trap, no memory) as an error of the backend. */
export function engineCrashed(cause: unknown): TierwiseError {
  const message = `The simulated engine stopped: ${cause instanceof Error ? cause.message : String(cause)}.`;
  return new TierwiseError('engine-crashed', message, 'Try again; if it stops again, solve on the cpu backend and report it.', {
    category: 'backend',
    cause,
  });
}

/** Instantiates an image and resets the engine in it. Throws `engine-crashed` when the image cannot run here. */
export async function startRtl(image: EngineImage): Promise<RtlInstance> {
  try {
    return await instantiate(image);
  } catch (error) {
    throw engineCrashed(error);
  }
}

async function instantiate(image: EngineImage): Promise<RtlInstance> {
  const module = await webAssembly().compile(image.wasm);
  const call = (await webAssembly().instantiate(module, imports)).exports as HarnessExports;
  call._initialize();
  call.reset();
  const at = call.buffer();
  const bufferBytes = call.buffer_bytes();
  return {
    call,
    bufferBytes,
    int32: () => new Int32Array(call.memory.buffer, at, bufferBytes / 4),
    float64: () => new Float64Array(call.memory.buffer, at, bufferBytes / 8),
  };
}
