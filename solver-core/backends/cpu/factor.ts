import type { CholeskyFactor, Numerics } from '../../fit/numerics.ts';
import { singularLambda } from '../../fit/ridge/statistics.ts';
import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';

/** A Cholesky factor of G + λI together with the λ it took. */
export interface RidgeFactor {
  readonly factor: CholeskyFactor;
  readonly lambda: number;
  /** How often λ was raised because a pivot failed. */
  readonly retries: number;
}

const maxRetries = 4;

/** Factors G + λI as it is; a: [d, d] holds G and is left as G + λI. undefined when a pivot fails: then `a` holds G again. */
export async function factorOnce(numerics: Numerics, a: Float64Array, d: number, lambda: number): Promise<RidgeFactor | undefined> {
  const diagonal = Float64Array.from({ length: d }, (_, i) => a[i * d + i]!);
  for (let i = 0; i < d; i++) a[i * d + i] = diagonal[i]! + lambda;
  const factor = await numerics.factor(a, d);
  if ('solve' in factor) return { factor, lambda, retries: 0 };
  for (let i = 0; i < d; i++) a[i * d + i] = diagonal[i]!;
  return undefined;
}

/**
 * `factorOnce`, and a failed pivot multiplies λ by 10, at most 4 times; a λ of 0 continues as `singularLambda` says; `meanDiagonal`:
 * tr(XᵀX)/d. Rejects with `singular-gram` after that.
 */
export async function factorRidge(
  numerics: Numerics,
  a: Float64Array,
  d: number,
  lambda: number,
  meanDiagonal: number,
  abort: AbortFlag | undefined,
): Promise<RidgeFactor> {
  let used = lambda;
  for (let retries = 0; retries <= maxRetries; retries++) {
    checkAbort(abort);
    const factored = await factorOnce(numerics, a, d, used);
    if (factored !== undefined) return { ...factored, retries };
    used = used === 0 ? singularLambda(meanDiagonal) : 10 * used;
  }
  throw new TierwiseError(
    'singular-gram',
    `the equations of the layer have no stable solution: a pivot still failed at lambda ${used / 10}, raised from ${lambda}`,
    'Set a larger lambda in the tier, or give the layer more rows.',
    { category: 'backend' },
  );
}

/** Ends the method text when λ was raised. */
export function retriesText(retries: number): string {
  return retries > 0 ? `; a pivot failed, lambda raised ${retries} times` : '';
}
