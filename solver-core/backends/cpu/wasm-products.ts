import type { OrtKernels, ProductShape } from './ort-kernels.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** Rows of A and C that are in the kernels' memory at a time hold about this many doubles (16 MiB). */
const bandDoubles = 2 ** 21;

/** The products that the kernels stand in for where ONNX Runtime has no native library. */
export type WasmProducts = Pick<OrtKernels, 'multiply64' | 'subtractProduct64' | 'timesTransposed64' | 'timesTransposed32'>;

/**
 * Matrix products by the WebAssembly kernels: same shapes and meanings as those of ONNX Runtime, three to five times its CPU time
 * (numerics reference 1.1). Operands are copied into the kernels' memory: B whole, A and C in bands of rows.
 */
export function wasmProducts(wasm: WasmKernels): WasmProducts {
  return {
    multiply64(a, b, shape) {
      const c = new Float64Array(shape.m * shape.n);
      subtract(wasm, c, a, b, shape, -1);
      return Promise.resolve(c);
    },
    subtractProduct64(c, a, b, shape) {
      subtract(wasm, c, a, b, shape, 1);
      return Promise.resolve();
    },
    timesTransposed64(a, b, m, n, k) {
      const c = new Float64Array(m * n);
      subtract(wasm, c, a, b, { m, n, k, transposeA: false, transposeB: true }, -1);
      return Promise.resolve(c);
    },
    timesTransposed32: (a, b, m, n, k) => Promise.resolve(timesTransposed32(wasm, a, b, m, n, k)),
  };
}

/** C -= scale · op(A) · op(B); c: [m, n]. */
function subtract(wasm: WasmKernels, c: Float64Array, a: Float64Array, b: Float64Array, shape: ProductShape, scale: number): void {
  const { m, k, n, transposeA, transposeB } = shape;
  if (m === 0 || n === 0 || k === 0) return;
  const rows = transposeA ? m : Math.min(m, Math.max(64, Math.floor(bandDoubles / (k + n))));
  const scratchBytes = wasm.run.gemmScratchBytes();
  wasm.layout(8 * (k * n + rows * (k + n)) + scratchBytes, 4);
  const scratch = wasm.take(scratchBytes);
  const right = wasm.take(8 * k * n);
  const left = wasm.take(8 * rows * k);
  const result = wasm.take(8 * rows * n);
  wasm.doubles(right, k * n).set(b.subarray(0, k * n));
  const [rowB, columnB] = transposeB ? [8, 8 * k] : [8 * n, 8];
  for (let row = 0; row < m; row += rows) {
    const count = Math.min(rows, m - row);
    const band = wasm.doubles(result, count * n);
    const target = c.subarray(row * n, (row + count) * n);
    band.set(target);
    // A transposed operand is in memory whole: its rows are columns here.
    wasm.doubles(left, count * k).set(transposeA ? a.subarray(0, k * m) : a.subarray(row * k, (row + count) * k));
    const [rowA, columnA] = transposeA ? [8, 8 * m] : [8 * k, 8];
    wasm.run.gemm64(result, count, n, k, left, rowA, columnA, right, rowB, columnB, scale, scratch);
    target.set(band);
  }
}

function timesTransposed32(wasm: WasmKernels, a: Float32Array, b: Float32Array, m: number, n: number, k: number): Float32Array {
  const c = new Float32Array(m * n);
  if (m === 0 || n === 0 || k === 0) return c;
  const rows = Math.min(m, Math.max(64, Math.floor((2 * bandDoubles) / (k + n))));
  const scratchBytes = wasm.run.gemmScratchBytes();
  wasm.layout(4 * (k * n + rows * (k + n)) + scratchBytes, 4);
  const scratch = wasm.take(scratchBytes);
  const right = wasm.take(4 * k * n);
  const left = wasm.take(4 * rows * k);
  const result = wasm.take(4 * rows * n);
  wasm.singles(right, k * n).set(b.subarray(0, k * n));
  for (let row = 0; row < m; row += rows) {
    const count = Math.min(rows, m - row);
    const band = wasm.singles(result, count * n);
    band.fill(0);
    wasm.singles(left, count * k).set(a.subarray(row * k, (row + count) * k));
    wasm.run.gemm32(result, count, n, k, left, right, -1, scratch);
    c.set(band, row * n);
  }
  return c;
}
