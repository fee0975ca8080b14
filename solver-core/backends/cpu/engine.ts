import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { RowSource, SolveContext } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import { engineReport, type EngineReport } from './engine-report.ts';
import { cpuFactorisations, lazyKernels } from './factorisations.ts';
import { ownGramKernels, type GramKernels } from './gram-kernels.ts';
import { gramPass } from './gram-pass.ts';
import { parallelGramPass } from './gram-parallel.ts';
import { plainSumsOf, type ShiftedSums } from './gram-sums.ts';
import { probeIntegers, type IntegerSupport } from './integer-probe.ts';
import { lazyOrt, type LazyOrt } from './ort-load.ts';
import { productBy } from './product.ts';
import { plainMultiply, plainNumerics } from './plain-numerics.ts';
import { wasmProducts } from './wasm-products.ts';

export interface EngineOptions {
  /** The native library; default: onnxruntime-node, loaded at first use. For tests: one that is missing. */
  readonly ort?: LazyOrt;
  /** Most worker threads for sums of rows in memory; 1: none, everything on this thread. Default: one less than the cores, at most 4. */
  readonly workers?: number;
  /** Multiply-adds from which workers are used. Default 2³⁷, about a second on one thread. */
  readonly parallelFrom?: number;
  /** The bundled worker; default: gram-worker.cjs beside the program, without workers where that is missing. */
  readonly workerFile?: string;
}

/** The linear algebra of this machine and what the ridge backend needs besides. */
export interface CpuEngine {
  readonly numerics: Numerics;
  /** Sums about a shift near the means, in one pass. `wide`: fp64 products for fp32 rows; default: only where they take little time. */
  shifted(source: RowSource, context: SolveContext, options?: { readonly wide?: boolean }): Promise<ShiftedSums>;
  /** Which kernels this machine has, each checked against loops; loads the library. Takes less than 100 ms. */
  report(): Promise<EngineReport>;
  /** Frees the sessions of the native library. */
  dispose(): Promise<void>;
}

/** A call of ONNX Runtime costs 11 us; a loop does this many multiply-adds in that time (numerics reference 2.1). */
const loopsUpTo = 4096;
/** Sums of so few multiply-adds take less time in own kernels than loading a library does. */
const ownSumsUpTo = 2 ** 18;
/**
 * Up to this many multiply-adds fp32 rows are multiplied in fp64: that takes about 20 ms, and the answer keeps all digits. fp32
 * products are 2 to 2.5 times faster, which matters above.
 */
const wideUpTo = 2 ** 29;

/** Workers start cold and cost about 80 ms each: at 2³⁵ multiply-adds, 0.3 s on one thread, they gained nothing (bench/results/gram.md). */
const parallelFrom = 2 ** 37;

/**
 * Products and sums by ONNX Runtime where its library is there and the size pays for a call, by own kernels elsewhere; factorisations
 * as factorisations.ts says. The library is loaded at the first use that needs it, integer kernels are probed when the first bytes come.
 */
export function cpuEngine(options: EngineOptions = {}): CpuEngine {
  const ort = options.ort ?? lazyOrt();
  const wasm = lazyKernels();
  const plain = plainNumerics();
  let integers: Promise<IntegerSupport> | undefined;
  const crew = (): { readonly workers: number; readonly workerFile: string | undefined } => ({
    workers: options.workers ?? Math.min(4, availableParallelism() - 1),
    workerFile: options.workerFile ?? bundledWorker(),
  });
  const shifted: CpuEngine['shifted'] = async (source, context, { wide } = {}) => {
    const { rows, columns, outputs } = source;
    const macs = rows * columns * (columns + outputs + 1);
    const native = macs <= ownSumsUpTo ? undefined : await ort.kernels();
    const kernels: GramKernels = native ?? ownGramKernels(macs <= ownSumsUpTo ? undefined : wasm.shared());
    if (native !== undefined) integers ??= probeIntegers(native);
    const support = native === undefined || integers === undefined ? { unsigned: false, signed: false } : await integers;
    const pass = { wide: wide ?? macs <= wideUpTo, integers: support };
    const { workers, workerFile } = crew();
    if (
      native !== undefined &&
      macs >= (options.parallelFrom ?? parallelFrom) &&
      source.isHeld === true &&
      workers > 1 &&
      workerFile !== undefined
    ) {
      return parallelGramPass(source, context, { ...pass, workers, workerFile });
    }
    return gramPass(source, context, kernels, pass);
  };
  const numerics: Numerics = {
    ...plain,
    ...cpuFactorisations(ort, plain, wasm),
    get description() {
      const own = wasm.shared() === undefined ? plain.description : 'WebAssembly SIMD';
      const library = ort.version();
      return library === undefined ? own : `${library}, ${own}`;
    },
    sums: async (source, context) => plainSumsOf(await shifted(source, context)),
    multiply: async (product) => {
      if (product.m * product.n * product.k <= loopsUpTo) return plainMultiply(product);
      const kernels = await ort.kernels();
      if (kernels !== undefined) return productBy(kernels, product);
      const own = wasm.shared();
      return own === undefined ? plainMultiply(product) : productBy(wasmProducts(own), product);
    },
  };
  const report = (): Promise<EngineReport> => engineReport(ort, wasm, crew());
  return { numerics, shifted, report, dispose: () => ort.dispose() };
}

/** The worker that the build puts beside the program's bundle; undefined when the program runs from its sources. */
function bundledWorker(): string | undefined {
  const program = process.argv[1];
  if (program === undefined || !existsSync(program)) return undefined;
  const file = join(dirname(realpathSync(program)), 'gram-worker.cjs');
  return existsSync(file) ? file : undefined;
}
