import type { Evaluator, Judged } from './evaluator.ts';
import { equalThreshold, quantileThresholds } from './grid.ts';
import { outcome } from './outcome.ts';
import { denseState, type SiteSetting, type SparsifyOutcome, type SparsityState } from './types.ts';

/** Shares to keep that are looked at: from 0.98 to 0.02 in steps of 0.02. */
const shares = Array.from({ length: 49 }, (_, i) => 0.98 - 0.02 * i);

/**
 * The same share of values kept at every site, by size: the plain rival. The thresholds of all shares come from one pass over the
 * model as it is; halving finds the sparsest share within the bound on the deciding rows.
 */
export async function uniformSearch(evaluator: Evaluator): Promise<SparsifyOutcome> {
  const { model, options } = evaluator;
  const sites = evaluator.active;
  evaluator.progress(0, 'the model as it is');
  evaluator.addPoint(await evaluator.dense('deciding'), 'as it is', 0.05, true);
  const thresholds = await quantileThresholds(model, sites, denseState, shares);
  let best: { readonly state: SparsityState; readonly judged: Judged } | null = null;
  let low = -1;
  let high = shares.length - 1;
  while (low < high) {
    const index = Math.ceil((low + high) / 2);
    const settings = new Map(
      sites.map((site): [string, SiteSetting] => [
        site.id,
        { threshold: equalThreshold(site.channels, thresholds.get(site.id)?.[index] ?? 0), centre: null },
      ]),
    );
    const state: SparsityState = { settings, corrections: new Map() };
    const judged = await evaluator.judge(`uniform-${index}`, state, 'deciding');
    const allowed = judged.increase <= options.maxLoss;
    evaluator.addPoint(judged, `keeping ${Math.round(100 * (shares[index] ?? 1))} %`, 0.1 + 0.15 * evaluator.points.length, allowed);
    if (allowed) {
      best = { state, judged };
      low = index;
    } else high = index - 1;
  }
  const left =
    best === null ? sites.map(({ id }): [string, string] => [id, 'no share that was tried keeps the loss within the bound']) : [];
  return outcome(evaluator, best, new Map(left));
}
