import { basename } from 'node:path';
import type { LazyKernels } from './factorisations.ts';
import { probeIntegers, type IntegerSupport } from './integer-probe.ts';
import type { LazyOrt } from './ort-load.ts';
import type { OrtKernels } from './ort-kernels.ts';
import { plainMultiply } from './plain-numerics.ts';
import { wasmProducts } from './wasm-products.ts';

/** What computes on this machine. */
export interface EngineReport {
  /** Of the native library; null where it cannot be loaded, or where its products are wrong. */
  readonly library: string | null;
  /** True when the WebAssembly kernels run and their products are right. */
  readonly wasm: boolean;
  /** Which integer products are exact. */
  readonly integers: IntegerSupport;
  /** Threads for sums of rows in memory; 1: none but the calling one. */
  readonly workers: number;
  /** The executable that runs: Electron's allocator is not that of Node. */
  readonly program: string;
  /** True when the process was started with large blocks kept in one arena (glibc only; 1.15 to 1.4 times faster sums). */
  readonly keepsLargeBlocks: boolean;
}

/** Size of the products that are checked: not a multiple of any tile. */
const size = 65;

/** Loads what there is and compares one product of each kind with loops. */
export async function engineReport(
  ort: LazyOrt,
  wasm: LazyKernels,
  crew: { readonly workers: number; readonly workerFile: string | undefined },
): Promise<EngineReport> {
  const kernels = await ort.kernels();
  const isRight = kernels !== undefined && (await checkProducts(kernels));
  const own = wasm.shared();
  return {
    library: isRight ? kernels.version : null,
    wasm: own !== undefined && (await checkProducts(wasmProducts(own))),
    integers: isRight ? await probeIntegers(kernels) : { unsigned: false, signed: false },
    workers: isRight && crew.workerFile !== undefined ? Math.max(1, crew.workers) : 1,
    program: basename(process.execPath),
    keepsLargeBlocks: process.env['MALLOC_MMAP_THRESHOLD_'] !== undefined && process.env['MALLOC_TRIM_THRESHOLD_'] !== undefined,
  };
}

/** Small integers: fp32, fp64 and any order of the sums agree exactly. */
async function checkProducts(kernels: Pick<OrtKernels, 'timesTransposed32' | 'timesTransposed64'>): Promise<boolean> {
  const a = Float64Array.from({ length: size * size }, (_, i) => ((i * 7) % 23) - 11);
  const expected = plainMultiply({ a, b: a, m: size, k: size, n: size, transposeB: true });
  const single = Float32Array.from(a);
  const results = [
    await kernels.timesTransposed64(a, a, size, size, size),
    await kernels.timesTransposed32(single, single, size, size, size),
  ];
  return results.every((result) => result.every((v, i) => v === expected[i]));
}
