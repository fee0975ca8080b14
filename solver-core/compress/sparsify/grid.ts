import type { SparsitySite } from '../../model/sites.ts';
import { assert } from '../../model/error.ts';
import type { SparsifyModel, SparsityState } from './types.ts';

/** Shares of values that are kept, from the densest on (method 6.2, the linear grid). */
export const keepShares = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1] as const;

/**
 * Thresholds of sites for shares of values to keep, as published: the quantile of |x| over the channels of every token (linear
 * interpolation between order statistics), averaged over the tokens. One pass over the calibration rows with what `state` does at
 * sites before. Site id -> threshold per share, in the order of `keep`. The mean of the tokens' quantiles is not the quantile of all values, so the share
 * of zeros differs from 1 − keep.
 */
export async function quantileThresholds(
  model: SparsifyModel,
  sites: readonly SparsitySite[],
  state: SparsityState,
  keep: readonly number[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const sums = new Map(sites.map(({ id }) => [id, { rows: 0, sums: new Float64Array(keep.length) }]));
  for await (const [values] of model.values([{ state, names: sites.map(({ id }) => id) }], 1)) {
    for (const { id, channels } of sites) {
      const found = values?.get(id);
      const own = sums.get(id);
      assert(found !== undefined && own !== undefined, `no values of ${id}`);
      for (let at = 0; at + channels <= found.length; at += channels) {
        const sorted = found.slice(at, at + channels);
        for (let c = 0; c < channels; c++) sorted[c] = Math.abs(sorted[c]!);
        sorted.sort();
        keep.forEach((share, i) => (own.sums[i] = own.sums[i]! + quantile(sorted, 1 - share)));
        own.rows++;
      }
    }
  }
  return new Map([...sums].map(([id, { rows, sums: own }]) => [id, [...own].map((sum) => sum / Math.max(1, rows))]));
}

/** The q-quantile of ascending numbers, linear between neighbours. */
export function quantile(sorted: Float32Array, q: number): number {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const below = sorted[low] ?? 0;
  return below + (at - low) * ((sorted[low + 1] ?? below) - below);
}

/** The same threshold for all channels. */
export function equalThreshold(channels: number, value: number): Float32Array {
  return new Float32Array(channels).fill(value);
}
