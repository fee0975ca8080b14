import { formatCount, formatFull, formatQuantity } from '../energy/format.ts';
import type { SavingDocument, TableSaving } from '../protocol/evidence-documents.ts';
import type { SelectDocument, SelectLayerDocument, SelectPoint } from '../protocol/select-documents.ts';
import { inert, nothing, numberCell } from './cells.ts';

/** "61-64 %", "61 %", or "no saving" when the range holds 0, and "costs 3-5 % more" when it lies below. */
export function savingRange(lowest: number, highest: number): string {
  const [low, high] = [lowest, highest].map((share) => Math.round(1000 * share) / 1000) as [number, number];
  if (low <= 0 && high >= 0) return 'no saving';
  return high < 0 ? `costs ${percentRange(-high, -low)} more` : percentRange(low, high);
}

function percentRange(low: number, high: number): string {
  const [from, to] = [percent(low), percent(high)];
  return from === to ? `${to} %` : `${from}-${to} %`;
}

function percent(share: number): string {
  const value = 100 * share;
  return value >= 10 ? String(Math.round(value)) : String(Number(value.toFixed(1)));
}

/** Cells of a saving in the order in which they stand, each with its range over the tables. */
export function savingsByCell(perTable: readonly TableSaving[]): readonly { readonly cell: string; readonly text: string }[] {
  const cells = [...new Set(perTable.map(({ cell }) => cell))];
  return cells.map((cell) => {
    const savings = perTable.filter((saving) => saving.cell === cell).map(({ saving }) => saving);
    return { cell, text: savingRange(Math.min(...savings), Math.max(...savings)) };
  });
}

/** The headline: "61-64 % of the multiply-add energy saved", with what it must never stand without beside it. */
export function headline(saving: SavingDocument): string {
  const range = savingRange(saving.low, saving.high);
  const [first] = saving.perTable;
  const tables = saving.perTable.filter(({ cell }) => cell === first?.cell).map(({ table }) => inert(table, 40));
  // A shifter cannot hold the rounded weights: what is compared then are two kinds of hardware.
  const against = first?.cell === 'shift' ? ', against int8 weights on the array cell' : '';
  const { macShare } = saving;
  const part = macShare === undefined ? '' : `in layers with ${signedPercent(macShare)} of the multiply-adds, `;
  const where = `${part}on the ${inert(first?.cell ?? '', 24)} cell (tables ${tables.join(' and ')})${against}`;
  if (range === 'no saving') return `No saving of multiply-add energy ${where}`;
  if (range.startsWith('costs')) return `These weights take ${range.replace('costs ', '')} multiply-add energy ${where}`;
  return `${range} of the multiply-add energy saved ${where}`;
}

/** "96.4 %" for an accuracy, three digits for an error. */
export function qualityText(metric: SavingDocument['metric'], value: number): string {
  return metric === 'accuracy' ? `${(100 * value).toFixed(1)} %` : numberCell(value);
}

export function metricName(metric: SavingDocument['metric']): string {
  if (metric === 'cross-entropy') return 'cross-entropy in nats';
  return metric === 'accuracy' ? 'accuracy' : 'mean squared error';
}

/** "accuracy 96.4 % before, 95.8 % after on 360 held-out rows; int8 by rounding has 96.1 %" */
export function qualityLine({ saving, rounded }: SelectDocument): string {
  if (saving === null) return '';
  const { metric, before, after, rows, split } = saving;
  const beside = rounded === undefined || rounded === null ? '' : `; int8 by rounding has ${qualityText(metric, rounded)}`;
  return `${metricName(metric)} ${qualityText(metric, before)} before, ${qualityText(metric, after)} after on ${formatCount(rows)} ${inert(split).replace(/ rows$/, '')} rows${beside}`;
}

/** What rounding to int8 saves on the input levels of the search, which is no selection of weights; null when inputs keep all levels. */
export function levelsLine({ points }: SelectDocument): string | null {
  const rounded = points.find(({ id }) => id === 'int8-levels');
  if (rounded === undefined) return null;
  const { metric, quality } = rounded;
  return `int8 by rounding with inputs on the same levels saves ${signedPercent(rounded.saving)} by itself, with ${metricName(metric)} ${qualityText(metric, quality)} on the validation rows`;
}

