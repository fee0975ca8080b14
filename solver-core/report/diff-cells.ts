import type { DiffDocument, DiffFigure, DiffLayer, DiffSide } from '../protocol/index.ts';
import { nothing } from './cells.ts';

/** The figures of a comparison with their names, in the order of every table. */
export function diffTotals({ totals }: DiffDocument): readonly { readonly name: string; readonly figure: DiffFigure }[] {
  return [
    { name: 'per inference', figure: totals.inference },
    { name: 'to retrain, SGD', figure: totals.retraining.sgd },
    { name: 'to retrain, solve', figure: totals.retraining.solve },
    { name: 'to update', figure: totals.retraining.incremental },
  ];
}

/** A share as a signed percentage of at most three digits: "+12 %", "−0.4 %", "0 %"; far beyond, as a factor: "×130". Null: a dash. */
export function changeCell(change: number | null): string {
  if (change === null) return nothing;
  if (change >= 99.5) return `×${String(Number((change + 1).toPrecision(2)))}`;
  const digits = Math.abs(change) >= 0.995 ? 3 : 2;
  const percent = Number((Math.abs(change) * 100).toPrecision(digits));
  if (percent === 0) return '0 %';
  return `${change < 0 ? '−' : '+'}${percent} %`;
}

/** Smallest and largest change over the constant tables: "−25 to −21 %", or one when they agree as shown. */
export function changeRange({ change, perTable = [] }: DiffFigure): string {
  if (change === null || perTable.length === 0) return nothing;
  const changes = perTable.map((t) => t.change);
  const [low, high] = [changeCell(Math.min(...changes)), changeCell(Math.max(...changes))];
  if (low === high) return low;
  return low.endsWith(' %') && high.endsWith(' %') ? `${low.slice(0, -2)} to ${high}` : `${low} to ${high}`;
}

/** The quality of a side: "96.9 %", "0.0123 mse". */
export function qualityCell(quality: DiffSide['quality']): string {
  if (quality === null) return nothing;
  return quality.metric === 'accuracy' ? `${Number((quality.value * 100).toFixed(1))} %` : `${Number(quality.value.toPrecision(3))} mse`;
}

/** "accuracy 96.9 % → 96.4 % (−0.6 points, 360 rows)", or why there is no such line. */
export function qualityLine(diff: DiffDocument): string {
  const { before, after } = diff;
  if (before.quality === null && after.quality === null)
    return 'accuracy not known: no record of a fit, of learning or of a selection belongs to these files';
  if (before.quality === null || after.quality === null) {
    const [known, side] = before.quality === null ? [after.quality, 'after'] : [before.quality, 'before'];
    return `${known?.metric === 'mse' ? 'mean squared error' : 'accuracy'} ${side} ${qualityCell(known ?? null)}, not known on the other side`;
  }
  const rows =
    before.quality.rows === after.quality.rows ? `${after.quality.rows} rows` : `${before.quality.rows} and ${after.quality.rows} rows`;
  const name = after.quality.metric === 'accuracy' ? 'accuracy' : 'mean squared error';
  return `${name} ${qualityCell(before.quality)} → ${qualityCell(after.quality)} (${pointsText(diff)}, ${rows})`;
}

function pointsText({ qualityChange, after }: DiffDocument): string {
  if (qualityChange === null) return 'different metrics';
  if (after.quality?.metric === 'mse') return `${qualityChange < 0 ? '−' : '+'}${Number(Math.abs(qualityChange).toPrecision(2))}`;
  const points = Number((qualityChange * 100).toFixed(1));
  return `${points < 0 ? '−' : '+'}${Math.abs(points)} points`;
}

/**
 * What the selected weights or the thresholds of the later side save, which the figures above it do not count: "32 to 35 % of the multiply-add
 * energy …"; undefined where there are neither. Always with the baseline, the tables and both qualities.
 */
export function savingLine({ after }: DiffDocument): string | undefined {
  const { saving } = after;
  if (saving === undefined) return undefined;
  const [low, high] = [shareText(saving.low), shareText(saving.high)];
  const range = saving.low <= 0 && saving.high >= 0 ? 'no saving by all tables' : `${low === high ? low : `${low} to ${high}`} %`;
  const value = (share: number): string =>
    saving.metric === 'accuracy' ? `${shareText(share, 1)} %` : String(Number(share.toPrecision(3)));
  const tables = [...new Set(saving.perTable.map(({ table }) => table))].join(' and ');
  const metric = { accuracy: 'accuracy', mse: 'mean squared error', 'cross-entropy': 'cross-entropy in nats' }[saving.metric];
  const rows = saving.split.startsWith(`${saving.rows} `) ? saving.split : `${saving.rows} ${saving.split}`;
  const accuracy = `${metric} ${value(saving.before)} → ${value(saving.after)} on ${rows}`;
  // Zeros are priced by two models of what a multiply-add costs, in place of constant tables.
  const areZeros = saving.perTable.every(({ table }) => table === 'synaptic' || table === 'instructions');
  const [what, energy] = areZeros
    ? ['Zeros that thresholds make', `energy of an inference on ${saving.perTable[0]?.cell ?? ''}`]
    : ['Selected weights', 'multiply-add energy'];
  return `${what}, which these figures do not count: ${range} of the ${energy} saved by ${tables} (${saving.source}), ${accuracy}, against ${saving.baseline} (${saving.from})`;
}

function shareText(share: number, digits = 0): string {
  return String(Number((share * 100).toFixed(digits)));
}

/**
 * What the layers did: "1 changed, 1 added, 2 cost the same". Energy, tier and sizes are compared, weights are not: after a fit layers
 * cost the same and compute something else.
 */
export function layerCounts(layers: readonly DiffLayer[]): string {
  const count = (status: DiffLayer['status']): number => layers.filter((layer) => layer.status === status).length;
  const parts = (['changed', 'added', 'removed'] as const).flatMap((status) => (count(status) > 0 ? [`${count(status)} ${status}`] : []));
  const same = count('same');
  if (layers.length === 0) return 'no layers';
  return [...parts, ...(same > 0 ? [`${same} ${same === 1 ? 'costs' : 'cost'} the same`] : [])].join(', ');
}

/** How the changes come about, for the foot of every form. */
export const diffLegend =
  'Both sides are priced on one target with the same constants. A change is their ratio at central constants; its range is over the constant tables, each used alone on both sides, never a quotient of bands.';
