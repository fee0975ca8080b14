import { checkAbort } from '../../model/abort.ts';
import type { RowSource, SolveContext } from '../backend.ts';
import type { Numerics } from '../numerics.ts';
import { centredGram } from '../ridge/centred-sums.ts';
import type { RidgeSums } from '../ridge/sums.ts';
import { bestCandidate, lambdaRatios } from './candidates.ts';
import type { LambdaCandidate } from './candidates.ts';
import { crossValidate, degreesOfFreedom } from './cross-validation.ts';
import { holdOut, holdOutEvery } from './held-out.ts';
import { tridiagonalEigenvalues } from './tridiagonal-spectrum.ts';

/** What a choice of λ is made from. */
export interface LambdaProblem {
  readonly source: RowSource;
  readonly bias: boolean;
  readonly numerics: Numerics;
  readonly context: SolveContext;
  /** Sums of the source when they are known already; saves a pass. */
  readonly sums?: RidgeSums;
  /** Default: generalised cross-validation with at least 1.25 rows per column, else the held-out split. */
  readonly method?: 'gcv' | 'held-out';
}

/** A λ with how it was found and what the spectrum of the Gram says. */
export interface LambdaReport {
  /** Absolute λ for all rows. */
  readonly lambda: number;
  readonly method: 'gcv' | 'held-out';
  /** By rising λ. */
  readonly candidates: readonly LambdaCandidate[];
  /** Of the chosen λ, tr((G+λI)⁻¹G), bias not counted. */
  readonly degreesOfFreedom: number;
  /** Eigenvalues above d · 2⁻⁵² · the largest. */
  readonly rank: number;
  /** κ₂(G + λI). */
  readonly conditionNumber: number;
}

/** Below this many rows per column generalised cross-validation divides by almost nothing at small λ. */
const leastRowsPerColumn = 1.25;

/**
 * The λ of the grid ρ = 10⁻⁶ … 10⁰ (times the mean diagonal of the centred Gram) of the least estimated error on new rows. One pass over
 * the rows (three with a held-out split), one tridiagonalisation (4/3 d³), memory O(d²). null when there is nothing to choose: every
 * column is constant, or no score is finite; then the default is as good. Same rows: same λ.
 */
export async function chooseLambda(problem: LambdaProblem): Promise<LambdaReport | null> {
  const { source, bias, numerics, context } = problem;
  const { columns: d, outputs } = source;
  const sums = problem.sums ?? (await numerics.sums(source, context));
  const { gram, cross, squareY, meanDiagonal } = centredGram(sums, bias);
  if (!(meanDiagonal > 0) || !Number.isFinite(meanDiagonal)) return null;
  checkAbort(context.abort);
  const tridiagonal = await numerics.tridiagonalise(gram, d, cross, outputs);
  const spectrum = tridiagonalEigenvalues(tridiagonal.diagonal, tridiagonal.offDiagonal).map((v) => Math.max(0, v));
  checkAbort(context.abort);
  const method = problem.method ?? (sums.rows >= leastRowsPerColumn * d || source.rows < 2 * holdOutEvery ? 'gcv' : 'held-out');
  const candidates =
    method === 'gcv'
      ? crossValidate(
          { tridiagonal, spectrum, outputs, totalSquareY: squareY.reduce((a, b) => a + b, 0), rows: sums.rows, bias },
          lambdaRatios.map((ratio) => ({ ratio, lambda: ratio * meanDiagonal })),
        )
      : await holdOut(source, bias, lambdaRatios, meanDiagonal, numerics, context);
  const best = bestCandidate(candidates);
  if (best === undefined) return null;
  const largest = spectrum.at(-1)!;
  return {
    lambda: best.lambda,
    method,
    candidates,
    degreesOfFreedom: degreesOfFreedom(spectrum, best.lambda),
    rank: spectrum.filter((v) => v > d * 2 ** -52 * largest).length,
    conditionNumber: (largest + best.lambda) / (spectrum[0]! + best.lambda),
  };
}
