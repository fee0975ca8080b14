import { formatCount, formatFull } from '../energy/format.ts';
import type { SparsifyDocument, SparsifyMethod, SparsifyPoint, SparsifySiteDocument } from '../protocol/sparsify-documents.ts';
import { counted, inert, nothing } from './cells.ts';
import { savingRange, signedPercent } from './select-words.ts';

const methodWords: Readonly<Record<SparsifyMethod, string>> = {
  budget: 'one budget for the whole model',
  sequential: 'site after site',
  uniform: 'the same share at every site',
};

/** "one budget for the whole model, at most 2 % more loss" */
export function sparsifyAimWords({ method, maxLoss }: SparsifyDocument): string {
  return `${methodWords[method]}, at most ${Number((100 * maxLoss).toPrecision(3))} % more loss`;
}

/** "1.24 %": increases of a loss are told to a hundredth of a percent. */
export function lossPercent(share: number): string {
  const value = Number((100 * share).toFixed(2));
  return `${Object.is(value, -0) ? 0 : value} %`;
}

/** The headline: "61.4 % of the multiply-adds meet a zero, 22.6 % before". */
export function sparsityHeadline({ evaluation, sites }: SparsifyDocument): string | null {
  if (evaluation === null) return null;
  const { before, after } = evaluation.sparsity;
  const macs = sites.reduce((sum, site) => sum + site.macs, 0);
  return `${signedPercent(after)} of the ${formatCount(macs)} multiply-adds of ${formatCount(sites.length)} sites meet a zero, ${signedPercent(before)} before`;
}

/** Loss and share of right predictions on both sides, with what they were read on; null when nothing was written. */
export function sparsifyQuality({ evaluation, metric, unit, rows }: SparsifyDocument): string | null {
  if (evaluation === null) return null;
  const { loss, accuracy } = evaluation;
  const name =
    metric === 'cross-entropy'
      ? `cross-entropy ${loss.before.toFixed(4)} nats per ${unit}`
      : `mean squared error ${String(Number(loss.before.toPrecision(4)))}`;
  const after = metric === 'cross-entropy' ? loss.after.toFixed(4) : String(Number(loss.after.toPrecision(4)));
  const right =
    accuracy === null
      ? ''
      : `; ${unit === 'token' ? 'next token' : 'class'} right ${signedPercent(accuracy.before)} before, ${signedPercent(accuracy.after)} after`;
  return `${name} before, ${after} after (${loss.increase >= 0 ? '+' : ''}${lossPercent(loss.increase)})${right}, on ${formatCount(rows.heldOut)} held-out ${unit}s`;
}

/** A point in one line: "quantile 0.6: 57.0 % zeros, loss 1.532 (+1.96 %)". */
export function sparsifyPointLine(point: SparsifyPoint): string {
  return `${inert(point.label, 80)}: ${signedPercent(point.sparsity)} zeros, loss ${point.loss.toFixed(4)} (${increaseText(point)}${point.allowed ? '' : ', not allowed'})`;
}

export function increaseText({ lossIncrease }: SparsifyPoint): string {
  const text = lossPercent(lossIncrease);
  return lossIncrease > 0 && text !== '0 %' ? `+${text}` : text;
}

/** "chosen", "not sure" (within the bound, but not surely), "not allowed", or nothing. */
export function sparsifyState(point: SparsifyPoint, maxLoss: number): string {
  const { chosen, allowed, kind } = point;
  if (chosen) return 'chosen';
  if (allowed || kind === 'baseline') return '';
  return isUnsure(point, maxLoss) ? 'not sure' : 'not allowed';
}

const isUnsure = ({ kind, allowed, lossIncrease }: SparsifyPoint, maxLoss: number): boolean =>
  kind === 'candidate' && !allowed && lossIncrease <= maxLoss;

/** What is meant by "not sure"; nothing when no configuration is. */
export function unsureLines({ points, maxLoss, unit }: SparsifyDocument): readonly string[] {
  if (!points.some((point) => isUnsure(point, maxLoss))) return [];
  return [`Not sure: within the bound on these ${unit}s, but by so little that others may not keep it.`];
}

