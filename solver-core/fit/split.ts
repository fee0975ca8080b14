import { createRandom } from './prng.ts';

/** Row numbers of the two parts of a data set, each increasing. */
export interface RowSplit {
  readonly fit: Uint32Array;
  readonly heldOut: Uint32Array;
}

/** How many of n rows `splitRows` gives to the fit. */
export function fitRowCount(n: number, fraction: number): number {
  return n < 2 ? n : Math.min(n - 1, Math.max(1, Math.floor(n * fraction)));
}

/**
 * Shuffles the rows 0..n-1 with the seed (Fisher and Yates) and gives the first floor(n · fraction) to the fit, the rest to
 * the held-out part. Each part has at least one row when n >= 2; with one row both parts hold it. fraction: 0 < fraction < 1.
 */
export function splitRows(n: number, fraction: number, seed: number): RowSplit {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < 2) return { fit: order, heldOut: order };
  const random = createRandom(seed, 'split');
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  const nFit = fitRowCount(n, fraction);
  // Increasing order lets a reader go through a file once.
  return { fit: order.subarray(0, nFit).sort(), heldOut: order.subarray(nFit).sort() };
}
