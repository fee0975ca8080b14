import type { Quantity } from '../quantity.ts';
import { quantity, timesBand, weakest } from '../quantity.ts';
import type { EnergyTable, EnergyTarget } from '../target.ts';
import { cellJoules, energyBand } from './anchor.ts';
import { cells } from './cells.ts';
import type { ArrayShape } from './streams.ts';
import { defaultArray } from './streams.ts';
import type { CellEnergy, MacCellId } from './types.ts';

/** What a multiply-add of some work switches in each cell that could do it: energy in the unit of `CellEnergy`, the cell that is meant first. */
export type SwitchedCells = readonly { readonly cell: MacCellId; readonly energy: CellEnergy }[];

/** What stands for the units of a target's array. */
export interface SimulatedUnits {
  readonly array: ArrayShape;
  /** The cell that is meant first; the others tell how much the kind of multiplier matters. */
  readonly cells: readonly [MacCellId, ...MacCellId[]];
}

/**
 * The cells that stand for the units of a target's array, 64 x 64 of them where the target does not say; a string says why there are
 * none, as the end of "the multiply-adds cannot be simulated: …".
 */
export function simulatedUnits({ arithmetic, array, kind }: EnergyTarget): SimulatedUnits | string {
  const { inference } = arithmetic;
  if (kind !== 'asic') return `the cells are gates of an ASIC, and this is ${kind === 'fpga' ? 'an FPGA' : `of the kind ${kind}`}`;
  if (inference.kind === 'model') return "it multiplies numbers of the model's own widths, not 8-bit integers";
  if (inference.kind !== 'fixed' || inference.bits !== 8) return `it multiplies ${inference.bits}-bit numbers, not 8-bit integers`;
  if (array === undefined) return { array: defaultArray, cells: ['array', 'booth'] };
  if (array.dataflow !== 'weight-stationary') return `it is ${array.dataflow}; the streams of a weight-stationary array were simulated`;
  const cells = array.weightValues === 'powers-of-two' ? (['shift'] as const) : (['array', 'booth'] as const);
  return { array: { rows: array.rows, columns: array.columns }, cells };
}

/**
 * Joules of what switched: the geometric mean over the constant tables for the first cell; the band covers every table and every cell,
 * and the target's factors over the tables. The switching itself is simulated, but what a toggle costs is from the tables and partly
 * assumed: the source is the weakest of these. `ref` has to say both.
 */
export function switchedJoules(switched: SwitchedCells, target: EnergyTarget, tables: readonly EnergyTable[], ref: string): Quantity<'J'> {
  const own = target.array?.multiplyAddFactor;
  // The factor of a shifting unit is that of the shifter over a multiplier, which its gates have in them.
  const factor = own === undefined || switched[0]?.cell === 'shift' ? target.arithmeticFactor : timesBand(target.arithmeticFactor, own);
  const bands = switched.flatMap(({ cell, energy }, at) =>
    tables.map((table) => ({ first: at === 0, band: timesBand(energyBand(energy, cellJoules(cell, table)), factor) })),
  );
  const values = bands.filter(({ first }) => first).map(({ band }) => band.value);
  const low = Math.min(...bands.map(({ band }) => band.low));
  const high = Math.max(...bands.map(({ band }) => band.high));
  const value = values.every((v) => v > 0) ? Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length) : 0;
  const source = bands.map(({ band }) => band.source).reduce(weakest, 'simulated');
  return quantity('J', { value: Math.min(high, Math.max(low, value)), low, high, source, ref });
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
