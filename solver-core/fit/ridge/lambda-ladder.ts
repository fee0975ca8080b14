import { TierwiseError } from '../../model/error.ts';
import { singularLambda } from './statistics.ts';

const maxRetries = 4;

/** The λ to try one after the other when a pivot fails (method 2.4): ten times the last, at most 4 times; 0 continues as `singularLambda`. */
export function* lambdaLadder(lambda: number, meanDiagonal: number): Generator<{ readonly used: number; readonly retries: number }> {
  let used = lambda;
  for (let retries = 0; retries <= maxRetries; retries++) {
    yield { used, retries };
    used = used === 0 ? singularLambda(meanDiagonal) : 10 * used;
  }
}

/** The error when the last rung failed, too. */
export function singularGram(lambda: number): TierwiseError {
  return new TierwiseError(
    'singular-gram',
    `the equations have no stable solution: a pivot still failed after lambda was raised ${maxRetries} times from ${lambda}`,
    'Set a larger lambda in the tier, or give more rows.',
    { category: 'backend' },
  );
}
