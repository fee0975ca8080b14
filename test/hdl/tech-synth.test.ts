import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { families } from './tech-cells.ts';

const blocks = /SB_MAC16|MULT18X18D|ALU54B|DSP48E1/;

interface Cell {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the cell asks of its block. A pass that packs registers into blocks must leave it alone: synth_ice40 -dsp does not. */
const asked: Readonly<Record<string, Readonly<Record<string, number | string>>>> = {
  ice40: { A_REG: 1, B_REG: 1, A_SIGNED: 1, B_SIGNED: 1, TOPOUTPUT_SELECT: 1, BOTOUTPUT_SELECT: 1 },
  ecp5: { REG_INPUTA_CLK: 'CLK0', REG_INPUTB_CLK: 'CLK0', REG_OUTPUT_CLK: 'CLK0', REG_OUTPUT_CE: 'CE1' },
  xc7: { AREG: 1, BREG: 1, CREG: 0, MREG: 1, PREG: 1, OPMODEREG: 0, ALUMODEREG: 0 },
};

/** Cells after synthesis of the family's mac_dsp alone. */
async function cellsOf(family: (typeof families)[number], synthesis = family.synthesis): Promise<readonly Cell[]> {
  const { runYosys } = await import('@yowasp/yosys');
  const source = await readFile(join(projectRoot, family.cell), 'utf8');
  const sets = `chparam -set DW ${family.wordBits} -set AW 48 mac_dsp`;
  const script = `read_verilog -sv mac_dsp.sv; ${sets}; ${synthesis} -top mac_dsp; write_json netlist.json`;
  const out = await runYosys(['-q', '-p', script], { 'mac_dsp.sv': source }, { stdout: () => {}, stderr: () => {} });
  const json = out?.['netlist.json'];
  const text = typeof json === 'string' ? json : new TextDecoder().decode(json as Uint8Array);
  // One of the modules is the cell, whatever name its parameters gave it; the others are the family's own, without contents.
  const { modules } = JSON.parse(text) as { modules: Record<string, { cells?: Record<string, Cell> }> };
  return Object.entries(modules).flatMap(([name, { cells }]) => (name.includes('mac_dsp') ? Object.values(cells ?? {}) : []));
}

/** Parameters of the one block as numbers or texts. */
function parametersOf(cell: Cell): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(cell.parameters).map(([name, value]) => [name, /^[01]+$/.test(value) ? parseInt(value, 2) : value]),
  );
}

test.each(families)('mac_dsp of $name takes one $block as it asks for it, and no other multiplier', async (family) => {
  const cells = await cellsOf(family);
  const found = cells.filter(({ type }) => blocks.test(type));
  expect(found.map(({ type }) => type)).toEqual([family.block]);
  expect(parametersOf(found[0]!)).toMatchObject(asked[family.name]!);
  // The accumulator of Xilinx is inside its block: no carry chain, no register outside.
  if (family.name === 'xc7') expect(cells.filter(({ type }) => /CARRY4|FDRE|FDCE/.test(type))).toEqual([]);
});

test('the check notices that synth_ice40 -dsp takes the registers out of the block', async () => {
  const [block] = (await cellsOf(families[0]!, 'synth_ice40 -device u -dsp')).filter(({ type }) => blocks.test(type));
  expect(parametersOf(block!)).not.toMatchObject(asked['ice40']!);
});
