import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { energyContext } from '../../../solver-core/energy/estimate.ts';
import { engineToggles, enginePhases, simulatedEngineEnergy } from '../../../solver-core/energy/engine-toggles.ts';
import { cellJoules } from '../../../solver-core/energy/switching/anchor.ts';
import { characterisation } from '../../../solver-core/energy/switching/characterisation.ts';
import { macNetlist } from '../../../solver-core/energy/switching/netlist.ts';
import { energyTables } from '../../../solver-core/energy/tables/index.ts';
import { registerBitJ, registerBitsJ, registerToggleJ } from '../../../solver-core/energy/tables/register-bit.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';

const ends = ['value', 'low', 'high'] as const;
const close = (a: number, b: number): void => expect(Math.abs(a / b - 1)).toBeLessThan(tolerances.sumFp64.relative);

describe('one energy of a register bit, whoever prices registers', () => {
  test('it is the 9 fJ of aladdin40 per bit and clock; per bit that toggles at the low end', () => {
    expect([...registerBitsJ.keys()]).toEqual(['aladdin40']);
    expect(energyTables.map(({ id }) => id)).toEqual(expect.arrayContaining([...registerBitsJ.keys()]));
    expect(registerBitJ).toMatchObject({ value: 9e-15, low: 4.5e-15, high: 9e-15, source: 'modelled' });
    for (const end of ends) close(registerToggleJ[end], 2 * registerBitJ[end]);
  });

  test('the 30 bits of a simulated unit take it under random operands', () => {
    const aladdin = energyTables.find(({ id }) => id === 'aladdin40')!;
    for (const cell of ['array', 'booth', 'shift'] as const) {
      const { multiplier, adder, registers } = characterisation(cell, macNetlist(cell).sha256).uniformLoad;
      const reference = characterisation('array', macNetlist('array').sha256).uniformLoad;
      // The registers of the shifter are the array's, loaded as they are there.
      const of = cell === 'shift' ? reference.registers : registers;
      for (const end of ends)
        close((cellJoules(cell, aladdin).registers[end] * of) / (multiplier + adder + registers), 30 * registerBitJ[end]);
    }
  });

  test('a bit that moves between units of the shipped systolic arrays takes it', () => {
    for (const id of ['systolic-64x64', 'shift-only-64x64']) {
      const access = energyTargets.get(id)!.array!.access.array;
      if (access.kind !== 'per-bit') throw new Error(`${id} prices no bit`);
      expect(access.energyPerBitJ).toMatchObject({ value: registerBitJ.value, high: registerBitJ.high, source: registerBitJ.source });
      // Training and solving have no mapping: 64 bits for each fp32 multiply-add; 30 that toggle every other time, and 96, are the ends.
      const { overheadPerMacJ } = energyTargets.get(id)!;
      close(overheadPerMacJ.value, 64 * registerBitJ.value);
      close(overheadPerMacJ.low, 30 * registerBitJ.low);
      close(overheadPerMacJ.high, 96 * registerBitJ.high);
      // Bits of data that stay the same for long, too, are in the band, by the other reading of the table.
      expect(access.energyPerBitJ.low).toBeLessThan(registerBitJ.low);
    }
  });

  test('the registers of the engine take it by their toggles', () => {
    const context = energyContext('up5k', energyTargets).value!;
    const engine = { cycles: 900, gramCycles: 500, cholCycles: 300, backCycles: 60, hostWords: 0, lanes: 8, wordBits: 18 };
    const bits = engineToggles(enginePhases(engine), 8, 18);
    const names = ['operand', 'product', 'accumulator', 'scaling', 'control'] as const;
    const { components } = simulatedEngineEnergy(engine, context)!;
    const registers = components.find(({ name }) => name === 'registers')!.energy;
    const { arithmeticFactor } = context.target;
    // The logic behind a register takes as much again, once to four times at the ends.
    for (const [end, logic] of [
      ['value', 2],
      ['low', 1],
      ['high', 4],
    ] as const)
      close(registers[end], names.reduce((sum, name) => sum + bits[name][end], 0) * registerToggleJ[end] * logic * arithmeticFactor[end]);
  });

  test('the number stands in one file of the core, and in the data of targets, which name it', () => {
    const folder = join(projectRoot, 'solver-core/energy');
    const holders = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .filter((path) => /\b(9e-15|0\.009e-12|0\.018e-12|1\.8e-14)\b/.test(readFileSync(join(folder, path), 'utf8')));
    expect(holders.map((path) => path.replaceAll('\\', '/'))).toEqual(['tables/register-bit.ts']);
  });
});
