import type { Quantity } from '../quantity.ts';
import { quantity, timesBand } from '../quantity.ts';
import type { EnergyTable, EnergyTarget } from '../target.ts';
import { cellJoules, energyBand } from './anchor.ts';
import { cells } from './cells.ts';
import type { ArrayShape } from './streams.ts';
import { defaultArray } from './streams.ts';
import type { CellEnergy, MacCellId } from './types.ts';

/** What a multiply-add of some work switches in each cell that could do it: energy in the unit of `CellEnergy`, the cell that is meant first. */
export type SwitchedCells = readonly { readonly cell: MacCellId; readonly energy: CellEnergy }[];

/**
 * The array of a target whose units the simulated cells stand for, 64 x 64 where the target does not say; a string says why there is
 * none, as the end of "the multiply-adds cannot be simulated: …".
 */
export function simulatedArray({ arithmetic, array, kind }: EnergyTarget): ArrayShape | string {
  const { inference } = arithmetic;
  if (kind !== 'asic') return `the cells are gates of an ASIC, and this is ${kind === 'fpga' ? 'an FPGA' : `of the kind ${kind}`}`;
  if (inference.kind === 'model') return "it multiplies numbers of the model's own widths, not 8-bit integers";
  if (inference.kind !== 'fixed' || inference.bits !== 8) return `it multiplies ${inference.bits}-bit numbers, not 8-bit integers`;
  if (array === undefined) return defaultArray;
  if (array.dataflow !== 'weight-stationary') return `it is ${array.dataflow}; the streams of a weight-stationary array were simulated`;
  return { rows: array.rows, columns: array.columns };
}

/**
 * Joules of what switched: the geometric mean over the constant tables for the first cell; the band covers every table and every cell,
 * and the target's factor over the tables' process. The switching itself is simulated, what a toggle costs is from the tables.
 */
export function switchedJoules(switched: SwitchedCells, target: EnergyTarget, tables: readonly EnergyTable[], ref: string): Quantity<'J'> {
  const bands = switched.flatMap(({ cell, energy }, at) =>
    tables.map((table) => ({ first: at === 0, band: timesBand(energyBand(energy, cellJoules(cell, table)), target.arithmeticFactor) })),
  );
  const values = bands.filter(({ first }) => first).map(({ band }) => band.value);
  const low = Math.min(...bands.map(({ band }) => band.low));
  const high = Math.max(...bands.map(({ band }) => band.high));
  const value = values.every((v) => v > 0) ? Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length) : 0;
  return quantity('J', { value: Math.min(high, Math.max(low, value)), low, high, source: 'simulated', ref });
}

/** Sum of energies of one cell. */
export function addSwitched(a: SwitchedCells, b: SwitchedCells): SwitchedCells {
  return a.map(({ cell, energy }, at) => ({ cell, energy: plus(energy, b[at]!.energy) }));
}

/** Every energy times a factor. */
export function scaleSwitched(a: SwitchedCells, factor: number): SwitchedCells {
  return a.map(({ cell, energy: { multiplier, adder, registers } }) => ({
    cell,
    energy: { multiplier: multiplier * factor, adder: adder * factor, registers: registers * factor },
  }));
}

/** Short names of cells, for references: "array multiplier, Booth multiplier". */
export function cellNames(switched: SwitchedCells): string {
  return switched.map(({ cell }) => cells.find(({ id }) => id === cell)?.name ?? cell).join(', ');
}

function plus(a: CellEnergy, b: CellEnergy): CellEnergy {
  return { multiplier: a.multiplier + b.multiplier, adder: a.adder + b.adder, registers: a.registers + b.registers };
}
