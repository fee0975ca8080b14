import type { SavingDocument, SparsifyDocument, SparsifyPoint, SparsifySiteDocument } from '../solver-core/protocol/index.ts';
import type {
  FigureView,
  SparsifyOptions,
  SparsityCostView,
  SparsityGroupView,
  SparsityPointView,
  SparsitySavingView,
  SparsitySiteView,
  SparsityView,
} from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatNumber, type Translate } from './format.ts';
import type { SparsifyRun } from './sparsify-run.ts';
import { rangeText, shareText, staleText, withoutPointBand } from './to-optimise-view.ts';

/** Sites sent to the page; a network with more has them all in its record. */
const maxSites = 5000;
const noFigure: FigureView = { text: '\u2013', value: 0, low: 0, high: 0, bandText: '', source: 'assumed', ref: '' };

/**
 * Making a plan's activations sparse, for its page. `modelHashes`: what the plan's model and its newest fitted model hash to now, as far
 * as that is known. `planHash`: of the plan's text as it is now, null when not known.
 */
export function sparsityView(
  run: SparsifyRun,
  options: SparsifyOptions,
  modelHashes: readonly string[],
  planHash: string | null,
  t: Translate,
): SparsityView {
  const { result } = run;
  return {
    plan: run.plan,
    options,
    running: run.running,
    metricText: result?.document.metric === 'mse' ? t('mean squared error') : t('cross-entropy'),
    points: run.points.map((point) => pointView(point, run.asked.maxLoss, t)),
    result: result === null ? null : resultView(result, modelHashes, planHash, t),
    written: run.written,
    error: run.error,
    problems: (result?.document.diagnostics ?? []).map(({ severity, code, message }) => ({ severity, code, message })),
  };
}

/** "1.9 % more loss", "0.2 % less loss", "no more loss". */
export function increaseText(increase: number, t: Translate): string {
  // Rounded first: a hair is neither more nor less.
  const size = Number((Math.abs(increase) * 100).toFixed(2));
  if (size === 0) return t('no more loss');
  return increase > 0 ? t('{0} % more loss', size.toFixed(2)) : t('{0} % less loss', size.toFixed(2));
}

/** The step of the limit on the page, a share. */
const limitStep = 0.001;

/** `asked`: the limit that the points were judged by. */
function pointView(point: SparsifyPoint, asked: number, t: Translate): SparsityPointView {
  const { id, label, kind, sparsity, loss, lossIncrease, allowed } = point;
  return {
    id,
    label,
    kind,
    sparsity,
    sparsityText: shareText(sparsity),
    lossText: formatNumber(loss),
    increase: lossIncrease,
    increaseText: increaseText(lossIncrease, t),
    // Within the limit on few rows is not surely within it: such a point needs a limit above the one it was judged by.
    needed: !allowed && lossIncrease <= asked ? asked + limitStep : lossIncrease,
  };
}

function resultView(
  result: NonNullable<SparsifyRun['result']>,
  modelHashes: readonly string[],
  planHash: string | null,
  t: Translate,
): NonNullable<SparsityView['result']> {
  const { document } = result;
  const { evaluation } = document;
  return {
    options: result.options,
    evaluation: evaluation && {
      lossBefore: lossText(evaluation.loss.before),
      lossAfter: lossText(evaluation.loss.after),
      increase: increaseText(evaluation.loss.increase, t),
      accuracyBefore: evaluation.accuracy === null ? '' : shareText(evaluation.accuracy.before),
      accuracyAfter: evaluation.accuracy === null ? '' : shareText(evaluation.accuracy.after),
      sparsityBefore: shareText(evaluation.sparsity.before),
      sparsityAfter: shareText(evaluation.sparsity.after),
    },
    energy: energyView(document, t),
    blocks: groupsOf(document.sites, ({ block }) => (block === null ? t('outside of the blocks') : t('block {0}', block))),
    roles: groupsOf(document.sites, ({ role }) => role ?? t('no role')),
    sites: document.sites.slice(0, maxSites).map((site) => siteView(site, t)),
    rowsText: rowsText(document, t),
    took: t('{0} s', formatNumber(document.seconds)),
    resumed: document.resumed,
    stale: staleText(result, modelHashes, planHash, t),
  };
}

/** A loss with enough digits to tell two per cent apart. */
function lossText(loss: number): string {
  return Number.isFinite(loss) ? String(Number(loss.toPrecision(4))) : '\u2013';
}

