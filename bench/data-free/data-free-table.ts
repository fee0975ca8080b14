import type { MacCellId } from '../../solver-core/energy/switching/types.ts';
import { cellParts, weightCount, weightIndex } from '../../solver-core/energy/switching/types.ts';
import { assert } from '../../solver-core/model/error.ts';
import arrayJson from './strata-array.json' with { type: 'json' };
import boothJson from './strata-booth.json' with { type: 'json' };
import shiftJson from './strata-shift.json' with { type: 'json' };

/** Whether an activation is 0 before and after a transition: class = 2 · (before is not 0) + (after is not 0). */
export const activationClasses = ['zero', 'rising', 'falling', 'active'] as const;

/** Groups of transitions of the partial sum: how many of its 12 most significant bits change. */
export const sumGroups = 13;

/** The tables as .ci/characterise-mac.mjs writes them. */
interface Strata {
  readonly netlistSha256: string;
  readonly allowed: readonly number[];
  /** Unit of the tables in the unit of `CellEnergy`. */
  readonly resolution: number;
  /** [4 classes][allowed]: the multiplier does not see the sum; the others [4 classes · 13 groups][allowed]. */
  readonly multiplier: readonly (readonly number[])[];
  readonly adder: readonly (readonly number[])[];
  readonly registers: readonly (readonly number[])[];
}

/** Energy of each weight of a cell by class and group of its transitions. */
export interface DataFreeTable {
  readonly cell: MacCellId;
  /**
   * [4 · 13, 255] mean energy per transition for each part, in the unit of `CellEnergy`; row class · 13 + group. NaN where the cell
   * cannot hold the weight.
   */
  readonly byPart: readonly [Float64Array, Float64Array, Float64Array];
}

/**
 * Energies without a layer's data: transitions drawn uniformly within each class and group. For weights of a layer weight the rows by
 * how often its transitions fall into them (`energyByWeight`). Nothing of the product uses it: uniformly random operands switch 1.2 to 3.4
 * times what a layer's own do, and the constant tables price such operands already (bench/results/switching.md).
 */
export function dataFreeTable(cell: MacCellId, netlistHash: string): DataFreeTable {
  const data: Strata = { array: arrayJson, booth: boothJson, shift: shiftJson }[cell];
  assert(data.netlistSha256 === netlistHash, `the strata of the ${cell} cell are of netlist ${data.netlistSha256}, not ${netlistHash}`);
  const byPart = cellParts.map((part) => {
    const table = new Float64Array(activationClasses.length * sumGroups * weightCount).fill(NaN);
    for (let row = 0; row < activationClasses.length * sumGroups; row++) {
      const values = data[part][part === 'multiplier' ? Math.floor(row / sumGroups) : row]!;
      data.allowed.forEach((weight, i) => (table[row * weightCount + weightIndex(weight)] = values[i]! * data.resolution));
    }
    return table;
  });
  return { cell, byPart: byPart as [Float64Array, Float64Array, Float64Array] };
}

/**
 * Shares of the classes and groups under uniformly random operands: [4 · 13], sum 1. Activations are 0 once in 256; the 12 bits change
 * independently.
 */
export function uniformShares(): Float64Array {
  const shares = new Float64Array(activationClasses.length * sumGroups);
  const zero = 1 / 256;
  const byClass = [zero * zero, zero * (1 - zero), zero * (1 - zero), (1 - zero) * (1 - zero)];
  let ways = 1;
  for (let group = 0; group < sumGroups; group++) {
    byClass.forEach((share, i) => (shares[i * sumGroups + group] = (share * ways) / 4096));
    ways = (ways * (12 - group)) / (group + 1);
  }
  return shares;
}

/** [255] mean energy of each weight, all parts together, where transitions fall into the rows of the table with these shares [4 · 13]. */
export function energyByWeight(table: DataFreeTable, shares: Float64Array): Float64Array {
  const energy = new Float64Array(weightCount);
  for (let row = 0; row < shares.length; row++) {
    for (let v = 0; v < weightCount; v++) {
      for (const part of table.byPart) energy[v]! += shares[row]! * part[row * weightCount + v]!;
    }
  }
  return energy;
}
