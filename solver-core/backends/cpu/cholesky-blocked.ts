import type { CholeskyFactor, FailedPivot } from '../../fit/numerics.ts';
import { blockedInverse, blockedInverseLower, blockedSolve } from './cholesky-solve.ts';
import { pivotLimits } from './cholesky-limits.ts';
import { paddedStride } from './cholesky-small.ts';
import type { OrtKernels } from './ort-kernels.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** The products that a blocked factorisation is made of. */
export type Products = Pick<OrtKernels, 'multiply64' | 'subtractProduct64'>;

/** `width` columns of L, from their diagonal block down. */
export interface Panel {
  readonly start: number;
  readonly width: number;
  /** [width, width] diagonal block of L, zeros above the diagonal. */
  readonly corner: Float64Array;
  /** [width, width] the inverse of the corner, transposed: upper triangle, zeros below. */
  readonly inverse: Float64Array;
  /** [d - start - width, width] what is below the diagonal block. */
  readonly below: Float64Array;
}

/**
 * Measured (bench/results/factor.md): wide panels mean fewer passes of the products over the rest, narrow ones less work in the slower
 * corners. A function of d alone, so that the bits are.
 */
export const panelWidth = (d: number): number => (d <= 768 ? 96 : d <= 3072 ? 160 : 256);

/**
 * Left-looking Cholesky by column panels: products of panels by `products`, diagonal blocks by the WebAssembly kernels.
 * a: [d, d], lower triangle read, not changed. `wide`: columns per panel. Memory: about d²/2 + 2·d·wide doubles. A pivot fails as in fit/kernels/cholesky.ts.
 * Summation order: per entry, one product sum per panel from left to right, then the rest inside the panel.
 */
export async function factorBlocked(
  products: Products,
  wasm: WasmKernels,
  a: Float64Array,
  d: number,
  wide = panelWidth(d),
): Promise<CholeskyFactor | FailedPivot> {
  const work = new Float64Array(d * wide);
  const panels: Panel[] = [];
  for (let start = 0; start < d; start += wide) {
    const width = Math.min(wide, d - start);
    const height = d - start;
    const panel = work.subarray(0, height * width);
    for (let i = 0; i < height; i++) {
      const from = (start + i) * d + start;
      panel.set(a.subarray(from, from + width), i * width);
    }
    for (const earlier of panels) {
      const left = earlier.below.subarray((start - earlier.start - earlier.width) * earlier.width);
      const top = left.subarray(0, width * earlier.width);
      await products.subtractProduct64(panel, left, top, { m: height, k: earlier.width, n: width, transposeA: false, transposeB: true });
    }
    const corner = factorCorner(wasm, panel, width, a, d, start);
    if ('failedPivot' in corner) return corner;
    const rest = height - width;
    const below =
      rest === 0
        ? new Float64Array(0)
        : await products.multiply64(panel.subarray(width * width), corner.inverse, {
            m: rest,
            k: width,
            n: width,
            transposeA: false,
            transposeB: false,
          });
    panels.push({ start, width, ...corner, below });
  }
  return {
    d,
    solve: (b, k) => blockedSolve(products, panels, d, b, k),
    inverse: () => blockedInverse(products, panels, d),
    inverseLower: () => blockedInverseLower(products, panels, d),
    lower: () => lowerOf(panels, d),
  };
}

/** Factors and inverts the top [width, width] of a panel. */
function factorCorner(
  wasm: WasmKernels,
  panel: Float64Array,
  width: number,
  a: Float64Array,
  d: number,
  start: number,
): { readonly corner: Float64Array; readonly inverse: Float64Array } | FailedPivot {
  const rows = Math.ceil(width / 4) * 4;
  const stride = paddedStride(rows);
  wasm.layout(8 * (2 * width * width + 2 * rows * stride + rows), 4);
  const block = wasm.take(8 * width * width);
  const u = wasm.take(8 * rows * stride);
  const x = wasm.take(8 * rows * stride);
  const limits = wasm.take(8 * rows);
  wasm.doubles(block, width * width).set(panel.subarray(0, width * width));
  wasm.run.transposeLower(block, 8 * width, u, 8 * stride, width);
  const triangle = wasm.doubles(u, rows * stride);
  for (let c = width; c < rows; c++) {
    for (let i = 0; i < c; i++) triangle[i * stride + c] = 0;
    triangle[c * stride + c] = 1;
  }
  const view = wasm.doubles(limits, rows);
  // Row i of the block is row start + i of A; the limit is of the whole matrix, not of what is left of it.
  pivotLimits(a.subarray(start * d + start), d, width, view);
  const failed = wasm.run.factorUpper(u, rows, 8 * stride, limits);
  if (failed >= 0) return { failedPivot: start + failed };
  wasm.run.invertUpper(u, x, rows, 8 * stride);
  wasm.run.transposeUpper(u, 8 * stride, block, 8 * width, width);
  const corner = wasm.doubles(block, width * width).slice();
  const inverse = new Float64Array(width * width);
  const inverted = wasm.doubles(x, rows * stride);
  for (let i = 0; i < width; i++) inverse.set(inverted.subarray(i * stride, i * stride + width), i * width);
  return { corner, inverse };
}

function lowerOf(panels: readonly Panel[], d: number): Float64Array {
  const l = new Float64Array(d * d);
  for (const { start, width, corner, below } of panels) {
    for (let i = start; i < d; i++) {
      const row = i - start;
      const from = row < width ? corner.subarray(row * width) : below.subarray((row - width) * width);
      l.set(from.subarray(0, width), i * d + start);
    }
  }
  return l;
}
