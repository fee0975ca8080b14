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
  /** Takes rows into the inverse of a Gram, or out of it, without the Gram (method 3.1, 3.4). */
  rankUpdate(update: RankUpdate): Promise<RankUpdated | RefusedUpdate>;
}

/** R = (G + λD)⁻¹ and the rows U that G gains or loses. */
export interface RankUpdate {
  /** [d, d] R, both triangles; or the answer of an earlier update as it is. */
  readonly r: Float64Array;
  readonly d: number;
  /** [q, d] U; a bias column must be part of the rows when it is part of R. */
  readonly rows: Float64Array;
  readonly q: number;
  /** 1: G + UᵀU. -1: G − UᵀU. */
  readonly sign: 1 | -1;
  /**
   * True: `r` may be overwritten and only the lower triangle of the answer's `r` has to be filled, the cheap way for row-by-row
   * learning; then use only the answer's `r`. Default: `r` is kept.
   */
  readonly overwrite?: boolean;
}

export interface RankUpdated {
  /** [d, d] R after the update, both triangles, exactly symmetric (lower triangle alone with `overwrite`). May be a view of more memory. */
  readonly r: Float64Array;
  /** [d, q] R·Uᵀ with the new R: W gains sign·gain·(Y − U·W) with the W before the update. */
  readonly gain: Float64Array;
}

/** Rows that the Gram does not hold, or holds nothing beside: I − U·R·Uᵀ is not safely positive definite. `r` is as it was. */
export interface RefusedUpdate {
  /** The first pivot of I − U·R·Uᵀ that is not above `smallestDowndatePivot`; negative or NaN for rows that were never seen. */
  readonly smallestPivot: number;
}

/** Below this pivot a removal loses too many digits (method 3.4): solve from the sums instead. */
export const smallestDowndatePivot = 1e-8;

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
  /** L⁻¹, [d, d], zeros above the diagonal; A⁻¹ is L⁻ᵀ·L⁻¹. */
  inverseLower(): Promise<Float64Array>;
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
