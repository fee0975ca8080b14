import { cellJoules } from '../energy/switching/anchor.ts';
import { cellParts } from '../energy/switching/types.ts';
import type { CellEnergy, MacCellId } from '../energy/switching/types.ts';
import type { Band, Quantity } from '../energy/quantity.ts';
import { addBand, quantity, scaleBand, weakest } from '../energy/quantity.ts';
import { energyTables } from '../energy/tables/index.ts';
import type { EnergyTable } from '../energy/target.ts';
import { assert } from '../model/error.ts';
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

/** What `amount` of a search price means in joules, over all tables: a quantity to draw points with. */
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
    ref: `${cell} cell, whole tiles; ${energyTables.map(({ id }) => id).join('; ')}`,
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

/** A saving with all that belongs to it; `cell`: whose range is the headline. */
export function savingDocument(
  perTable: readonly TableSaving[],
  cell: MacCellId,
  about: Pick<SavingDocument, 'baseline' | 'variant' | 'metric' | 'before' | 'after' | 'split' | 'rows'>,
): SavingDocument {
  const own = perTable.filter((saving) => saving.cell === cell);
  assert(own.length > 1, `a saving needs two tables, ${own.length} price the ${cell} cell`);
  const first = [...own, ...perTable.filter((saving) => saving.cell !== cell)];
  return {
    ...about,
    perTable: first,
    low: Math.min(...own.map(({ saving }) => saving)),
    high: Math.max(...own.map(({ saving }) => saving)),
    source: first.map(({ after }) => after.source).reduce(weakest),
  };
}
