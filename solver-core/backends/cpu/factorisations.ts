import type { Numerics } from '../../fit/numerics.ts';
import { factorBlocked } from './cholesky-blocked.ts';
import type { Products } from './cholesky-blocked.ts';
import { factorSmall } from './cholesky-small.ts';
import { eigenSolver, tridiagonaliser } from './eigen.ts';
import type { LazyOrt } from './ort-load.ts';
import { rankUpdater } from './rank-update.ts';
import { kernelModule } from './wasm-instance.ts';
import type { KernelModule, WasmKernels } from './wasm-instance.ts';
import { wasmProducts } from './wasm-products.ts';

/** Up to this size the unblocked WebAssembly kernel is faster than blocks with calls of ONNX Runtime (numerics reference 3.3). */
const unblockedUpTo = 256;

/** The WebAssembly kernels, compiled at first use; undefined where they cannot run. */
export interface LazyKernels {
  /** One shared instance for work that ends before it waits. */
  shared(): WasmKernels | undefined;
  /** An instance with a memory of its own. */
  own(): WasmKernels | undefined;
}

/** `load` is for tests. */
export function lazyKernels(load: () => KernelModule | undefined = kernelModule): LazyKernels {
  let module: KernelModule | undefined | null = null;
  let shared: WasmKernels | undefined;
  const loaded = (): KernelModule | undefined => {
    if (module === null) module = load();
    return module;
  };
  return {
    shared: () => (shared ??= loaded()?.instance()),
    own: () => loaded()?.instance(),
  };
}

export type Factorisations = Pick<Numerics, 'factor' | 'topEigenpairs' | 'tridiagonalise' | 'rankUpdate'>;

/**
 * The factorisations of this machine: WebAssembly kernels for small sizes and diagonal blocks, ONNX Runtime for the products of large
 * ones, WebAssembly products where that library is missing, plain loops where both are.
 */
export function cpuFactorisations(ort: LazyOrt, plain: Numerics, kernels: LazyKernels = lazyKernels()): Factorisations {
  const products = async (wasm: WasmKernels): Promise<Products> => (await ort.kernels()) ?? wasmProducts(wasm);
  const factor: Numerics['factor'] = async (a, d) => {
    const wasm = kernels.shared();
    if (wasm === undefined) return plain.factor(a, d);
    return d <= unblockedUpTo ? factorSmall(wasm, a, d) : factorBlocked(await products(wasm), wasm, a, d);
  };
  return {
    factor,
    topEigenpairs: eigenSolver(kernels, products, factor, plain),
    tridiagonalise: tridiagonaliser(kernels, plain),
    rankUpdate: rankUpdater(kernels, products, plain),
  };
}
