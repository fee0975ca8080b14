import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { Random } from '../../../solver-core/fit/prng.ts';
import type { RidgeSolution, SolveContext } from '../../../solver-core/fit/backend.ts';

/** Rows of a made-up regression problem. x: [n, d], y: [n, k]. */
export interface Made {
  readonly n: number;
  readonly d: number;
  readonly k: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A context whose clock stands still; nothing under test may depend on time. */
export const quiet: SolveContext = { host: { nowMs: () => 0, pause: () => Promise.resolve() } };

/** Targets = rows times fixed weights plus noise and an offset. */
export function madeProblem(
  n: number,
  d: number,
  k: number,
  seed: number,
  options: { readonly offset?: number; readonly kappa?: number; readonly noise?: number } = {},
): Made {
  const random = createRandom(seed, 'made problem');
  const x = options.kappa === undefined ? normals(random, n * d) : illConditioned(random, n, d, options.kappa);
  const truth = normals(random, d * k);
  const y = new Float64Array(n * k);
  for (let r = 0; r < n; r++) {
    for (let o = 0; o < k; o++) {
      let s = 0.5 * o;
      for (let j = 0; j < d; j++) s += x[r * d + j]! * truth[j * k + o]!;
      y[r * k + o] = s + (options.noise ?? 0.3) * random.normal();
    }
  }
  if (options.offset !== undefined) for (let i = 0; i < x.length; i++) x[i] = x[i]! + options.offset * (1 + (i % d));
  return { n, d, k, x, y };
}

/** Rows whose Gram has condition about kappa: geometric singular values, mixed by random reflections. */
function illConditioned(random: Random, n: number, d: number, kappa: number): Float64Array {
  const x = normals(random, n * d);
  for (let r = 0; r < n; r++) for (let j = 0; j < d; j++) x[r * d + j] = x[r * d + j]! * kappa ** (-j / (2 * Math.max(1, d - 1)));
  for (let pass = 0; pass < 4; pass++) {
    const v = normals(random, d);
    const square = v.reduce((s, a) => s + a * a, 0);
    for (let r = 0; r < n; r++) {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += x[r * d + j]! * v[j]!;
      for (let j = 0; j < d; j++) x[r * d + j] = x[r * d + j]! - (2 * dot * v[j]!) / square;
    }
  }
  return x;
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference) / (size === 0 ? 1 : Math.sqrt(size));
}

/** Predictions x W + b, [n, k]. */
export function predict(made: Pick<Made, 'n' | 'd' | 'k' | 'x'>, solution: Pick<RidgeSolution, 'w' | 'b'>): Float64Array {
  const { n, d, k, x } = made;
  const out = new Float64Array(n * k);
  for (let r = 0; r < n; r++) {
    for (let o = 0; o < k; o++) {
      let s = solution.b[o]!;
      for (let j = 0; j < d; j++) s += x[r * d + j]! * solution.w[j * k + o]!;
      out[r * k + o] = s;
    }
  }
  return out;
}
