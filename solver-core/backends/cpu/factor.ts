import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import { cholesky } from '../../fit/kernels/cholesky.ts';
import { singularLambda } from '../../fit/ridge/statistics.ts';

/** A Cholesky factor of G + λI together with the λ it took. */
export interface RidgeFactor {
  /** [d, d] lower triangle. */
  readonly l: Float64Array;
  readonly lambda: number;
  /** How often λ was raised because a pivot failed. */
  readonly retries: number;
}

const maxRetries = 4;

/**
 * Factors G + λI; g: [d, d] lower triangle, kept. A failed pivot multiplies λ by 10, at most 4 times; a λ of 0 continues as
 * `singularLambda` says; `meanDiagonal`: tr(XᵀX)/d.
 * Rejects with `singular-gram` after that.
 */
export function factorRidge(g: Float64Array, d: number, lambda: number, meanDiagonal: number, abort: AbortFlag | undefined): RidgeFactor {
  let used = lambda;
  for (let retries = 0; retries <= maxRetries; retries++) {
    checkAbort(abort);
    const l = Float64Array.from(g);
    for (let i = 0; i < d; i++) l[i * d + i] = l[i * d + i]! + used;
    if (cholesky(l, d).failedPivot < 0) return { l, lambda: used, retries };
    used = used === 0 ? singularLambda(meanDiagonal) : 10 * used;
  }
  throw new TierwiseError(
    'singular-gram',
    `the equations of the layer have no stable solution: a pivot still failed at lambda ${used / 10}, raised from ${lambda}`,
    'Set a larger lambda in the tier, or give the layer more rows.',
    { category: 'backend' },
  );
}
