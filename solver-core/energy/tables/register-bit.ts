import type { Band } from '../quantity.ts';
import { scaleBand } from '../quantity.ts';

/**
 * Joules of one register bit in a clock in which it takes new, random data, by id of the constant table that prices one: the only place
 * where the figure stands; whatever prices registers starts from it. aladdin40's 0.009 pJ comes from Aladdin's characterisation of a
 * 40 nm register (harvard-acc/ALADDIN, common/power_func.h): 7.94 uW inside the cell and 1.06 uW of its output at 1 ns, the same energy
 * at every clock from 1 to 6 ns, and charged for each bit that is accessed whether it changes or not. So it is an energy per bit and
 * clock, of average data, most of it inside the cell (`value`, `high`). What data it was characterised with is not said; at the low end
 * it is read as that of a bit which toggles, and random data toggle every other bit.
 */
export const registerBitsJ: ReadonlyMap<string, Band> = new Map([
  [
    'aladdin40',
    { value: 9e-15, low: 4.5e-15, high: 9e-15, source: 'modelled', ref: 'aladdin40, register bit and clock; low: per bit that toggles' },
  ],
]);

/** The figure where no table is meant: that of the table which has one. */
export const registerBitJ: Band = [...registerBitsJ.values()][0]!;

/** Joules of a register bit that toggles: random data toggle every other one. */
export const registerToggleJ: Band = scaleBand(registerBitJ, 2);
