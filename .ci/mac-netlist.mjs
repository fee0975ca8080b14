// Gate-level netlists of the multiply-add cells of hdl/mac as data: synthesised with Yosys from npm, gates in topological order.
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readSources, root, sha256 } from './hdl-sources.mjs';
import { runTool } from './packaged-tool.mjs';

export const cellIds = ['array', 'booth', 'shift'];

/** Gates of the netlists, in the order of their numbers in the data. */
export const gateKinds = ['NOT', 'AND', 'OR', 'NAND', 'NOR', 'XOR', 'XNOR', 'MUX'];

/**
 * Capacitances in thirds of the input capacitance of a minimal inverter: pins and parasitics of minimal static CMOS gates after the
 * method of logical effort, transistor counts for the flip-flop. `wire` is what every driven pin adds.
 */
export const effortModel = {
  unit: 'thirds of the input capacitance of a minimal inverter',
  ref: 'own derivation by the method of logical effort (Sutherland, Sproull and Harris 1999, tables of logical effort and parasitic delay); wires and flip-flop assumed',
  // AND and OR hold an inverter behind a NAND or NOR: its pin and the parasitic of the gate in front of it toggle with the output.
  // MUX pins: two data, then the select with its complement.
  pins: { NOT: [3], AND: [4, 4], OR: [5, 5], NAND: [4, 4], NOR: [5, 5], XOR: [12, 12], XNOR: [12, 12], MUX: [6, 6, 12] },
  output: { NOT: 3, AND: 12, OR: 12, NAND: 6, NOR: 6, XOR: 12, XNOR: 12, MUX: 12 },
  wire: 3,
  // A flip-flop's data pin, and its inner nodes that follow the data: master, slave, output.
  registerPin: 6,
  registerInner: 36,
  // Clock pin, local inverters and transmission gates of a flip-flop, both edges of a cycle: not part of any energy below.
  registerClock: 48,
};

/** Every gate alike, for sensitivity: a toggle costs one unit and one for each pin it drives. */
export const fanOutModel = {
  unit: 'driven pins plus one',
  ref: 'count of pins, for sensitivity',
  pins: Object.fromEntries(Object.entries(effortModel.pins).map(([kind, pins]) => [kind, pins.map(() => 1)])),
  output: Object.fromEntries(Object.keys(effortModel.output).map((kind) => [kind, 1])),
  wire: 0,
  registerPin: 1,
  registerInner: 4,
  registerClock: 4,
};

/** Text of every RTL source of the cells by its path. */
export async function macSources(from = root) {
  const names = (await readdir(resolve(from, 'hdl/mac'))).filter((name) => name.endsWith('.sv')).sort();
  return readSources(
    names.map((name) => `hdl/mac/${name}`),
    from,
  );
}

/** Synthesis: each module by itself, so that gates stay where the RTL puts them, then one flat netlist without constants. */
export const synthesisScript = (top) => [
  `hierarchy -check -top ${top}`,
  'proc',
  'opt',
  'techmap',
  'opt',
  'abc -g AND,NAND,NOR,XOR,XNOR,MUX',
  'opt_clean',
  'flatten',
  'opt -full',
  'opt_clean -purge',
  'write_json netlist.json',
];

/** Yosys' own JSON of a cell's top after synthesis. */
async function synthesise(cell, sources) {
  const { runYosys } = await import('@yowasp/yosys');
  const files = Object.fromEntries(Object.entries(sources).map(([path, text]) => [path.split('/').at(-1), text]));
  const script = [`read_verilog -sv ${Object.keys(files).join(' ')}`, ...synthesisScript(`mac_${cell}`)].join('; ');
  const output = (await runTool(runYosys, ['-q', '-p', script], files)).files['netlist.json'];
  const text = typeof output === 'string' ? output : new TextDecoder().decode(output);
  return JSON.parse(text).modules[`mac_${cell}`];
}

const weightOf = (cell) => {
  if (cell !== 'shift') {
    const allowed = Array.from({ length: 255 }, (_, i) => i - 127);
    return { allowed, codes: allowed.map((w) => w & 255) };
  }
  const powers = Array.from({ length: 7 }, (_, k) => k);
  const entries = [...powers.map((k) => [-(2 ** k), 0b11000 | k]).reverse(), [0, 0], ...powers.map((k) => [2 ** k, 0b10000 | k])];
  return { allowed: entries.map(([w]) => w), codes: entries.map(([, code]) => code) };
};

/** 0 multiplier, 1 adder, by the instance in a gate's name; gates that replaced others across constants have none. */
const partByName = (name) => ({ multiplier: 0, adder: 1 })[/u_(multiplier|adder)\b/.exec(name)?.[1]];

/** The part of a gate without a name of its own: that of the gates which read it. */
function partByReaders(net, drivers) {
  const parts = new Set([...drivers.values()].filter(({ pins, part }) => part !== undefined && pins.includes(net)).map(({ part }) => part));
  if (parts.size !== 1) throw new Error(`net ${net} belongs to ${parts.size} parts`);
  return [...parts][0];
}

