import type { Tridiagonal } from '../numerics.ts';
import type { LambdaCandidate } from './candidates.ts';

/** A ridge problem in the basis of its tridiagonal Gram: T and QᵀC of the centred sums. */
export interface RotatedProblem {
  readonly tridiagonal: Tridiagonal;
  /** Eigenvalues of T, none negative. */
  readonly spectrum: Float64Array;
  /** k. */
  readonly outputs: number;
  /** Σ over all outputs of the centred Σ y². */
  readonly totalSquareY: number;
  readonly rows: number;
  readonly bias: boolean;
}

/** tr((G + λI)⁻¹ G), the bias not counted. */
export function degreesOfFreedom(spectrum: Float64Array, lambda: number): number {
  let sum = 0;
  for (const v of spectrum) if (v > 0) sum += v / (v + lambda);
  return sum;
}

/**
 * Generalised cross-validation of each λ: n · RSS(λ) / (n − f)² with f = tr of the hat matrix, bias included, and RSS summed over the
 * outputs (Golub, Heath and Wahba 1979, Technometrics 21(2)). With W = (G+λI)⁻¹C, RSS = yy − ⟨C, W⟩ − λ‖W‖², and both terms keep their
 * value in the rotated basis, so each λ costs one tridiagonal solve: O(d·k).
 */
export function crossValidate(
  problem: RotatedProblem,
  lambdas: readonly { readonly ratio: number; readonly lambda: number }[],
): LambdaCandidate[] {
  const { tridiagonal, spectrum, outputs, totalSquareY, rows, bias } = problem;
  return lambdas.map(({ ratio, lambda }) => {
    const free = rows - degreesOfFreedom(spectrum, lambda) - (bias ? 1 : 0);
    if (!(free > 0)) return { ratio, lambda, score: Infinity };
    const { fitted, square } = solveShifted(tridiagonal, lambda, outputs);
    const residual = Math.max(0, totalSquareY - fitted - lambda * square);
    const score = (rows * residual) / free ** 2;
    return { ratio, lambda, score: Number.isFinite(score) ? score : Infinity };
  });
}

/** ⟨R, V⟩ and ‖V‖² of V = (T + λI)⁻¹ R, by L·D·Lᵀ without pivots: T + λI is positive definite. */
function solveShifted({ diagonal, offDiagonal, rotated }: Tridiagonal, lambda: number, k: number): { fitted: number; square: number } {
  const d = diagonal.length;
  const pivots = new Float64Array(d);
  const v = Float64Array.from(rotated);
  for (let i = 0; i < d; i++) {
    const coupling = i === 0 ? 0 : offDiagonal[i - 1]!;
    const factor = i === 0 ? 0 : coupling / pivots[i - 1]!;
    // Rounding can take a pivot below λ, the least it can be in exact arithmetic.
    pivots[i] = Math.max(lambda, diagonal[i]! + lambda - factor * coupling);
    if (i > 0) for (let o = 0; o < k; o++) v[i * k + o] = v[i * k + o]! - factor * v[(i - 1) * k + o]!;
  }
  for (let i = d - 1; i >= 0; i--) {
    const below = i === d - 1 ? 0 : offDiagonal[i]!;
    for (let o = 0; o < k; o++) {
      const next = i === d - 1 ? 0 : v[(i + 1) * k + o]!;
      v[i * k + o] = (v[i * k + o]! - below * next) / pivots[i]!;
    }
  }
  let fitted = 0;
  let square = 0;
  for (let i = 0; i < v.length; i++) {
    fitted += v[i]! * rotated[i]!;
    square += v[i]! * v[i]!;
  }
  return { fitted, square };
}
