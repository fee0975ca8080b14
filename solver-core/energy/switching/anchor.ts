import type { Band } from '../quantity.ts';
import { addBand, exactBand, scaleBand, timesBand, weakest } from '../quantity.ts';
import { registerBitsJ } from '../tables/register-bit.ts';
import type { EnergyTable } from '../target.ts';
import { characterisation } from './characterisation.ts';
import { macNetlist } from './netlist.ts';
import type { CellEnergy, MacCellId } from './types.ts';
import { cellParts } from './types.ts';

/** Joules of one unit of each part of `CellEnergy`. */
export type CellJoules = Readonly<Record<keyof CellEnergy, Band>>;

/** Bits that the registers of a cell hold: activation and result. */
const registerBits = 8 + 22;

/**
 * What a cell's relative energies are worth under a constant table, so that uniformly random operands give the table's 8-bit multiply,
 * its 32-bit add scaled to 22 bits, and 30 register bits (tables/register-bit.ts). Where the table prices no register bit, registers take
 * the share of the whole that they have in the netlist (`assumed`). The shifter is in no table: its gates cost what those of the array
 * multiplier cost per capacitance that toggles (`assumed`), its adder and registers are the array's.
 */
export function cellJoules(cell: MacCellId, table: EnergyTable): CellJoules {
  const reference = cell === 'shift' ? 'array' : cell;
  const loads = uniformLoad(reference);
  const own = uniformLoad(cell);
  const unit = own.multiplier + own.adder + own.registers;
  const multiplier = table.operations.int8MulJ;
  const adder = scaleBand(table.operations.int32AddJ, 22 / 32);
  const registerBit = registerBitsJ.get(table.id);
  const registers = registerBit
    ? scaleBand(registerBit, registerBits)
    : timesBand(
        addBand(multiplier, adder),
        exactBand(loads.registers / (loads.multiplier + loads.adder), 'assumed', `registers by their share in the ${reference} netlist`),
      );
  const perUnit = { multiplier: scaleBand(multiplier, unit / loads.multiplier), adder: scaleBand(adder, unit / loads.adder) };
  const shifter = cell === 'shift' ? { source: weakest('assumed', multiplier.source), ref: `${multiplier.ref}; shifter by its gates` } : {};
  return {
    multiplier: { ...perUnit.multiplier, ...shifter },
    adder: perUnit.adder,
    registers: scaleBand(registers, unit / loads.registers),
  };
}

/** Joules of an energy of this cell: its parts by the anchor, added up. */
export function energyBand(energy: CellEnergy, joules: CellJoules): Band {
  return cellParts.map((part) => scaleBand(joules[part], energy[part])).reduce(addBand);
}

function uniformLoad(cell: MacCellId): CellEnergy {
  return characterisation(cell, macNetlist(cell).sha256).uniformLoad;
}
