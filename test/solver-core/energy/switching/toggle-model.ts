import { popcount, sumMask } from '../../../../solver-core/energy/switching/groups.ts';
import type { SwitchingCell } from '../../../../solver-core/energy/switching/streams.ts';
import type { CellEnergy, Transitions } from '../../../../solver-core/energy/switching/types.ts';

const capacitance = { flipFlop: 1, partialProduct: 0.5, fullAdder: 1.5 };

/**
 * The toggle model of method 5.1: Hamming distances of the words inside a multiply-add unit instead of gates. A second opinion beside the
 * gate-level cells, and quick. The unit is not normalised.
 */
export function toggleCell(kind: 'array' | 'booth'): SwitchingCell {
  return {
    id: kind,
    allowed: Array.from({ length: 255 }, (_, i) => i - 127),
    transitionEnergy(weight, { count, activationBefore, activation, sumBefore, sum }: Transitions): CellEnergy {
      const rows = kind === 'booth' ? boothDigits(weight) : binaryDigits(weight);
      const total = { multiplier: 0, adder: 0, registers: 0 };
      for (let t = 0; t < count; t++) {
        const a0 = activationBefore[t]!;
        const a1 = activation[t]!;
        const q0 = sumBefore[t]! + weight * a0;
        const q1 = sum[t]! + weight * a1;
        const carries = sumBefore[t]! ^ (weight * a0) ^ q0 ^ sum[t]! ^ (weight * a1) ^ q1;
        const moved = popcount((q0 ^ q1) & sumMask);
        total.registers += capacitance.flipFlop * (popcount(a0 ^ a1) + moved);
        total.adder += (capacitance.fullAdder / 2) * (popcount(carries & sumMask) + moved);
        let s0 = 0;
        let s1 = 0;
        rows.forEach(({ digit, shift }, at) => {
          total.multiplier += capacitance.partialProduct * popcount((digit * a0) ^ (digit * a1));
          s0 += (digit * a0) << shift;
          s1 += (digit * a1) << shift;
          if (at > 0) total.multiplier += capacitance.fullAdder * popcount((s0 ^ s1) & 0xffff);
        });
      }
      return { multiplier: total.multiplier / count, adder: total.adder / count, registers: total.registers / count };
    },
  };
}

interface Digit {
  readonly digit: number;
  readonly shift: number;
}

/** Radix-4 digits -2..2 of an 8-bit number, zeros left out. */
function boothDigits(weight: number): readonly Digit[] {
  const digits: Digit[] = [];
  let previous = 0;
  for (let shift = 0; shift < 8; shift += 2) {
    const low = (weight >> shift) & 1;
    const high = (weight >> (shift + 1)) & 1;
    const digit = previous + low - 2 * high;
    previous = high;
    if (digit !== 0) digits.push({ digit, shift });
  }
  return digits;
}

/** One row per set bit; the sign bit counts negatively. */
function binaryDigits(weight: number): readonly Digit[] {
  const digits: Digit[] = [];
  for (let shift = 0; shift < 8; shift++) if (((weight >> shift) & 1) === 1) digits.push({ digit: shift === 7 ? -1 : 1, shift });
  return digits;
}
