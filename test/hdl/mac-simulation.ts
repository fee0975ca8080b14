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

/** A netlist's nets as Verilog wires n0, n1, .. driven by the register `now`; every gate takes `delay` units of time. */
function wires(netlist: MacNetlist, delay: number): string[] {
  const { gates } = netNumbers(netlist.weightBits);
  let at = 0;
  const assigns = netlist.kinds.map((kindNumber, i) => {
    const kind = gateKinds[kindNumber]!;
    const pins = netlist.pins.slice(at, (at += pinCount(kind))).map((net) => `n${net}`);
    return `wire n${gates + i}; assign #${delay} n${gates + i} = ${expressions[kind](pins)};`;
  });
  const ports = Array.from({ length: gates - 2 }, (_, i) => {
    const [weight, activation] = [netlist.weightBits, netlist.weightBits + 8];
    const bit = i < weight ? 30 + i : i < activation ? 22 + i - weight : i - activation;
    return `wire n${2 + i} = now[${bit}];`;
  });
  return ["wire n0 = 1'b0;", "wire n1 = 1'b1;", ...ports, ...assigns];
}

const netCount = (netlist: MacNetlist): number => netNumbers(netlist.weightBits).gates + netlist.kinds.length;

/**
 * How often each net of a netlist settles to another value from one vector to the next: Icarus evaluates the gates as Verilog and prints
 * every net for every vector. One number per net, constants and ports included.
 */
export async function netToggles(netlist: MacNetlist, vectors: readonly MacVector[]): Promise<number[]> {
  const all = Array.from({ length: netCount(netlist) }, (_, net) => `n${net}`);
  const bench = `module bench;
 reg [37:0] now;
 ${memory(vectors.length)}
 ${wires(netlist, 0).join('\n ')}
 initial begin
  for (i = 0; i < ${vectors.length}; i = i + 1) begin
   #1 now = vectors[i];
   #1 $display("%b", {${all.join(', ')}});
  end
  $finish;
 end
endmodule`;
  const settled = await icarusLines(bench, [], vectors);
  const counts = new Array<number>(all.length).fill(0);
  settled.slice(1).forEach((line, i) => all.forEach((_, net) => (counts[net]! += line[net] === settled[i]![net] ? 0 : 1)));
  return counts;
}

/** How often each net changes where every gate takes one unit of time, from the first vector's settled values on. */
export async function delayedToggles(netlist: MacNetlist, vectors: readonly MacVector[]): Promise<number[]> {
  const all = Array.from({ length: netCount(netlist) }, (_, net) => net);
  const bench = `module bench;
 reg [37:0] now;
 reg counting = 0;
 ${memory(vectors.length)}
 ${wires(netlist, 1).join('\n ')}
 ${all.map((net) => `integer c${net} = 0; always @(n${net}) if (counting) c${net} = c${net} + 1;`).join('\n ')}
 initial begin
  #1 now = vectors[0];
  #1000 counting = 1;
  for (i = 1; i < ${vectors.length}; i = i + 1) begin
   now = vectors[i];
   #1000;
  end
  ${all.map((net) => `$display("%0d", c${net});`).join('\n  ')}
  $finish;
 end
endmodule`;
  return (await icarusLines(bench, [], vectors)).map(Number);
}