/** Gates in topological order, inputs before those that read them: depth first from the outputs, so that no name decides. */
function levelise(module, inputs, outputs) {
  const numbers = new Map([['0', 0], ['1', 1], ...inputs.map((bit, i) => [bit, i + 2])]);
  const drivers = new Map();
  for (const [name, cell] of Object.entries(module.cells)) {
    const kind = /^\$_(\w+)_$/.exec(cell.type)?.[1];
    if (kind === 'DFF_P') continue;
    if (!gateKinds.includes(kind)) throw new Error(`${name}: gate ${cell.type} is not one of ${gateKinds.join(', ')}`);
    const pins = ['A', 'B', 'S'].flatMap((pin) => cell.connections[pin] ?? []);
    drivers.set(cell.connections.Y[0], { kind, pins, part: partByName(name) });
  }
  const gates = [];
  const visit = (bit) => {
    const known = numbers.get(bit);
    if (known !== undefined) return known;
    const driver = drivers.get(bit);
    if (driver === undefined) throw new Error(`net ${bit} has no driver`);
    const pins = driver.pins.map(visit);
    const number = inputs.length + 2 + gates.length;
    gates.push({ kind: driver.kind, pins, part: driver.part ?? partByReaders(bit, drivers) });
    numbers.set(bit, number);
    return number;
  };
  const outputNets = outputs.map(visit);
  if (gates.length !== drivers.size) throw new Error(`${drivers.size - gates.length} gates drive no output`);
  return { gates, outputs: outputNets };
}

/** What toggles with each gate's output, and with the registers: own parasitic, driven pins and their wires. */
function loads(model, gates, outputs, firstSum, inputs) {
  const first = inputs + 2;
  const driven = new Array(first + gates.length).fill(0);
  for (const { kind, pins } of gates) pins.forEach((net, i) => (driven[net] += model.pins[kind][i] + model.wire));
  for (const net of outputs) driven[net] += model.registerPin + model.wire;
  const gate = gates.map(({ kind }, i) => model.output[kind] + driven[first + i]);
  const next = model.registerPin + model.wire;
  // An activation goes on to the next unit's register, a sum to the next unit's adder.
  const activation = Array.from({ length: 8 }, (_, i) => model.registerInner + driven[firstSum - 8 + i] + next);
  const sum = outputs.map((_, i) => model.registerInner + driven[firstSum + i]);
  return { gate, activation, sum };
}

/** Loads of a netlist in its data form under another model. */
export function loadsUnder(model, netlist) {
  const inputs = netlist.weightBits + 30;
  return loads(model, gatesOf(netlist), netlist.outputs, netlist.weightBits + 10, inputs);
}

function gatesOf(netlist) {
  const gates = [];
  for (let i = 0, at = 0; i < netlist.kinds.length; i++) {
    const kind = gateKinds[netlist.kinds[i]];
    const count = effortModel.pins[kind].length;
    gates.push({ kind, pins: netlist.pins.slice(at, at + count) });
    at += count;
  }
  return gates;
}

/** Canonical form of a netlist: JSON without spaces, keys as they stand, without its own hash. */
export function canonicalNetlist(netlist) {
  return JSON.stringify({ ...netlist, sha256: undefined });
}

/**
 * The netlist of a cell as data. Nets: 0 and 1 are the constants, then the bits of weight, activation and sum, lowest first, then the
 * outputs of the gates in their order. `pins` lists the nets each gate reads, one gate after another.
 */
export async function macNetlist(cell, { sources, yosys }) {
  const module = await synthesise(cell, sources);
  const port = (name) => module.ports[name].bits;
  const registers = Object.values(module.cells).filter(({ type }) => type === '$_DFF_P_');
  const behind = new Map(registers.map(({ connections }) => [connections.Q[0], connections.D[0]]));
  const inputs = [...port('weight_i'), ...port('activation_o'), ...port('sum_i')];
  const { gates, outputs } = levelise(
    module,
    inputs,
    port('sum_o').map((bit) => behind.get(bit)),
  );
  const weightBits = port('weight_i').length;
  const netlist = {
    schema: 'tierwise.mac-netlist/1',
    cell,
    top: `mac_${cell}`,
    yosys,
    script: synthesisScript(`mac_${cell}`).join('; '),
    rtlSha256: Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, sha256(text)])),
    capacitance: effortModel,
    weightBits,
    ...weightOf(cell),
    gateKinds,
    kinds: gates.map(({ kind }) => gateKinds.indexOf(kind)),
    pins: gates.flatMap(({ pins }) => pins),
    parts: gates.map(({ part }) => part),
    outputs,
    loads: loads(effortModel, gates, outputs, weightBits + 10, inputs.length),
  };
  return { ...netlist, sha256: sha256(canonicalNetlist(netlist)) };
}
