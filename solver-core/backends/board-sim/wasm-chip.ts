import { TierwiseError } from '../../model/error.ts';
import { webAssembly } from '../sim/webassembly.ts';
import type { BoardImage } from './board-image.ts';
import type { Chip, ChipSlice } from './chip.ts';

/** Functions of hdl/sim/board-harness.cc. */
interface BoardExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  power_up(): void;
  input(): number;
  output(): number;
  buffer_bytes(): number;
  exchange(inputBytes: number, maxClocks: number): number;
  consumed(): number;
  produced(): number;
  idle(): number;
}

/** The C library refers to a console; the image has none. */
const imports = { wasi_snapshot_preview1: { fd_close: () => 8, fd_seek: () => 8, fd_write: () => 8 } };

function crashed(cause: unknown): TierwiseError {
  const message = `the simulated board stopped: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new TierwiseError('board-sim-crashed', message, 'Start it again; if it stops again, report it.', { category: 'backend', cause });
}

/** The RTL of a board, UART included, as WebAssembly. Throws `board-sim-crashed` when the image cannot run here. */
export async function startWasmChip(image: BoardImage): Promise<Chip> {
  try {
    const module = await webAssembly().compile(image.wasm);
    const call = (await webAssembly().instantiate(module, imports)).exports as BoardExports;
    call._initialize();
    call.power_up();
    return new WasmChip(call);
  } catch (error) {
    throw crashed(error);
  }
}

class WasmChip implements Chip {
  private readonly call: BoardExports;
  private readonly bufferBytes: number;

  constructor(call: BoardExports) {
    this.call = call;
    this.bufferBytes = call.buffer_bytes();
  }

  exchange(input: Uint8Array, maxClocks: number): ChipSlice {
    const { call } = this;
    try {
      const given = input.subarray(0, this.bufferBytes);
      new Uint8Array(call.memory.buffer, call.input(), given.length).set(given);
      const clocks = call.exchange(given.length, maxClocks);
      // Memory may have moved, so the view is made afterwards; the copy outlives the next call.
      const output = new Uint8Array(call.memory.buffer, call.output(), call.produced()).slice();
      return { consumed: call.consumed(), output, clocks, idle: call.idle() !== 0 };
    } catch (error) {
      throw crashed(error);
    }
  }

  powerCycle(): void {
    try {
      this.call.power_up();
    } catch (error) {
      throw crashed(error);
    }
  }
}
