import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import type { CholeskyFactor, Numerics } from '../numerics.ts';
import { lambdaLadder, singularGram } from './lambda-ladder.ts';

/** A Cholesky factor of G + λI together with the λ it took. */
export interface RidgeFactor {
  readonly factor: CholeskyFactor;
  readonly lambda: number;
  /** How often λ was raised because a pivot failed. */
  readonly retries: number;
}

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
 * `factorOnce` with λ raised by the rule of `lambdaLadder` when a pivot fails; `meanDiagonal`: tr(XᵀX)/d. Rejects with
 * `singular-gram` after that.
 */
export async function factorRidge(
  numerics: Numerics,
  a: Float64Array,
  d: number,
  lambda: number,
  meanDiagonal: number,
  abort: AbortFlag | undefined,
): Promise<RidgeFactor> {
  for (const { used, retries } of lambdaLadder(lambda, meanDiagonal)) {
    checkAbort(abort);
    const factored = await factorOnce(numerics, a, d, used);
    if (factored !== undefined) return { ...factored, retries };
  }
  throw singularGram(lambda);
}

/** Ends the method text when λ was raised. */
export function retriesText(retries: number): string {
  return retries > 0 ? `; a pivot failed, lambda raised ${retries} times` : '';
}
