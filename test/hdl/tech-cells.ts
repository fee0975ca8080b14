import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../shared.ts';

const run = promisify(execFile);
const vendorModels = 'node_modules/@yowasp/yosys/gen/share';

/** An FPGA family with a multiply-accumulate cell of its own: the model of its DSP block and the widest operand it takes. */
export interface Family {
  readonly name: 'ice40' | 'ecp5' | 'xc7';
  readonly cell: string;
  readonly model: string;
  readonly wordBits: number;
  /** Yosys command that maps to the family, and the name of its DSP block. */
  readonly synthesis: string;
  readonly block: string;
}

/** The families of hdl/rtl/tech; two use the models that come with Yosys, ECP5 our own. */
export const families: readonly Family[] = [
  {
    name: 'ice40',
    cell: 'hdl/rtl/tech/ice40/mac_dsp.sv',
    model: `${vendorModels}/ice40/cells_sim.v`,
    wordBits: 16,
    synthesis: 'synth_ice40 -device u',
    block: 'SB_MAC16',
  },
  {
    name: 'ecp5',
    cell: 'hdl/rtl/tech/ecp5/mac_dsp.sv',
    model: 'hdl/rtl/tech/ecp5/model/mult18x18d.sv',
    wordBits: 18,
    synthesis: 'synth_ecp5',
    block: 'MULT18X18D',
  },
  {
    name: 'xc7',
    cell: 'hdl/rtl/tech/xc7/mac_dsp.sv',
    model: `${vendorModels}/xilinx/cells_sim.v`,
    wordBits: 18,
    synthesis: 'synth_xilinx -family xc7',
    block: 'DSP48E1',
  },
];

/** Words of one clock: enables and load as a number 0..15 (operands 8, product 4, sum 2, load 1), operands, base. */
export interface Clock {
  readonly control: number;
  readonly a: bigint;
  readonly b: bigint;
  readonly base: bigint;
}

/** Every sequence of four controls occurs in it: a De Bruijn sequence of order 4 over 16 symbols, 65 536 long. */
export function allControls(): number[] {
  const symbols = 16;
  const order = 4;
  const word = new Array<number>(order + 1).fill(0);
  const sequence: number[] = [];
  const extend = (t: number, p: number): void => {
    if (t > order) {
      if (order % p === 0) sequence.push(...word.slice(1, p + 1));
      return;
    }
    word[t] = word[t - p]!;
    extend(t + 1, p);
    for (let s = word[t - p]! + 1; s < symbols; s++) {
      word[t] = s;
      extend(t + 1, t);
    }
  };
  extend(1, 1);
  return [...sequence, ...sequence.slice(0, order - 1)];
}

/** Three clocks that give both cells known registers; the words change, because a vendor's model notices changes only. */
const warmUp: readonly Clock[] = [8, 4, 3].map((control) => ({ control, a: 1n, b: 1n, base: BigInt(control) }));

/** Clocks in which the family's cell and the reference differ for this stimulus; `change` puts a defect into the cell. */
export async function differingClocks(
  family: Family,
  widths: { readonly wordBits: number; readonly accumulatorBits: number },
  clocks: readonly Clock[],
  change: (source: string) => string = (source) => source,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-mac-'));
  const file = (name: string): string => join(folder, name);
  const text = (path: string): Promise<string> => readFile(join(projectRoot, path), 'utf8');
  try {
    const all = [...warmUp, ...clocks];
    const word = ({ control, a, b, base }: Clock): string => {
      const fields: [bigint, number][] = [
        [BigInt(control), 4],
        [a, widths.wordBits],
        [b, widths.wordBits],
        [base, widths.accumulatorBits],
      ];
      return fields.reduce((packed, [value, bits]) => (packed << BigInt(bits)) | BigInt.asUintN(bits, value), 0n).toString(16);
    };
    await writeFile(file('stimulus.hex'), all.map(word).join('\n'));
    await writeFile(file('cell.sv'), change(await text(family.cell)));
    const reference = await text('hdl/rtl/tech/generic/mac_dsp.sv');
    await writeFile(file('reference.sv'), reference.replace('module mac_dsp ', 'module mac_dsp_reference '));
    const sets = { DW: widths.wordBits, AW: widths.accumulatorBits, CLOCKS: all.length };
    const options = Object.entries(sets).map(([name, value]) => `-Ptb_mac.${name}=${value}`);
    const sources = [join(projectRoot, family.model), file('reference.sv'), file('cell.sv'), join(projectRoot, 'hdl/test/tb_mac.sv')];
    // Without this name the models give ports default values, which Icarus does not know.
    const defines = ['-DNO_ICE40_DEFAULT_ASSIGNMENTS'];
    await run('iverilog', ['-g2012', ...defines, '-s', 'tb_mac', ...options, '-o', file('tb.vvp'), ...sources]);
    const { stdout } = await run('vvp', [file('tb.vvp'), `+stimulus=${file('stimulus.hex')}`]);
    const match = /clocks (\d+) differ (\d+)/.exec(stdout);
    if (match === null || Number(match[1]) !== all.length) throw new Error(`the bench did not finish: ${stdout.slice(-500)}`);
    return Number(match[2]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