/** The cell that the points of the search are of: an array steers for shifters too. */
export function steeringCell({ cell = 'array' }: SelectDocument): string {
  return cell === 'shift' ? 'array' : cell;
}

/** Loss of a point against the model as it was given: "0.21 points", "1.3 %". */
export function dropText(point: SelectPoint): string {
  if (point.drop === undefined) return nothing;
  const value = Number((100 * point.drop).toFixed(2));
  const shown = Object.is(value, -0) ? 0 : value;
  return point.metric === 'accuracy' ? `${shown} ${Math.abs(shown) === 1 ? 'point' : 'points'}` : `${shown} %`;
}

/** Within the drop and not allowed all the same: the model is less sure than the drop alone tells. */
const isDoubtful = ({ kind, allowed, drop }: SelectPoint, maxDrop: number): boolean =>
  kind === 'candidate' && !allowed && drop !== undefined && drop <= maxDrop;

/** Whether a configuration may be chosen, in a word: "chosen", "nearest", "doubtful", "not allowed", or nothing for an allowed one. */
export function pointState(point: SelectPoint, maxDrop: number): string {
  if (point.chosen) return point.allowed ? 'chosen' : 'nearest';
  if (point.allowed) return '';
  return isDoubtful(point, maxDrop) ? 'doubtful' : 'not allowed';
}

/** What is meant by doubtful; nothing when no configuration is. */
export function cautionLines({ points, maxDrop }: SelectDocument): readonly string[] {
  if (!points.some((point) => isDoubtful(point, maxDrop))) return [];
  return ['Doubtful: little was lost, but the model is so much less sure of the right answers that luck must have had a part in it.'];
}

/** One configuration in one line: "energy term 0.2: 63.9 % saved, accuracy 90.1 % (0.45 points lost)". */
export function pointLine(point: SelectPoint): string {
  const { label, saving, metric, quality, allowed } = point;
  const lost = point.drop === undefined ? '' : ` (${dropText(point)} lost${allowed ? '' : ', not allowed'})`;
  return `${inert(label, 80)}: ${signedPercent(saving)} saved, ${metricName(metric)} ${qualityText(metric, quality)}${lost}`;
}

/** "1.2 nJ to 0.5 nJ, 58 %" */
export function tableCell(saving: TableSaving | undefined): string {
  if (saving === undefined) return nothing;
  return `${formatQuantity(saving.before)} to ${formatQuantity(saving.after)}, ${signedPercent(saving.saving)}`;
}

export function signedPercent(share: number): string {
  const value = Number((100 * share).toFixed(1));
  return `${Object.is(value, -0) ? 0 : value} %`;
}

/** Cell and table of every column of savings, in the order of the whole. */
export function savingColumns(document: SelectDocument): readonly { readonly cell: string; readonly table: string }[] {
  const all = document.saving?.perTable ?? document.layers.flatMap(({ perTable }) => perTable);
  const keys = new Map(all.map(({ cell, table }) => [JSON.stringify([cell, table]), { cell, table }]));
  return [...keys.values()];
}

export function savingOf(layer: SelectLayerDocument, column: { readonly cell: string; readonly table: string }): TableSaving | undefined {
  return layer.perTable.find(({ cell, table }) => cell === column.cell && table === column.table);
}

/** What the saving is of, and what a whole inference takes: multiply-adds are a part of it only. */
export function wholeLines({ whole, saving }: SelectDocument): readonly string[] {
  const warning =
    'This is the energy that switches in the multiply-add units while they multiply. It is not the energy of a system: memories, transfers, loading of weights and idle time come on top and stay.';
  if (whole === undefined || whole === null || saving === null) return [warning];
  const { target, given, int8, multiplyAdds, selected } = whole;
  if (given === null || int8 === null || multiplyAdds === null || selected === null) return [warning];
  const share = int8.value === 0 ? 0 : multiplyAdds.value / int8.value;
  return [
    warning,
    `One whole inference on ${inert(target, 60)}: ${formatFull(given)} as given, ${formatFull(int8)} as int8, of which multiply-adds${saving.macShare === undefined ? '' : ' of the selected layers'} ${Math.round(100 * share)} %; ` +
      `${formatFull(selected)} with these weights, if the target's multipliers save what the simulated cells save.`,
  ];
}
