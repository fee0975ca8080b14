import type { CholeskyFactor, FailedPivot } from '../../fit/numerics.ts';
import { pivotLimits } from './cholesky-limits.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** The triangle U = Lᵀ of a block as the kernels keep it: [rows, stride] with rows and stride multiples of 4, ones on the padded diagonal. */
interface PaddedTriangle {
  readonly values: Float64Array;
  readonly rows: number;
  readonly stride: number;
}

const upToFour = (n: number): number => Math.ceil(n / 4) * 4;

/** Row stride in elements: rows that are a multiple of 256 bytes apart would share a few lines of the first-level cache. */
export const paddedStride = (rows: number): number => (rows % 32 === 0 ? rows + 4 : rows);

/**
 * Factors a [d, d] by the WebAssembly kernels alone: the fastest way up to d of about 256. Lower triangle read.
 * A pivot fails as in fit/kernels/cholesky.ts.
 */
export function factorSmall(wasm: WasmKernels, a: Float64Array, d: number): CholeskyFactor | FailedPivot {
  const rows = upToFour(d);
  const stride = paddedStride(rows);
  wasm.layout(8 * (d * d + rows * stride + rows), 3);
  const source = wasm.take(8 * d * d);
  const u = wasm.take(8 * rows * stride);
  const limits = wasm.take(8 * rows);
  wasm.doubles(source, d * d).set(a);
  wasm.run.transposeLower(source, 8 * d, u, 8 * stride, d);
  padIdentity(wasm.doubles(u, rows * stride), d, rows, stride);
  pivotLimits(a, d, d, wasm.doubles(limits, rows));
  const failedPivot = wasm.run.factorUpper(u, rows, 8 * stride, limits);
  if (failedPivot >= 0) return { failedPivot };
  return smallFactor(wasm, { values: wasm.doubles(u, rows * stride).slice(), rows, stride }, d);
}

/** Columns d.. of the first rows and rows d.. become those of a unit matrix. */
function padIdentity(u: Float64Array, d: number, rows: number, stride: number): void {
  for (let c = d; c < rows; c++) {
    for (let i = 0; i < c; i++) u[i * stride + c] = 0;
    u[c * stride + c] = 1;
  }
}

function smallFactor(wasm: WasmKernels, triangle: PaddedTriangle, d: number): CholeskyFactor {
  const solve = (b: Float64Array, k: number): Float64Array => solveSmall(wasm, triangle, d, b, k);
  return {
    d,
    solve: (b, k) => Promise.resolve(solve(b, k)),
    lower() {
      const { values, stride } = triangle;
      const l = new Float64Array(d * d);
      for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) l[i * d + j] = values[j * stride + i]!;
      return l;
    },
    inverse() {
      const eye = new Float64Array(d * d);
      for (let i = 0; i < d; i++) eye[i * d + i] = 1;
      const inverse = solve(eye, d);
      for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) inverse[j * d + i] = inverse[i * d + j]!;
      return Promise.resolve(inverse);
    },
    inverseLower() {
      const { values, rows, stride } = triangle;
      wasm.layout(16 * values.length, 2);
      const [u, x] = [wasm.take(8 * values.length), wasm.take(8 * values.length)];
      wasm.doubles(u, values.length).set(values);
      wasm.run.invertUpper(u, x, rows, 8 * stride);
      const upper = wasm.doubles(x, values.length);
      const inverse = new Float64Array(d * d);
      for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) inverse[i * d + j] = upper[j * stride + i]!;
      return Promise.resolve(inverse);
    },
  };
}

function solveSmall(wasm: WasmKernels, { values, rows, stride }: PaddedTriangle, d: number, b: Float64Array, k: number): Float64Array {
  const x = new Float64Array(d * k);
  if (k === 0) return x;
  const columns = upToFour(k);
  wasm.layout(8 * (values.length + rows * columns), 2);
  const u = wasm.take(8 * values.length);
  const right = wasm.take(8 * rows * columns);
  wasm.doubles(u, values.length).set(values);
  const inside = wasm.doubles(right, rows * columns);
  if (columns === k) inside.set(b.length === d * k ? b : b.subarray(0, d * k));
  else {
    inside.fill(0);
    for (let i = 0; i < d; i++) for (let o = 0; o < k; o++) inside[i * columns + o] = b[i * k + o]!;
  }
  inside.fill(0, d * columns);
  wasm.run.solveUpperTransposed(u, rows, 8 * stride, right, columns, 8 * columns);
  wasm.run.solveUpper(u, rows, 8 * stride, right, columns, 8 * columns);
  if (columns === k) x.set(inside.subarray(0, d * k));
  else for (let i = 0; i < d; i++) for (let o = 0; o < k; o++) x[i * k + o] = inside[i * columns + o]!;
  return x;
}
