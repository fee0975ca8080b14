import type { RowSource, SolveContext } from './backend.ts';
import type { RidgeSums } from './ridge/sums.ts';

/**
 * The linear algebra that fitting, learning and compression build on; backends/cpu implements it. Matrices are row-major fp64,
 * symmetric ones are read from and written to their lower triangle unless stated. Same inputs on the same machine: same bits.
 */
export interface Numerics {
  /** For records: which arithmetic answers, e.g. "onnxruntime-node 1.30.0 + wasm-simd". */
  readonly description: string;
  /** One pass over the rows. Memory O(d²), independent of the number of rows. Rejects with `non-finite-rows` naming the row. */
  sums(source: RowSource, context: SolveContext): Promise<RidgeSums>;
  /** alpha · op(A) · op(B) as [m, n]; op transposes when asked: then A is stored [k, m], B [n, k]. */
  multiply(product: Product): Promise<Float64Array>;
  /** Factors a symmetric positive definite [d, d], L·Lᵀ = A. A is not changed. */
  factor(a: Float64Array, d: number): Promise<CholeskyFactor | FailedPivot>;
  /** The `count` largest eigenpairs of a symmetric positive semidefinite [d, d], largest first; both triangles must be filled. */
  topEigenpairs(a: Float64Array, d: number, count: number): Promise<Eigenpairs>;
  /** A = Q·T·Qᵀ with T tridiagonal, and QᵀC: every λ afterwards costs O(d·k) (generalised cross-validation, condition). */
  tridiagonalise(a: Float64Array, d: number, c: Float64Array, k: number): Promise<Tridiagonal>;
}

export interface Product {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Default 1. */
  readonly alpha?: number;
}

export interface CholeskyFactor {
  readonly d: number;
  /** X of A·X = B; b: [d, k], not changed. */
  solve(b: Float64Array, k: number): Promise<Float64Array>;
  /** L, [d, d], zeros above the diagonal. */
  lower(): Float64Array;
  /** A⁻¹, both triangles. */
  inverse(): Promise<Float64Array>;
}

export interface FailedPivot {
  /** Index of the first pivot that is not positive. */
  readonly failedPivot: number;
}

export interface Eigenpairs {
  /** [count] largest first. */
  readonly values: Float64Array;
  /** [d, count], columns of length 1; the largest component of each is positive. */
  readonly vectors: Float64Array;
}

export interface Tridiagonal {
  /** [d] */
  readonly diagonal: Float64Array;
  /** [d-1] */
  readonly offDiagonal: Float64Array;
  /** [d, k] QᵀC. */
  readonly rotated: Float64Array;
}
