import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { families } from './tech-cells.ts';

const blocks = /SB_MAC16|MULT18X18D|ALU54B|DSP48E1/;

/** Cells by type after synthesis of the family's mac_dsp alone. */
async function cellsOf(family: (typeof families)[number]): Promise<Record<string, number>> {
  const { runYosys } = await import('@yowasp/yosys');
  const source = await readFile(join(projectRoot, family.cell), 'utf8');
  const script = `read_verilog -sv mac_dsp.sv; chparam -set DW ${family.wordBits} -set AW 48 mac_dsp; ${family.synthesis} -top mac_dsp; tee -q -o stat.json stat -json`;
  const out = await runYosys(['-q', '-p', script], { 'mac_dsp.sv': source }, { stdout: () => {}, stderr: () => {} });
  const stat = out?.['stat.json'];
  const text = typeof stat === 'string' ? stat : new TextDecoder().decode(stat as Uint8Array);
  return (JSON.parse(text) as { design: { num_cells_by_type: Record<string, number> } }).design.num_cells_by_type;
}

test.each(families)('mac_dsp of $name takes one $block and no other multiplier', async (family) => {
  const cells = await cellsOf(family);
  expect(Object.fromEntries(Object.entries(cells).filter(([type]) => blocks.test(type)))).toEqual({ [family.block]: 1 });
  // The accumulator of Xilinx is inside its block: no carry chain, no register outside.
  if (family.name === 'xc7') expect(Object.keys(cells).filter((type) => /CARRY4|FDRE|FDCE/.test(type))).toEqual([]);
});
