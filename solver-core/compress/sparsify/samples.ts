import type { SparsitySite } from '../../model/sites.ts';
import { assert } from '../../model/error.ts';
import { denseState, type SiteSetting, type SparsifyModel } from './types.ts';

/** Numbers that samples of all sites may hold together, and the most rows of one site. */
const maxNumbers = 2 ** 24;
const maxRows = 4096;

/** Values that enter one site in the model as it was given, sorted per channel, so that any threshold is judged without a pass. */
export interface SiteSamples {
  readonly site: SparsitySite;
  readonly rows: number;
  /** [channels, rows] ascending in every channel. */
  readonly sorted: Float32Array;
  /** [channels, rows + 1] sums of the first values, and of their squares. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** [channels] square of the norm of the weights that a channel meets, over all layers that read it. */
  readonly norms: Float64Array;
  /** Multiply-adds that one zero saves. */
  readonly macsPerZero: number;
}

/**
 * Samples of the sites, from the beginning of the calibration rows. `per` site: all channels count as meeting equal weights, and so get
 * equal thresholds. Memory: at most 2^24 numbers and their sums.
 */
export async function collectSamples(
  model: SparsifyModel,
  sites: readonly SparsitySite[],
  per: 'site' | 'channel',
): Promise<ReadonlyMap<string, SiteSamples>> {
  const channels = sites.reduce((sum, site) => sum + site.channels, 0);
  const limit = Math.max(1, Math.min(maxRows, Math.floor(maxNumbers / Math.max(1, channels))));
  const parts = new Map(sites.map((site) => [site.id, [] as Float32Array[]]));
  const rows = new Map(sites.map((site) => [site.id, 0]));
  const names = sites.map(({ id }) => id);
  for await (const [values] of model.values([{ state: denseState, names }], 1)) {
    for (const site of sites) {
      const found = values?.get(site.id);
      assert(found !== undefined, `no values of ${site.id}`);
      const had = rows.get(site.id) ?? 0;
      const taken = Math.min(limit - had, found.length / site.channels);
      if (taken <= 0) continue;
      parts.get(site.id)?.push(found.slice(0, taken * site.channels));
      rows.set(site.id, had + taken);
    }
    if (sites.every(({ id }) => (rows.get(id) ?? 0) >= limit)) break;
  }
  return new Map(sites.map((site) => [site.id, sortedSamples(model, site, parts.get(site.id) ?? [], per)]));
}

function sortedSamples(model: SparsifyModel, site: SparsitySite, parts: readonly Float32Array[], per: 'site' | 'channel'): SiteSamples {
  const { channels } = site;
  const rows = parts.reduce((sum, part) => sum + part.length / channels, 0);
  const sorted = new Float32Array(channels * rows);
  let row = 0;
  for (const part of parts)
    for (let at = 0; at < part.length; at += channels, row++) for (let c = 0; c < channels; c++) sorted[c * rows + row] = part[at + c]!;
  const sums = new Float64Array(channels * (rows + 1));
  const squares = new Float64Array(channels * (rows + 1));
  for (let c = 0; c < channels; c++) {
    const own = sorted.subarray(c * rows, (c + 1) * rows).sort();
    const first = c * (rows + 1);
    for (let i = 0; i < rows; i++) {
      sums[first + i + 1] = sums[first + i]! + own[i]!;
      squares[first + i + 1] = squares[first + i]! + own[i]! * own[i]!;
    }
  }
  const norms = new Float64Array(channels);
  for (const { id } of site.layers) model.channelNorms(id).forEach((v, c) => (norms[c] = norms[c]! + v));
  if (per === 'site') norms.fill(norms.reduce((a, b) => a + b, 0) / channels);
  return { site, rows, sorted, sums, squares, norms, macsPerZero: site.macs / channels };
}

/** What a setting does to the samples of its site. */
export interface SampledEffect {
  /** Share of zeros. */
  readonly zeros: number;
  /** Mean over rows of Σ_c norm_c · (x_c − centre_c)² over what becomes zero: the squared error of the layers' results, correlations left out. */
  readonly error: number;
}

/** Share of zeros and error of a setting. O(channels · log rows). */
export function sampledEffect(samples: SiteSamples, { threshold, centre }: SiteSetting): SampledEffect {
  const { site, rows, sums, squares, norms } = samples;
  let zeros = 0;
  let error = 0;
  for (let c = 0; c < site.channels; c++) {
    const m = centre?.[c] ?? 0;
    const [from, to] = within(samples, c, m, threshold?.[c] ?? 0);
    const first = c * (rows + 1);
    const square = squares[first + to]! - squares[first + from]! - m * (2 * (sums[first + to]! - sums[first + from]!) - m * (to - from));
    zeros += to - from;
    error += norms[c]! * Math.max(0, square);
  }
  return rows === 0 ? { zeros: 0, error: 0 } : { zeros: zeros / (rows * site.channels), error: error / rows };
}

/** [from, to) of the sorted samples of a channel with |x − m| <= t. */
export function within({ sorted, rows }: SiteSamples, channel: number, m: number, t: number): readonly [number, number] {
  const base = channel * rows;
  return [firstIndex(sorted, base, rows, (x) => x >= m - t), firstIndex(sorted, base, rows, (x) => x > m + t)];
}

/** Number of samples before the first that fulfils a condition which, once true, stays true. */
function firstIndex(sorted: Float32Array, base: number, rows: number, holds: (x: number) => boolean): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (holds(sorted[base + mid]!)) high = mid;
    else low = mid + 1;
  }
  return low;
}
