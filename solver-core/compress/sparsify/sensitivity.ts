import type { SparsitySite } from '../../model/sites.ts';
import type { Evaluator, Judged } from './evaluator.ts';
import { sampledEffect, type SiteSamples } from './samples.ts';
import { settingAt } from './settings.ts';
import type { SiteSetting, SparsityState } from './types.ts';

/** Share of a site's values, natural zeros left out, that become zero while its sensitivity is measured. */
const probedShare = 0.5;
/** A measured increase counts as at least this many standard errors, so that noise never makes a site look free. */
const leastErrors = 0.5;
/** Sensitivities apart from the median by more than this factor are taken for chance. */
const widest = 1e4;

/**
 * Site id -> relative loss increase per squared error of the results of its layers (`sampledEffect`): every site alone is made sparse, the
 * others stay as they are. One pass over the calibration rows per site. `fraction`: what of the whole run this is.
 */
export async function measureSensitivity(
  evaluator: Evaluator,
  sites: readonly SparsitySite[],
  samples: ReadonlyMap<string, SiteSamples>,
  fraction: number,
): Promise<ReadonlyMap<string, number>> {
  await evaluator.dense('calibration');
  const found = new Map<string, number>();
  for (const [i, site] of sites.entries()) {
    const own = samples.get(site.id);
    if (own === undefined) continue;
    const setting = probe(own);
    const { error } = sampledEffect(own, setting);
    evaluator.progress((fraction * i) / sites.length, `measuring what zeros at ${site.id} cost`);
    const state: SparsityState = { settings: new Map([[site.id, setting]]), corrections: new Map() };
    const judged = await evaluator.judge(`probe-${i}`, state, 'calibration');
    if (error > 0) found.set(site.id, leastIncrease(judged) / error);
  }
  return within(found);
}

/** What a site costs, never less than chance could make it. */
function leastIncrease({ increase, error }: Pick<Judged, 'increase' | 'error'>): number {
  return Math.max(increase, leastErrors * error, Number.MIN_VALUE);
}

/** The setting that makes half of what is not zero by itself zero. */
function probe(own: SiteSamples): SiteSetting {
  const { zeros: natural } = sampledEffect(own, { threshold: null, centre: null });
  const wanted = own.site.rectified ? natural + (1 - natural) * probedShare : probedShare;
  let low = -70;
  let high = 40;
  for (let step = 0; step < 40; step++) {
    const mid = (low + high) / 2;
    if (sampledEffect(own, settingAt(own, Math.exp(mid), 1)).zeros < wanted) low = mid;
    else high = mid;
  }
  return settingAt(own, Math.exp(high), 1);
}

/** Clamps what is far off; a site without a figure gets none. */
function within(found: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sorted = [...found.values()].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 1;
  return new Map([...found].map(([id, v]) => [id, Math.min(median * widest, Math.max(median / widest, v))]));
}
