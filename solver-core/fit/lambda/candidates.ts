/** A λ that was considered. Smaller scores are better. */
export interface LambdaCandidate {
  /** λ as a share of the mean diagonal of the centred Gram. */
  readonly ratio: number;
  readonly lambda: number;
  /** Estimated mean squared error per row, summed over the outputs; Infinity where it cannot be estimated. */
  readonly score: number;
}

/** ρ = 10⁻⁶ … 10⁰, five per power of ten (method 2.1). */
export const lambdaRatios: readonly number[] = Array.from({ length: 31 }, (_, i) => 10 ** (i / 5 - 6));

/** The candidate of the least score; of equal ones the largest λ, which trusts the rows least. undefined when no score is finite. */
export function bestCandidate(candidates: readonly LambdaCandidate[]): LambdaCandidate | undefined {
  let best: LambdaCandidate | undefined;
  for (const candidate of candidates) {
    if (Number.isFinite(candidate.score) && (best === undefined || candidate.score <= best.score)) best = candidate;
  }
  return best;
}
