import type { MacCellId } from './types.ts';

/** What a cell is, for reports. */
export interface CellFacts {
  readonly id: MacCellId;
  readonly name: string;
  readonly summary: string;
}

/** Every characterised cell. RTL: hdl/mac; data: energy/switching/data. */
export const cells: readonly CellFacts[] = [
  { id: 'array', name: 'array multiplier', summary: 'carry-save array multiplier, weights -127 to 127, 22-bit adder, registers' },
  { id: 'booth', name: 'Booth multiplier', summary: 'radix-4 Booth multiplier, weights -127 to 127, 22-bit adder, registers' },
  { id: 'shift', name: 'shifter', summary: 'shifter and negation, weights 0 and plus or minus 1, 2, 4 .. 64, 22-bit adder, registers' },
];
