import { assert } from '../../model/error.ts';
import type { Characterisation } from './characterisation.ts';
import { characterisation } from './characterisation.ts';
import type { Counting } from './gate-kernel.ts';
import { bitPlanes, runStream } from './gate-kernel.ts';
import { energyOf } from './gate-loads.ts';
import type { GateProgram } from './gate-program.ts';
import { gateProgram } from './gate-program.ts';
import type { MacNetlist } from './netlist.ts';
import { macNetlist } from './netlist.ts';
import type { CellEnergy, MacCellId, Transitions } from './types.ts';

/**
 * A multiply-add cell, simulated gate by gate without delays: every net settles once per clock. Energies are in the unit of
 * `CellEnergy`. What each method costs: about 5 ns per gate that can toggle and 32 transitions (bench/results/gates.md); the program
 * of a weight is made when it is first asked for and kept as long as the cell.
 */
export interface MacCell {
  readonly id: MacCellId;
  readonly netlistHash: string;
  /** Weights the cell can hold, ascending. Any other weight is a mistake of the caller. */
  readonly allowed: readonly number[];
  /** Mean energy per transition of a unit that holds `weight`; the pairs need not follow one another. No transitions: 0. */
  transitionEnergy(weight: number, transitions: Transitions): CellEnergy;
  /** The same for every weight of `allowed`, in its order; the transitions are packed once, which halves the time. */
  transitionEnergies(transitions: Transitions): readonly CellEnergy[];
  /**
   * Sum of the energies of all transitions of one stream (count - 1 of them), [count] activations (unsigned 8 bit) and sums that enter
   * (22 bit two's complement): twice as fast as the same transitions as pairs.
   */
  streamEnergy(weight: number, activations: Uint8Array, sums: Int32Array): CellEnergy;
  /**
   * The same for bit planes (`bitPlanes(values, 8)` and `bitPlanes(values, 22)`, whole streams of equal count), for whole arrays: the
   * planes of an activation serve every unit of its row, and `sums` is replaced by the result's planes, which enter the unit below.
   * A column of an array: start with `new Int32Array(22 * planeWords(count))` and call this for its units from top to bottom.
   */
  planesEnergy(weight: number, activations: Int32Array, sums: Int32Array): CellEnergy;
  /** Exact result, 22 bit: (sum + weight · activation) modulo 2^22, as a signed number. From the gates, for tests. */
  output(weight: number, activation: number, sum: number): number;
}

/** The shipped cell; hashes of its data are checked, which takes a few milliseconds: ask once and keep it. */
export function macCell(id: MacCellId): MacCell {
  const netlist = macNetlist(id);
  return cellOf(netlist, characterisation(id, netlist.sha256).uniformLoad);
}

/** A cell from a netlist and the load that toggles in it per clock under uniformly random operands. */
export function cellOf(netlist: MacNetlist, uniformLoad: Characterisation['uniformLoad']): MacCell {
  const unit = uniformLoad.multiplier + uniformLoad.adder + uniformLoad.registers;
  const programs = new Map<number, GateProgram>();
  const programFor = (weight: number): GateProgram => {
    const program = programs.get(weight) ?? gateProgram(netlist, weight);
    programs.set(weight, program);
    return program;
  };
  const planesEnergy = (weight: number, activations: Int32Array, sums: Int32Array, counting: Counting = 'every'): CellEnergy => {
    assert(activations.length * 22 === sums.length * 8, `planes of ${activations.length} and ${sums.length} words are not of one stream`);
    const program = programFor(weight);
    const toggles = new Float64Array(program.slots);
    runStream(program, activations, sums, counting, toggles);
    return energyOf(program, toggles, unit);
  };
  return {
    id: netlist.cell,
    netlistHash: netlist.sha256,
    allowed: netlist.allowed,
    planesEnergy: (weight, activations, sums) => planesEnergy(weight, activations, sums),
    streamEnergy: (weight, activations, sums) => {
      assert(activations.length === sums.length, `${activations.length} activations and ${sums.length} sums`);
      return planesEnergy(weight, bitPlanes(activations, 8), bitPlanes(sums, 22));
    },
    transitionEnergy: (weight, transitions) => {
      const { activations, sums } = pairPlanes(transitions);
      return scaled(planesEnergy(weight, activations, sums, 'second'), transitions.count);
    },
    transitionEnergies: (transitions) => {
      const { activations, sums } = pairPlanes(transitions);
      const work = new Int32Array(sums.length);
      return netlist.allowed.map((weight) => {
        work.set(sums);
        return scaled(planesEnergy(weight, activations, work, 'second'), transitions.count);
      });
    },
    output: (weight, activation, sum) => {
      const planes = bitPlanes(Int32Array.of(sum), 22);
      planesEnergy(weight, bitPlanes(Uint8Array.of(activation), 8), planes);
      let value = 0;
      for (let bit = 0; bit < 22; bit++) value |= (planes[(bit * planes.length) / 22]! & 1) << bit;
      return (value << 10) >> 10;
    },
  };
}

/** Before and after of every transition as two vectors, one behind the other. */
function pairPlanes(transitions: Transitions): { readonly activations: Int32Array; readonly sums: Int32Array } {
  const { count } = transitions;
  const activations = new Uint8Array(2 * count);
  const sums = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) {
    activations[2 * i] = transitions.activationBefore[i]!;
    activations[2 * i + 1] = transitions.activation[i]!;
    sums[2 * i] = transitions.sumBefore[i]!;
    sums[2 * i + 1] = transitions.sum[i]!;
  }
  return { activations: bitPlanes(activations, 8), sums: bitPlanes(sums, 22) };
}

/** Mean over `count` transitions, 0 for none. */
const scaled = (e: CellEnergy, count: number): CellEnergy => ({
  multiplier: count === 0 ? 0 : e.multiplier / count,
  adder: count === 0 ? 0 : e.adder / count,
  registers: count === 0 ? 0 : e.registers / count,
});
