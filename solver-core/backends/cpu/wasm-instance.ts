import { kernelsWasm } from './generated/kernels-wasm.ts';

/** The kernels of wasm/ (see there). Addresses and strides in bytes, sizes in elements. */
export interface KernelExports {
  factorUpper(u: number, n: number, ld: number, limits: number): number;
  invertUpper(u: number, x: number, n: number, ld: number): void;
  solveUpper(u: number, n: number, ld: number, b: number, k: number, ldb: number): void;
  solveUpperTransposed(u: number, n: number, ld: number, b: number, k: number, ldb: number): void;
  transposeLower(a: number, lda: number, out: number, ldo: number, n: number): void;
  transposeUpper(a: number, lda: number, out: number, ldo: number, n: number): void;
  gemm32(c: number, m: number, n: number, k: number, a: number, b: number, scale: number, scratch: number): void;
  gemm64(
    c: number,
    m: number,
    n: number,
    k: number,
    a: number,
    rowA: number,
    columnA: number,
    b: number,
    rowB: number,
    columnB: number,
    scale: number,
    scratch: number,
  ): void;
  gemmScratchBytes(): number;
  mirrorLower(r: number, d: number, ld: number): void;
  reflect(c: number, d: number, k: number, v: number, factor: number, scratch: number): void;
  subtractOuter(r: number, d: number, ld: number, z: number, q: number, sign: number): void;
  subtractRows(q: number, m: number, d: number, h: number, w: number): void;
  symmetricTimes(r: number, d: number, ld: number, x: number, y: number): void;
  timesRows(q: number, m: number, d: number, w: number, h: number): void;
  updateAndTimes(r: number, d: number, ld: number, v: number, w: number, x: number, y: number): void;
}

/** One instance of the kernels with a memory of its own, handed out front to back. Not for two computations at the same time. */
export interface WasmKernels {
  readonly run: KernelExports;
  /** Starts a new layout of `bytes` bytes (plus 64 per part): everything handed out before is void. The memory never shrinks. */
  layout(bytes: number, parts: number): void;
  /** The address of the next `bytes` bytes of the layout, at a multiple of 64. Not cleared. */
  take(bytes: number): number;
  /** Views of the memory; void after the next `layout`. */
  doubles(address: number, length: number): Float64Array;
  singles(address: number, length: number): Float32Array;
}

/** Makes instances; compiled once. */
export interface KernelModule {
  instance(): WasmKernels;
}

/** The few members of WebAssembly used here; the type library of Node 20 does not declare them. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const pageBytes = 65536;
/** Below the first part lie the module's own constants and scratch (from 1024 on). */
const firstAddress = 4096;

/** Compiles the kernels; undefined where WebAssembly or its SIMD instructions are missing. */
export function kernelModule(): KernelModule | undefined {
  const api = (globalThis as unknown as { readonly WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined) return undefined;
  try {
    const module = new api.Module(Buffer.from(kernelsWasm, 'base64'));
    return { instance: () => wrap(new api.Instance(module).exports as KernelExports & { readonly memory: WasmMemory }) };
  } catch {
    return undefined;
  }
}

function wrap(exports: KernelExports & { readonly memory: WasmMemory }): WasmKernels {
  const { memory } = exports;
  let next = firstAddress;
  return {
    run: exports,
    layout(bytes, parts) {
      const missing = firstAddress + bytes + 64 * parts - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
      next = firstAddress;
    },
    take(bytes) {
      const address = next;
      next = Math.ceil((address + bytes) / 64) * 64;
      return address;
    },
    doubles: (address, length) => new Float64Array(memory.buffer, address, length),
    singles: (address, length) => new Float32Array(memory.buffer, address, length),
  };
}
