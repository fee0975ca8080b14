import type { SwitchingCell } from '../../../solver-core/energy/switching/streams.ts';
import type { CellEnergy, Transitions } from '../../../solver-core/energy/switching/types.ts';

const sumMask = 2 ** 22 - 1;
/** Relative capacitances of a flip-flop, a partial-product bit and a full adder (method 5.1). */
const [flipFlop, product, fullAdder] = [1, 0.5, 1.5];

/**
 * The toggle model of method 5.1 with one row per set bit of the weight, as a cell: no netlist, so that tests of the selection do not wait
 * for gate-level simulation. Scaled to about 1 for random operands.
 */
export const toggleCell: SwitchingCell = {
  id: 'array',
  allowed: Array.from({ length: 255 }, (_, i) => i - 127),
  transitionEnergy(weight: number, seen: Transitions): CellEnergy {
    let [multiplier, adder, registers] = [0, 0, 0];
    const bits = weight & 0xff;
    for (let t = 0; t < seen.count; t++) {
      const [a0, a1] = [seen.activationBefore[t]!, seen.activation[t]!];
      const [p0, p1] = [seen.sumBefore[t]!, seen.sum[t]!];
      const [q0, q1] = [p0 + weight * a0, p1 + weight * a1];
      const rows = popcount(a0 ^ a1);
      let [s0, s1] = [0, 0];
      let first = true;
      for (let j = 0; j < 8; j++) {
        if ((bits & (1 << j)) === 0) continue;
        s0 += j === 7 ? -(a0 << 7) : a0 << j;
        s1 += j === 7 ? -(a1 << 7) : a1 << j;
        multiplier += product * rows + (first ? 0 : fullAdder * popcount((s0 ^ s1) & 0xffff));
        first = false;
      }
      const carries = p0 ^ (weight * a0) ^ q0 ^ p1 ^ (weight * a1) ^ q1;
      adder += (fullAdder / 2) * (popcount(carries & sumMask) + popcount((q0 ^ q1) & sumMask));
      registers += flipFlop * (rows + popcount((q0 ^ q1) & sumMask));
    }
    const scale = 1 / (85 * Math.max(1, seen.count));
    return { multiplier: multiplier * scale, adder: adder * scale, registers: registers * scale };
  },
};

function popcount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
