import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import type { Made } from './problems.ts';

/**
 * Ridge by another road than the product's: singular values of the centred rows (ml-matrix), no Gram and no Cholesky.
 * W = V diag(s / (s² + λ)) Uᵀ Y.
 */
export function oracleRidge(made: Made, lambda: number, bias: boolean): { w: Float64Array; b: Float64Array } {
  const { n, d, k } = made;
  const x = new Matrix(n, d);
  const y = new Matrix(n, k);
  const meanX = new Float64Array(d);
  const meanY = new Float64Array(k);
  if (bias) {
    for (let j = 0; j < d; j++) for (let r = 0; r < n; r++) meanX[j] = meanX[j]! + made.x[r * d + j]! / n;
    for (let o = 0; o < k; o++) for (let r = 0; r < n; r++) meanY[o] = meanY[o]! + made.y[r * k + o]! / n;
  }
  for (let r = 0; r < n; r++) {
    for (let j = 0; j < d; j++) x.set(r, j, made.x[r * d + j]! - meanX[j]!);
    for (let o = 0; o < k; o++) y.set(r, o, made.y[r * k + o]! - meanY[o]!);
  }
  const svd = new SingularValueDecomposition(x, { autoTranspose: true });
  const projected = svd.leftSingularVectors.transpose().mmul(y);
  svd.diagonal.forEach((s, i) => projected.mulRow(i, s === 0 ? 0 : s / (s * s + lambda)));
  const w = Float64Array.from(svd.rightSingularVectors.mmul(projected).to1DArray());
  const b = Float64Array.from(meanY);
  for (let j = 0; j < d; j++) for (let o = 0; o < k; o++) b[o] = b[o]! - meanX[j]! * w[j * k + o]!;
  return { w, b };
}