/** What it is worth on the target, and what it is not. */
export function sparsifyEnergyLines({ energy, evaluation }: SparsifyDocument): readonly string[] {
  if (evaluation === null) return [];
  const caution =
    'Zeros save energy only on a machine that skips them. Elsewhere the thresholds are a little more work for the same scores.';
  if (energy === null) return [caution];
  const { unit, costs, latency, macs, againstDense, againstNatural } = energy;
  const names = { synaptic: 'by the published figure per synaptic operation', instructions: 'by the table per instruction' } as const;
  return [
    `One ${unit} on ${inert(energy.target, 60)}: ${formatCount(macs.dense)} multiply-adds, ${formatCount(macs.natural)} where rectifiers' zeros are skipped, ${formatCount(macs.sparse)} with thresholds.`,
    ...costs.map(
      ({ model, dense, natural, sparse }) => `${formatFull(dense)}, ${formatFull(natural)} and ${formatFull(sparse)} ${names[model]}.`,
    ),
    `Time ${formatFull(latency.dense)}, ${formatFull(latency.natural)} and ${formatFull(latency.sparse)}.`,
    `Saved against a machine that skips rectifiers' zeros already: ${savingRange(againstNatural.low, againstNatural.high)}; against one that skips none: ${savingRange(againstDense.low, againstDense.high)}. Only the first is due to the thresholds.`,
    caution,
  ];
}

/** How it was done: "Nothing was trained; the layers that read 5 sites were corrected by least-squares solves." */
export function sparsifyHow({ sites }: SparsifyDocument): string {
  const corrected = sites.filter((site) => site.corrected).length;
  const behind = corrected === 0 ? '' : `; the layers that read ${counted(corrected, 'site')} were corrected by least-squares solves`;
  return `Nothing was trained${behind}.`;
}

/** Zeros by block and role: one row per block, the whole, and the whole as the model was given. Null for models without such blocks. */
export function roleTable({
  sites,
}: SparsifyDocument): { readonly roles: readonly string[]; readonly rows: readonly (readonly string[])[] } | null {
  const placed = sites.filter(({ block, role }) => block !== null && role !== null);
  if (placed.length === 0 || placed.length < sites.length / 2) return null;
  const roles = [...new Set(placed.map(({ role }) => role ?? ''))];
  const blocks = [...new Set(placed.map(({ block }) => block ?? 0))].sort((a, b) => a - b);
  const share = (of: readonly SparsifySiteDocument[], which: 'zeros' | 'naturalZeros'): string => {
    const macs = of.reduce((sum, site) => sum + site.macs, 0);
    return macs === 0 ? nothing : signedPercent(of.reduce((sum, site) => sum + site.macs * site[which], 0) / macs);
  };
  const row = (title: string, of: readonly SparsifySiteDocument[], which: 'zeros' | 'naturalZeros'): readonly string[] => [
    title,
    ...roles.map((role) => {
      const own = of.filter((site) => site.role === role);
      // A star marks what stayed as it was.
      const isLeft = which === 'zeros' && own.length > 0 && own.every((site) => site.threshold === null);
      return `${share(own, which)}${isLeft ? '*' : ''}`;
    }),
    share(of, which),
  ];
  return {
    roles,
    rows: [
      ...blocks.map((block) => row(`block ${block}`, placed.filter((site) => site.block === block), 'zeros')), // prettier-ignore
      row('all', placed, 'zeros'),
      row('before', placed, 'naturalZeros'),
    ],
  };
}

/** Sites that the table of blocks does not show. */
export function otherSites(document: SparsifyDocument): readonly SparsifySiteDocument[] {
  return roleTable(document) === null ? document.sites : document.sites.filter(({ block, role }) => block === null || role === null);
}

/** Why sites stayed as they were, each reason once with its sites. */
export function leftLines({ sites }: SparsifyDocument): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const { id, left, block, role } of sites) {
    if (left === null) continue;
    const name = block === null || role === null ? inert(id, 40) : `${inert(role, 40)} of block ${block}`;
    const list = reasons.get(left);
    if (list === undefined) reasons.set(left, [name]);
    else list.push(name);
  }
  const most = 8;
  return [...reasons].map(
    ([reason, names]) =>
      `Left as ${names.length === 1 ? 'it was' : 'they were'}: ${names.slice(0, most).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}: ${inert(reason, 300)}.`,
  );
}

/** "0.31", "0.2-0.5, centred" */
export function thresholdText({ threshold, centred }: SparsifySiteDocument): string {
  if (threshold === null) return nothing;
  const [low, high] = [threshold.low, threshold.high].map((value) => String(Number(value.toPrecision(3)))) as [string, string];
  return `${low === high ? low : `${low}-${high}`}${centred ? ', centred' : ''}`;
}
