import type { SparsitySite } from '../../model/sites.ts';
import type { Evaluator, Judged } from './evaluator.ts';
import { equalThreshold, keepShares, quantileThresholds } from './grid.ts';
import { outcome } from './outcome.ts';
import { denseState, type SiteSetting, type SparsifyOutcome, type SparsityState } from './types.ts';

/** A prefix of the decisions. */
interface Step {
  readonly settings: ReadonlyMap<string, SiteSetting>;
  readonly site: string;
}

/**
 * The published search (method 6.2) with the decisions of 6.3: sites in graph order, one scalar threshold each, from a grid of shares to
 * keep whose thresholds are taken with the sites before already sparse. A site's grid is entered at the mode of what its
 * kind chose in earlier blocks (ties: the sparser) and left at the first failure.
 *
 * - options.siteBound null: the bound of a site is Γ^(its share of the multiply-adds), relative to the loss before the site, and the
 *   loss of the whole model stays within Γ at every step. With a number: that bound at every site, compounding, as published.
 * - A site where no grid point is accepted stays dense. A loss that is not finite is a failure.
 * - Thresholds steer by the calibration rows; the end is judged on the deciding rows, and with a bound for the whole model sites are
 *   given back from the last on until it holds there (halving, so a handful of passes).
 */
export async function sequentialSearch(evaluator: Evaluator): Promise<SparsifyOutcome> {
  const { options, model } = evaluator;
  const sites = evaluator.active;
  evaluator.progress(0, 'the model as it is');
  evaluator.addPoint(await evaluator.dense('deciding'), 'as it is', 0.02, true);
  let base = await evaluator.dense('calibration');
  const total = sites.reduce((sum, { macs }) => sum + macs, 0);
  const chosenBefore = new Map<string, number[]>();
  const left = new Map<string, string>();
  const steps: Step[] = [];
  let settings: ReadonlyMap<string, SiteSetting> = new Map();
  for (const [number, site] of sites.entries()) {
    const kind = site.role ?? String(number);
    const bound = options.siteBound ?? (1 + options.maxLoss) ** (site.macs / Math.max(1, total));
    const before = base.loss;
    const accepts = (judged: Judged): boolean =>
      Number.isFinite(judged.loss) && judged.loss / before < bound && (options.siteBound !== null || judged.increase <= options.maxLoss);
    const thresholds = (await quantileThresholds(model, [site], stateOf(settings), keepShares)).get(site.id) ?? [];
    const tryAt = async (index: number): Promise<Judged> => {
      evaluator.progress((0.95 * number) / sites.length, `${site.id}: keeping ${100 * (keepShares[index] ?? 1)} %`);
      return await evaluator.judge(`site-${number}-${index}`, stateOf(withSite(settings, site, thresholds[index] ?? 0)), 'calibration');
    };
    const found = await scanGrid(startAt(chosenBefore.get(kind) ?? []), tryAt, accepts);
    if (found === null) left.set(site.id, 'no point of the grid keeps the loss within the bound of the site');
    else {
      settings = withSite(settings, site, thresholds[found.index] ?? 0);
      base = found.judged;
      steps.push({ settings, site: site.id });
      chosenBefore.set(kind, [...(chosenBefore.get(kind) ?? []), found.index]);
    }
  }
  return await judgeEnd(evaluator, steps, left);
}

/** The accepted grid point and its pass; null: none. Densest first without history, else from `start` to the sparser ones, or back. */
async function scanGrid(
  start: number,
  tryAt: (index: number) => Promise<Judged>,
  accepts: (judged: Judged) => boolean,
): Promise<{ readonly index: number; readonly judged: Judged } | null> {
  let best: { readonly index: number; readonly judged: Judged } | null = null;
  for (let index = start; index < keepShares.length; index++) {
    const judged = await tryAt(index);
    if (!accepts(judged)) break;
    best = { index, judged };
  }
  for (let index = start - 1; best === null && index >= 0; index--) {
    const judged = await tryAt(index);
    if (accepts(judged)) best = { index, judged };
  }
  return best;
}

/** Where a grid is entered: the most frequent earlier choice, the sparser of equal ones; the densest point without history. */
function startAt(before: readonly number[]): number {
  let best = 0;
  let most = 0;
  for (let index = 0; index < keepShares.length; index++) {
    const count = before.filter((choice) => choice === index).length;
    if (count > 0 && count >= most) [best, most] = [index, count];
  }
  return most === 0 ? 0 : best;
}

async function judgeEnd(evaluator: Evaluator, steps: readonly Step[], left: Map<string, string>): Promise<SparsifyOutcome> {
  const { options } = evaluator;
  let best: { readonly state: SparsityState; readonly judged: Judged; readonly count: number } | null = null;
  let low = 0;
  let high = steps.length;
  let next = high;
  while (next > low) {
    const state = stateOf(steps[next - 1]?.settings ?? new Map());
    const judged = await evaluator.judge(`end-${next}`, state, 'deciding');
    const allowed = options.siteBound !== null ? Number.isFinite(judged.loss) : judged.increase <= options.maxLoss;
    evaluator.addPoint(judged, `${next} sites`, 0.97, allowed);
    if (allowed) {
      best = { state, judged, count: next };
      low = next;
    } else high = next - 1;
    next = Math.ceil((low + high) / 2);
  }
  for (const { site } of steps.slice(best?.count ?? 0))
    left.set(site, 'given back: with it the loss on the deciding rows was above the bound');
  return outcome(evaluator, best, left);
}

function withSite(settings: ReadonlyMap<string, SiteSetting>, site: SparsitySite, threshold: number): ReadonlyMap<string, SiteSetting> {
  return new Map([...settings, [site.id, { threshold: equalThreshold(site.channels, threshold), centre: null }]]);
}

function stateOf(settings: ReadonlyMap<string, SiteSetting>): SparsityState {
  return settings.size === 0 ? denseState : { settings, corrections: new Map() };
}
