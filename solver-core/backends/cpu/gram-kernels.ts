import type { OrtKernels } from './ort-kernels.ts';
import { plainMultiply } from './plain-numerics.ts';
import type { WasmKernels } from './wasm-instance.ts';
import { wasmProducts } from './wasm-products.ts';

/** The kernels that sums of rows are made of. */
export type GramKernels = Pick<
  OrtKernels,
  'timesTransposed32' | 'timesTransposed64' | 'multiply64' | 'transpose32' | 'transpose64' | 'transpose8' | 'integerProduct'
>;

/**
 * Kernels that need no native library: WebAssembly products where they run, loops elsewhere and for operands so small that copying
 * them into another memory does not pay. No integer products: sums of bytes use exact fp32 products of few rows.
 */
export function ownGramKernels(wasm: WasmKernels | undefined): GramKernels {
  const loops = {
    timesTransposed32: (a: Float32Array, b: Float32Array, m: number, n: number, k: number) =>
      Promise.resolve(new Float32Array(timesTransposed(a, b, m, n, k))),
    timesTransposed64: (a: Float64Array, b: Float64Array, m: number, n: number, k: number) =>
      Promise.resolve(timesTransposed(a, b, m, n, k)),
    multiply64: (a: Float64Array, b: Float64Array, shape: Parameters<OrtKernels['multiply64']>[2]) =>
      Promise.resolve(plainMultiply({ a, b, ...shape })),
  };
  return {
    ...(wasm === undefined ? loops : wasmProducts(wasm)),
    transpose32: (a, rows, columns) => Promise.resolve(transposeInto(a, new Float32Array(a.length), rows, columns)),
    transpose64: (a, rows, columns) => Promise.resolve(transposeInto(a, new Float64Array(a.length), rows, columns)),
    transpose8: (a, rows, columns) => Promise.resolve(transposeInto(a, new Uint8Array(a.length), rows, columns)),
    integerProduct: () => Promise.reject(new Error('there are no integer kernels')),
  };
}

/** A·Bᵀ by dot products in fp64; a [m, k], b [n, k]. */
function timesTransposed(a: Float32Array | Float64Array, b: Float32Array | Float64Array, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let s = 0;
      for (let l = 0; l < k; l++) s += a[i * k + l]! * b[j * k + l]!;
      out[i * n + j] = s;
    }
  }
  return out;
}

const tile = 16;

/** In tiles, so that a line of the cache is used whole. */
function transposeInto<V extends Float32Array | Float64Array | Uint8Array>(a: V, out: V, rows: number, columns: number): V {
  for (let r0 = 0; r0 < rows; r0 += tile) {
    const r1 = Math.min(rows, r0 + tile);
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const c1 = Math.min(columns, c0 + tile);
      for (let c = c0; c < c1; c++) for (let r = r0; r < r1; r++) out[c * rows + r] = a[r * columns + c]!;
    }
  }
  return out;
}
