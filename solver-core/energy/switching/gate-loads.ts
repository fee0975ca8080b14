import type { GateProgram } from './gate-program.ts';
import type { MacNetlist } from './netlist.ts';
import type { CellEnergy } from './types.ts';

/** Toggled load by part, divided by `unit`. */
export function energyOf(program: Pick<GateProgram, 'loads'>, toggles: Float64Array, unit: number): CellEnergy {
  const [multiplier, adder, registers] = program.loads.map((loads) => {
    let sum = 0;
    for (let slot = 0; slot < loads.length; slot++) sum += loads[slot]! * toggles[slot]!;
    return sum / unit;
  }) as [number, number, number];
  return { multiplier, adder, registers };
}

/** Loads per part of a program's slots under another capacitance model: the same toggles, other weights. */
export function reloaded(netlist: MacNetlist, program: GateProgram, loads: MacNetlist['loads']): GateProgram['loads'] {
  const result = [new Float64Array(program.slots), new Float64Array(program.slots), new Float64Array(program.slots)] as const;
  const charge = (part: number, slot: number, load: number): void => {
    if (slot >= 0) result[part]![slot]! += load;
  };
  program.gates.forEach(({ slot }, i) => charge(netlist.parts[i]!, slot, loads.gate[i]!));
  loads.activation.forEach((load, slot) => charge(2, slot, load));
  loads.sum.forEach((load, i) => charge(2, program.outputs[i]!.slot, load));
  return result;
}