function rowsText({ rows, unit, evaluations }: SparsifyDocument, t: Translate): string {
  const counts = [rows.calibration, rows.deciding, rows.heldOut].map(formatCount);
  const [steered = '', decided = '', judged = ''] = counts;
  return unit === 'token'
    ? t(
        '{0} tokens steered, {1} others decided, {2} others judged at the end; {3} passes',
        steered,
        decided,
        judged,
        formatCount(evaluations),
      )
    : t(
        '{0} rows steered, {1} others decided, {2} others judged at the end; {3} passes',
        steered,
        decided,
        judged,
        formatCount(evaluations),
      );
}

function energyView({ energy }: SparsifyDocument, t: Translate): NonNullable<SparsityView['result']>['energy'] {
  if (energy === null) return null;
  const figure = (quantity: Parameters<typeof figureView>[0]): FigureView => withoutPointBand(figureView(quantity, t) ?? noFigure);
  const cost = (
    name: string,
    one: Readonly<Record<'dense' | 'natural' | 'sparse', Parameters<typeof figureView>[0]>>,
  ): SparsityCostView => ({
    name,
    dense: figure(one.dense),
    natural: figure(one.natural),
    sparse: figure(one.sparse),
  });
  const names = { synaptic: t('per synaptic operation'), instructions: t('by instruction') };
  return {
    target: energy.target,
    per: energy.unit === 'token' ? t('per token') : t('per row'),
    macs: t('{0} multiply-adds dense, {1} with natural zeros skipped, {2} sparse', ...macCounts(energy.macs)),
    costs: energy.costs.map((one) => cost(names[one.model], one)),
    latency: cost(t('latency'), energy.latency),
    againstDense: savingView(energy.againstDense, t),
    againstNatural: savingView(energy.againstNatural, t),
  };
}

const macCounts = (macs: { readonly dense: number; readonly natural: number; readonly sparse: number }): [string, string, string] => [
  formatCount(macs.dense),
  formatCount(macs.natural),
  formatCount(macs.sparse),
];

/** A saving as it may be told: never without what it is against. */
function savingView(saving: SavingDocument, t: Translate): SparsitySavingView | null {
  if (saving.baseline.trim() === '' || saving.perTable.length === 0) return null;
  const saves = saving.low > 0;
  return { headline: saves ? rangeText(saving.low, saving.high) : t('no saving'), saves, baseline: saving.baseline };
}

/** Sites by a name, in the order in which the names come, each group weighted by its multiply-adds. */
function groupsOf(sites: readonly SparsifySiteDocument[], nameOf: (site: SparsifySiteDocument) => string): readonly SparsityGroupView[] {
  const groups = new Map<string, SparsifySiteDocument[]>();
  for (const site of sites) {
    const name = nameOf(site);
    const group = groups.get(name);
    if (group) group.push(site);
    else groups.set(name, [site]);
  }
  return [...groups].map(([name, members]) => {
    const macs = members.reduce((sum, site) => sum + site.macs, 0);
    const mean = (value: (site: SparsifySiteDocument) => number): number =>
      macs === 0 ? 0 : members.reduce((sum, site) => sum + site.macs * value(site), 0) / macs;
    const natural = clamp(mean((site) => site.naturalZeros));
    const zeros = clamp(mean((site) => site.zeros));
    return {
      name,
      sites: formatCount(members.length),
      macs: formatCount(macs),
      natural,
      naturalText: shareText(natural),
      zeros,
      zerosText: shareText(zeros),
    };
  });
}

function siteView(site: SparsifySiteDocument, t: Translate): SparsitySiteView {
  const { threshold } = site;
  return {
    id: site.id,
    layers: site.layers,
    block: site.block === null ? '\u2013' : String(site.block),
    role: site.role ?? '\u2013',
    channels: formatCount(site.channels),
    macs: formatCount(site.macs),
    macCount: site.macs,
    natural: clamp(site.naturalZeros),
    naturalText: shareText(site.naturalZeros),
    zeros: clamp(site.zeros),
    zerosText: shareText(site.zeros),
    threshold: thresholdText(threshold, t),
    centred: site.centred,
    corrected: site.corrected,
    left: site.left,
  };
}

/** Beyond every value a network computes: a site at which nothing is let through. */
const beyondAll = 1e29;

function thresholdText(threshold: SparsifySiteDocument['threshold'], t: Translate): string {
  if (threshold === null) return t('none');
  const one = (value: number): string => (value >= beyondAll ? t('beyond all') : formatNumber(value));
  const { low, high } = threshold;
  return low === high ? one(low) : t('{0} to {1}', one(low), one(high));
}

const clamp = (value: number): number => Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0));
