import type { Product } from '../../fit/numerics.ts';
import { maxOutputBytes, type OrtKernels } from './ort-kernels.ts';

/** alpha · op(A) · op(B), [m, n], by the given kernels in fp64; outputs above 64 MiB are made in bands of rows. */
export async function productBy(kernels: Pick<OrtKernels, 'multiply64'>, product: Product): Promise<Float64Array> {
  const { a, b, m, k, n, transposeA = false, transposeB = false, alpha = 1 } = product;
  if (m === 0 || n === 0 || k === 0) return new Float64Array(m * n);
  const bandRows = Math.max(1, Math.floor(maxOutputBytes / (8 * n)));
  if (m <= bandRows) return scale(await kernels.multiply64(a, b, { m, k, n, transposeA, transposeB }), alpha);
  const whole = new Float64Array(m * n);
  for (let row = 0; row < m; row += bandRows) {
    const rows = Math.min(bandRows, m - row);
    const band = transposeA ? columnBand(a, k, m, row, rows) : a.subarray(row * k, (row + rows) * k);
    whole.set(await kernels.multiply64(band, b, { m: rows, k, n, transposeA, transposeB }), row * n);
  }
  return scale(whole, alpha);
}

function scale(values: Float64Array, alpha: number): Float64Array {
  if (alpha !== 1) for (let i = 0; i < values.length; i++) values[i] = alpha * values[i]!;
  return values;
}

/** Columns [first, first + count) of a [rows, columns] matrix. */
function columnBand(a: Float64Array, rows: number, columns: number, first: number, count: number): Float64Array {
  const band = new Float64Array(rows * count);
  for (let r = 0; r < rows; r++) band.set(a.subarray(r * columns + first, r * columns + first + count), r * count);
  return band;
}
