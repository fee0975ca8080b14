import { cellJoules } from '../energy/switching/anchor.ts';
import { cellParts } from '../energy/switching/types.ts';
import type { CellEnergy, MacCellId } from '../energy/switching/types.ts';
import type { Band, Quantity } from '../energy/quantity.ts';
import { addBand, quantity, scaleBand, weakest } from '../energy/quantity.ts';
import { energyTables } from '../energy/tables/index.ts';
import type { EnergyTable } from '../energy/target.ts';
import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { SavingDocument, TableSaving } from '../protocol/index.ts';
import type { PricedLayer } from './select-pricing.ts';

/** Joules of switched multiply-adds under one constant table. */
export function tableJoules(cell: MacCellId, energy: CellEnergy, table: EnergyTable): Quantity<'J'> {
  const joules = cellJoules(cell, table);
  const parts = cellParts.map((part): Band => scaleBand(joules[part], energy[part]));
  return quantity('J', parts.reduce(addBand));
}

/**
 * One number per multiply-add to search on: the mean over the tables of what they say it costs, each in units of its own cell, so that
 * no table outweighs another because its joules are larger. Times `jouleRange` it is an energy.
 */
export function searchPrice(cell: MacCellId): (energy: CellEnergy) => number {
  const weights = energyTables.map((table) => {
    const joules = cellJoules(cell, table);
    const unit = unitJoules(cell, table);
    return cellParts.map((part) => joules[part].value / unit / energyTables.length);
  });
  const total = cellParts.map((_, p) => weights.reduce((sum, of) => sum + of[p]!, 0));
  return (energy) => cellParts.reduce((sum, part, p) => sum + total[p]! * energy[part], 0);
}

/** What `amount` of a search price means in joules, between the tables: a quantity to draw points with, not the joules of one of them. */
export function jouleRange(cell: MacCellId, amount: number): Quantity<'J'> {
  const bands = energyTables.map((table) => {
    const joules = cellJoules(cell, table);
    return cellParts.map((part) => scaleBand(joules[part], amount / cellParts.length)).reduce(addBand);
  });
  const [low, high] = [Math.min(...bands.map((b) => b.low)), Math.max(...bands.map((b) => b.high))];
  const value = Math.exp(bands.reduce((sum, b) => sum + Math.log(Math.max(b.value, Number.MIN_VALUE)), 0) / bands.length);
  return quantity('J', {
    value: amount === 0 ? 0 : Math.min(high, Math.max(low, value)),
    low,
    high,
    source: bands.map((b) => b.source).reduce(weakest),
    ref: `relative price of the search on the ${cell} cell, scaled to ${energyTables.map(({ id }) => id).join(' and ')}`,
  });
}

/** Mean over the parts, so that 1 unit of each part is 1. */
function unitJoules(cell: MacCellId, table: EnergyTable): number {
  const joules = cellJoules(cell, table);
  return cellParts.reduce((sum, part) => sum + joules[part].value, 0) / cellParts.length;
}

/**
 * Savings of a layer for each cell and table. Shifters cannot hold the rounded weights of before: they are compared with the array cell.
 * Cells that cannot hold what the layer holds afterwards are left out.
 */
export function layerSavings(before: PricedLayer, after: PricedLayer): readonly TableSaving[] {
  const savings: TableSaving[] = [];
  for (const [cell, is] of after.cells) {
    const from = before.cells.has(cell) || cell !== 'shift' ? cell : 'array';
    const was = before.cells.get(from);
    if (was === undefined) continue;
    for (const table of energyTables)
      savings.push(tableSaving(table.id, cell, tableJoules(from, was, table), tableJoules(cell, is, table)));
  }
  return savings;
}

/** The same over all layers together. */
export function totalSavings(layers: readonly (readonly TableSaving[])[]): readonly TableSaving[] {
  const keys = new Map<string, { table: string; cell: string; before: Band; after: Band; count: number }>();
  for (const { table, cell, before, after } of layers.flat()) {
    const key = `${cell}\0${table}`;
    const sum = keys.get(key);
    if (sum === undefined) keys.set(key, { table, cell, before, after, count: 1 });
    else keys.set(key, { ...sum, before: addBand(sum.before, before), after: addBand(sum.after, after), count: sum.count + 1 });
  }
  // A cell that cannot hold every layer has no total.
  return [...keys.values()]
    .filter(({ count }) => count === layers.length)
    .map(({ table, cell, before, after }) => tableSaving(table, cell, quantity('J', before), quantity('J', after)));
}

function tableSaving(table: string, cell: string, before: Quantity<'J'>, after: Quantity<'J'>): TableSaving {
  return { table, cell, before, after, saving: before.value === 0 ? 0 : 1 - after.value / before.value };
}

/**
 * What a saving is of when layers were left out, in words and as a share of the model's multiply-adds; null when it is of all of them.
 * `priced`: ids of the layers that have figures. The share is null where the work of a layer is not known.
 */
export function coverage(
  layers: readonly Pick<Layer, 'id' | 'macs'>[],
  priced: ReadonlySet<string>,
): { readonly words: string; readonly macShare: number | null } | null {
  const own = layers.filter(({ id }) => priced.has(id));
  if (own.length === layers.length) return null;
  const macsOf = (list: typeof layers): number => list.reduce((sum, { macs }) => sum + (macs ?? NaN), 0);
  const macShare = macsOf(own) / macsOf(layers);
  const words = `${own.length} of ${layers.length} layers`;
  if (!Number.isFinite(macShare)) return { words, macShare: null };
  return { words: `${words} with ${Number((100 * macShare).toFixed(1))} % of the multiply-adds`, macShare };
}

/** A saving with all that belongs to it; `cell`: whose range is the headline. Throws `nothing-simulated` when no table prices that cell. */
export function savingDocument(
  perTable: readonly TableSaving[],
  cell: MacCellId,
  about: Pick<SavingDocument, 'baseline' | 'variant' | 'metric' | 'before' | 'after' | 'split' | 'rows' | 'macShare'>,
): SavingDocument {
  const own = perTable.filter((saving) => saving.cell === cell);
  if (own.length < 2) {
    throw new TierwiseError(
      'nothing-simulated',
      `the energy of these weights on the ${cell} cell is known for no layer, so there is no saving to tell`,
      'Choose another --cell.',
    );
  }
  const first = [...own, ...perTable.filter((saving) => saving.cell !== cell)];
  return {
    ...about,
    perTable: first,
    low: Math.min(...own.map(({ saving }) => saving)),
    high: Math.max(...own.map(({ saving }) => saving)),
    source: first.map(({ after }) => after.source).reduce(weakest),
  };
}
