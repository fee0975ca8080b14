import { assert } from '../../model/error.ts';
import arrayJson from './data/characterisation-array.json' with { type: 'json' };
import boothJson from './data/characterisation-booth.json' with { type: 'json' };
import shiftJson from './data/characterisation-shift.json' with { type: 'json' };
import type { CellEnergy, MacCellId } from './types.ts';

/** What .ci/characterise-mac.mjs found for a cell; written by it alone. */
export interface Characterisation {
  readonly netlistSha256: string;
  readonly allowed: readonly number[];
  /** Load that toggles per clock, by part, under uniformly random operands, sums and weights: the 1 of `CellEnergy`. */
  readonly uniformLoad: CellEnergy;
  /** [allowed] energy of each weight under uniformly random operands and sums. */
  readonly uniformEnergy: readonly number[];
  /** With every gate one unit of time slow: load over that of settled values, and the correlation of the weights' energies. */
  readonly delays: { readonly factor: CellEnergy & { readonly total: number }; readonly correlation: number };
  readonly sensitivity: {
    /** What the clock pins of the registers take in every clock, of the cell's mean energy; part of no energy. */
    readonly clock: { readonly ofUniform: number };
  };
}

/** The shipped characterisation of a cell, made from the netlist with this hash. */
export function characterisation(cell: MacCellId, netlistHash: string): Characterisation {
  const data: Characterisation = { array: arrayJson, booth: boothJson, shift: shiftJson }[cell];
  assert(data.netlistSha256 === netlistHash, `the ${cell} cell was characterised with netlist ${data.netlistSha256}, not ${netlistHash}`);
  return data;
}
