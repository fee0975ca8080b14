import type { Band, Quantity } from '../quantity.ts';
import { quantity, timesBand } from '../quantity.ts';
import type { EnergyTable, EnergyTarget } from '../target.ts';
import { characterisation } from './characterisation.ts';
import { macNetlist } from './netlist.ts';
import { switchedJoules } from './price.ts';
import type { SimulatedUnits, SwitchedCells } from './price.ts';

/**
 * What real operands switch, of what uniformly random ones do: every layer of the three networks of bench/results/switching.md lies
 * between 0.29 and 0.80. Constant tables price random operands, so the value is 1. Weights that were chosen for low energy, and layers
 * whose inputs hardly ever change, may lie below.
 */
export const dataActivity: Band = {
  value: 1,
  low: 0.28,
  high: 1,
  source: 'modelled',
  ref: 'priced as uniformly random operands; trained weights on real rows were found to switch 0.28 to 1 of it',
};

/** What `macs` multiply-adds switch in each of these cells when weights, activations and sums are uniformly random: 1 each, by part. */
export function uniformlySwitched(units: Pick<SimulatedUnits, 'cells'>, macs: number): SwitchedCells {
  return units.cells.map((cell) => {
    const { multiplier, adder, registers } = characterisation(cell, macNetlist(cell).sha256).uniformLoad;
    const perMac = macs / (multiplier + adder + registers);
    return { cell, energy: { multiplier: multiplier * perMac, adder: adder * perMac, registers: registers * perMac } };
  });
}

/**
 * Joules of `macs` multiply-adds without looking at data: the same cells, with the same parts at the same prices, as a simulation of the
 * target's units, under uniformly random operands; the low end holds what real operands switch less (`dataActivity`).
 */
export function expectedJoules(
  units: Pick<SimulatedUnits, 'cells'>,
  macs: number,
  target: EnergyTarget,
  tables: readonly EnergyTable[],
): Quantity<'J'> {
  const ref = `multiplier, 22-bit adder and 30 register bits of a unit by ${tables.map(({ id }) => id).join(', ')}`;
  const random = switchedJoules(uniformlySwitched(units, macs), target, tables, ref);
  return quantity('J', timesBand({ ...random, ref }, dataActivity));
}
