import { describe, expect, test } from 'vitest';
import { icarus, titled } from './simulators.ts';
import type { Clock, Family } from './tech-cells.ts';
import { allControls, differingClocks, families } from './tech-cells.ts';

/** 32-bit words, always the same ones (xorshift32, seed 12345). */
function words(): () => bigint {
  let state = 12345;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return BigInt(state >>> 0);
  };
}

/** Every sequence of four controls, over corner words and random ones. */
function controlStimulus(wordBits: number, accumulatorBits: number): Clock[] {
  const next = words();
  const corners = (bits: number): bigint[] => [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n, -1n, 0n, 1n];
  const pick = (bits: number): bigint => {
    const choice = Number(next() % 8n);
    return corners(bits)[choice] ?? (next() << 32n) | next();
  };
  return allControls().map((control) => ({ control, a: pick(wordBits), b: pick(wordBits), base: pick(accumulatorBits) }));
}

/** Every pair of 8-bit operands, one per clock with all enables on, restarted now and then. */
function operandStimulus(): Clock[] {
  return Array.from({ length: 1 << 16 }, (_, i) => ({
    control: i % 37 === 0 ? 15 : 14,
    a: BigInt(i & 255),
    b: BigInt(i >> 8),
    base: BigInt(i) * 65537n,
  }));
}

const mutants: Readonly<Record<Family['name'], readonly (readonly [string, string, string])[]>> = {
  ice40: [
    ['operands are unsigned', ".A_SIGNED(1'b1)", ".A_SIGNED(1'b0)"],
    ['the product does not hold', '.OHOLDTOP(!en_mul_i)', ".OHOLDTOP(1'b0)"],
    ['a stage is missing', ".A_REG(1'b1)", ".A_REG(1'b0)"],
  ],
  ecp5: [
    ['the product follows the enable of the operands', '.REG_OUTPUT_CE("CE1")', '.REG_OUTPUT_CE("CE0")'],
    ['the sum is restarted from nothing', 'load_i ? base_i', "load_i ? '0"],
  ],
  xc7: [
    ['the base is added to the sum so far', "7'b0110101", "7'b0100101"],
    ['a stage is missing', '.MREG(1)', '.MREG(0)'],
    ['the sum does not hold', '.CEP(en_acc_i)', ".CEP(1'b1)"],
  ],
};

const title = titled('Icarus', icarus);

describe.skipIf(icarus === undefined).each(families)(`mac_dsp of $name equals the reference, in ${title}`, (family) => {
  const full = { wordBits: family.wordBits, accumulatorBits: 48 };

  test('in every sequence of four clocks of enables, over corner and random words', async () => {
    expect(await differingClocks(family, full, controlStimulus(full.wordBits, full.accumulatorBits))).toBe(0);
  });

  test('with a narrow accumulator that wraps', async () => {
    const narrow = { wordBits: 12, accumulatorBits: 26 };
    expect(await differingClocks(family, narrow, controlStimulus(12, 26))).toBe(0);
  });

  test('for every pair of 8-bit operands', async () => {
    expect(await differingClocks(family, { wordBits: 8, accumulatorBits: 40 }, operandStimulus())).toBe(0);
  });

  test.each(mutants[family.name])('and a cell is caught in which %s', async (_name, from, to) => {
    const change = (source: string): string => {
      expect(source.split(from).length, `"${from}" occurs once`).toBe(2);
      return source.replace(from, to);
    };
    const clocks = controlStimulus(full.wordBits, full.accumulatorBits).slice(-8192);
    expect(await differingClocks(family, full, clocks, change)).toBeGreaterThan(0);
  });

  test('a word wider than its multiplier stops at elaboration', async () => {
    const tooWide = { wordBits: family.wordBits + 1, accumulatorBits: 48 };
    await expect(differingClocks(family, tooWide, [])).rejects.toThrow('illegal_DW');
  });
});
