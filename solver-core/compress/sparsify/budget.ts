import type { SparsitySite } from '../../model/sites.ts';
import { priceFor, settingsAt, type Allocation } from './allocate.ts';
import { correctModel } from './correction.ts';
import type { Evaluator, Judged } from './evaluator.ts';
import { outcome } from './outcome.ts';
import { collectSamples } from './samples.ts';
import { measureSensitivity } from './sensitivity.ts';
import type { SparsifyOutcome, SparsityState } from './types.ts';

/** Standard errors that the increase must stay below the bound, so that rows nobody has seen keep it, too. */
export const marginErrors = 1.645;
/** Sparsity that the search begins at, between that of the model as it is (0) and 1. */
const firstShare = 0.45;
/** Prices that are tried. */
const tries = 6;
/** Sparsities closer than this are the same, and so much of the bound is as good as all of it. */
const closeEnough = 0.001;
const wellSpent = 0.97;
/** Parts of the run, for progress. */
const probing = 0.3;

/** A state that was tried, with what it does on the deciding rows. */
interface Tried {
  readonly state: SparsityState;
  readonly judged: Judged;
  readonly target: number;
  readonly allowed: boolean;
}

/**
 * The search of ours: one bound on the loss of the whole model, spent where a multiply-add costs least.
 *
 * 1. What errors at each site cost is measured, one pass per site (`measureSensitivity`).
 * 2. One price per multiply-add settles all thresholds and centres (`settingsAt`).
 * 3. For a price, all layers are corrected by least squares (`correctModel`), and the whole model is judged on the deciding rows: allowed
 *    is an increase of at most `maxLoss` with `marginErrors` standard errors to spare. The largest sparsity that is allowed is
 *    found by a bracketing search over sparsity; nothing is assumed of how loss grows with it but that it does.
 */
export async function budgetSearch(evaluator: Evaluator): Promise<SparsifyOutcome> {
  const prepared = await prepareBudget(evaluator);
  const { allocation, natural } = prepared;
  const best = allocation.samples.size === 0 ? null : await search(evaluator, allocation, natural);
  return outcome(evaluator, best, leftSites(evaluator, evaluator.active, allocation, best));
}

/** What a budget is spent by. */
export interface PreparedBudget {
  /** The model as it was given, on the deciding rows. */
  readonly natural: Judged;
  readonly allocation: Allocation;
}

/** The first part of the search: samples and sensitivities of all sites where a threshold makes a difference. */
export async function prepareBudget(evaluator: Evaluator): Promise<PreparedBudget> {
  const sites = evaluator.active;
  evaluator.progress(0, 'the model as it is');
  const natural = await evaluator.dense('deciding');
  evaluator.addPoint(natural, 'as it is', 0.02, true);
  const samples = await collectSamples(evaluator.model, sites, evaluator.options.per);
  const sensitivity = await measureSensitivity(evaluator, sites, samples, probing);
  return { natural, allocation: { samples: new Map([...samples].filter(([id]) => sensitivity.has(id))), sensitivity } };
}

/** The state that a prepared budget gives for a sparsity. `share`: part of the calibration rows that a correction is made from. */
export async function budgetState(
  { model, options, control }: Evaluator,
  { allocation, natural }: PreparedBudget,
  sparsity: number,
  share = 1,
): Promise<SparsityState> {
  const settings = settingsAt(allocation, priceFor(allocation, model.sites, natural.zeros, sparsity));
  return options.correct ? await correctModel({ model, settings, share, control }) : { settings, corrections: new Map() };
}

async function search(evaluator: Evaluator, allocation: Allocation, natural: Judged): Promise<Tried | null> {
  const { maxLoss } = evaluator.options;
  let low: { readonly target: number; readonly cost: number } = { target: natural.sparsity, cost: 0 };
  let high: { readonly target: number; readonly cost: number } | null = null;
  let best: Tried | null = null;
  let target = natural.sparsity + firstShare * (1 - natural.sparsity);
  for (let number = 0; number < tries; number++) {
    const tried = await tryTarget(evaluator, allocation, natural, target, number);
    const cost = Math.max(tried.judged.increase + marginErrors * tried.judged.error, 0);
    if (tried.allowed) {
      if (best === null || tried.judged.sparsity > best.judged.sparsity) best = tried;
      low = { target, cost };
    } else high = { target, cost };
    const next = nextTarget(low, high, maxLoss);
    if ((tried.allowed && cost >= wellSpent * maxLoss) || Math.abs(next - target) < closeEnough || next > 0.995) break;
    target = next;
  }
  return best;
}

/**
 * Where the bound is expected: the square root of the cost is taken for a straight line of the sparsity (errors grow with the square of
 * thresholds), kept within the middle of the bracket so that it shrinks.
 */
function nextTarget(
  low: { readonly target: number; readonly cost: number },
  high: { readonly target: number; readonly cost: number } | null,
  bound: number,
): number {
  // Aimed slightly below the bound: a point above it is of no use.
  const goal = Math.sqrt(0.98 * bound);
  if (high === null) {
    const guess = low.cost > 0 ? low.target + (1 - low.target) * Math.min(0.5, 0.25 * Math.log(bound / low.cost)) : (1 + low.target) / 2;
    return Math.max(guess, low.target);
  }
  const [from, to] = [Math.sqrt(low.cost), Math.sqrt(Math.min(high.cost, 1e6))];
  const part = to > from ? (goal - from) / (to - from) : 0.5;
  return low.target + (high.target - low.target) * Math.min(0.95, Math.max(0.05, part));
}

async function tryTarget(evaluator: Evaluator, allocation: Allocation, natural: Judged, target: number, number: number): Promise<Tried> {
  const { options } = evaluator;
  const fraction = probing + ((1 - probing) * number) / tries;
  evaluator.progress(fraction, `correcting weights for ${(100 * target).toFixed(1)} % zeros`);
  const state = await budgetState(evaluator, { allocation, natural }, target);
  const judged = await evaluator.judge(`budget-${number}`, state, 'deciding');
  const allowed = judged.increase + marginErrors * judged.error <= options.maxLoss;
  evaluator.addPoint(judged, `aimed at ${(100 * target).toFixed(1)} %`, fraction + (1 - probing) / tries, allowed);
  return { state, judged, target, allowed };
}

function leftSites(
  evaluator: Evaluator,
  sites: readonly SparsitySite[],
  { samples }: Allocation,
  best: Tried | null,
): ReadonlyMap<string, string> {
  const left = new Map<string, string>();
  for (const { id } of evaluator.model.sites) {
    if (!sites.some((site) => site.id === id)) left.set(id, 'sites of its kind are not asked for');
    else if (!samples.has(id))
      left.set(id, 'a threshold makes no difference there: its values are equal or zero, or meet no weight but zeros');
    else if (best === null)
      left.set(id, `no threshold that was tried keeps the loss within the bound of ${100 * evaluator.options.maxLoss} %`);
  }
  return left;
}
