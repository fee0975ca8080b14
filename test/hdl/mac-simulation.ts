import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MacNetlist } from '../../solver-core/energy/switching/netlist.ts';
import { gateKinds, netNumbers, pinCount } from '../../solver-core/energy/switching/netlist.ts';
import type { MacCellId } from '../../solver-core/energy/switching/types.ts';
import { projectRoot } from '../shared.ts';

const run = promisify(execFile);

/** What a unit sees: bits of its weight port, activation, sum as unsigned 22 bit. */
export interface MacVector {
  readonly code: number;
  readonly activation: number;
  readonly sum: number;
}

async function icarusLines(bench: string, sources: readonly string[], vectors: readonly MacVector[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-mac-'));
  try {
    const words = vectors.map((v) => ((BigInt(v.code) << 30n) | (BigInt(v.activation) << 22n) | BigInt(v.sum)).toString(16));
    await writeFile(join(folder, 'vectors.hex'), `${words.join('\n')}\n`);
    await writeFile(join(folder, 'bench.sv'), bench);
    await run('iverilog', ['-g2012', '-s', 'bench', '-o', join(folder, 'bench.vvp'), join(folder, 'bench.sv'), ...sources]);
    const { stdout } = await run('vvp', ['-n', join(folder, 'bench.vvp')], { cwd: folder, maxBuffer: 1 << 26 });
    return stdout.trim().split('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const memory = (count: number): string => `reg [37:0] vectors[0:${count - 1}];\n integer i;\n initial $readmemh("vectors.hex", vectors);`;

/** Results of the RTL of a cell in Icarus, unsigned 22 bit: both registers are clocked, the sum enters with the activation that has moved in. */
export async function rtlResults(cell: MacCellId, vectors: readonly MacVector[]): Promise<number[]> {
  const width = cell === 'shift' ? 5 : 8;
  const bench = `module bench;
 reg clk = 0;
 reg [37:0] now = 0;
 wire [7:0] a; wire [21:0] y;
 ${memory(vectors.length)}
 mac_${cell} dut (.clk_i(clk), .weight_i(now[${29 + width}:30]), .activation_i(now[29:22]), .sum_i(now[21:0]), .activation_o(a), .sum_o(y));
 initial begin
  for (i = 0; i < ${vectors.length}; i = i + 1) begin
   #1 now = vectors[i];
   #1 clk = 1; #1 clk = 0; #1 clk = 1; #1 clk = 0;
   $display("%0d", y);
  end
  $finish;
 end
endmodule`;
  const folder = join(projectRoot, 'hdl/mac');
  const sources = (await readdir(folder)).filter((name) => name.endsWith('.sv')).map((name) => join(folder, name));
  return (await icarusLines(bench, sources, vectors)).map(Number);
}

const expressions: Readonly<Record<(typeof gateKinds)[number], (pins: readonly string[]) => string>> = {
  NOT: ([a]) => `~${a}`,
  AND: ([a, b]) => `${a} & ${b}`,
  OR: ([a, b]) => `${a} | ${b}`,
  NAND: ([a, b]) => `~(${a} & ${b})`,
  NOR: ([a, b]) => `~(${a} | ${b})`,
  XOR: ([a, b]) => `${a} ^ ${b}`,
  XNOR: ([a, b]) => `~(${a} ^ ${b})`,
  MUX: ([a, b, s]) => `${s} ? ${b} : ${a}`,
};

/**
 * How often each net of a netlist settles to another value from one vector to the next: Icarus evaluates the gates as Verilog and prints
 * every net for every vector. One number per net, constants and ports included.
 */
export async function netToggles(netlist: MacNetlist, vectors: readonly MacVector[]): Promise<number[]> {
  const { gates } = netNumbers(netlist.weightBits);
  const nets = gates + netlist.kinds.length;
  let at = 0;
  const assigns = netlist.kinds.map((kindNumber, i) => {
    const kind = gateKinds[kindNumber]!;
    const pins = netlist.pins.slice(at, (at += pinCount(kind))).map((net) => `n${net}`);
    return `wire n${gates + i} = ${expressions[kind](pins)};`;
  });
  const ports = Array.from({ length: gates - 2 }, (_, i) => {
    const [weight, activation] = [netlist.weightBits, netlist.weightBits + 8];
    const bit = i < weight ? 30 + i : i < activation ? 22 + i - weight : i - activation;
    return `wire n${2 + i} = now[${bit}];`;
  });
  const all = Array.from({ length: nets }, (_, net) => `n${net}`);
  const bench = `module bench;
 reg [37:0] now;
 ${memory(vectors.length)}
 wire n0 = 1'b0;
 wire n1 = 1'b1;
 ${[...ports, ...assigns].join('\n ')}
 initial begin
  for (i = 0; i < ${vectors.length}; i = i + 1) begin
   #1 now = vectors[i];
   #1 $display("%b", {${all.join(', ')}});
  end
  $finish;
 end
endmodule`;
  const settled = await icarusLines(bench, [], vectors);
  const counts = new Array<number>(nets).fill(0);
  settled.slice(1).forEach((line, i) => {
    for (let net = 0; net < nets; net++) if (line[net] !== settled[i]![net]) counts[net]!++;
  });
  return counts;
}
