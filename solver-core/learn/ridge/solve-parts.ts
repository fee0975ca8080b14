import type { SolveContext } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import { emptySums } from '../../fit/ridge/sums.ts';
import type { RidgeParts } from './parts.ts';
import type { SolvedSums } from './solve-sums.ts';
import { solveSums } from './solve-sums.ts';

/** Learning has no clock and nothing to wait for. */
export const quietContext: SolveContext = { host: { nowMs: () => 0, pause: () => Promise.resolve() } };

/** Solution of the sums; zeros before the first row. */
export function solveParts({ sums, options }: RidgeParts, numerics: Numerics): Promise<SolvedSums> {
  if (sums.rows > 0) return solveSums(sums, options.lambda, numerics);
  const { sumX: mean, cross: w, sumY: b } = emptySums(sums.columns, sums.outputs);
  return Promise.resolve({ w, b, lambda: options.lambda ?? 0, mean, live: new Int32Array(0), factor: null });
}
