import { assert } from '../../model/error.ts';
import { bitPlanes } from './gate-kernel.ts';
import type { MacNetlist } from './netlist.ts';
import { gateKinds, netNumbers, pinCount } from './netlist.ts';
import type { Transitions } from './types.ts';

/** Load that toggles, by part, over a number of transitions: with every gate one unit of time slow, and without delays. */
export interface DelayedLoads {
  readonly delayed: readonly [number, number, number];
  readonly settled: readonly [number, number, number];
}

/**
 * Runs 32 pairs of vectors per word through a netlist in which every gate takes one unit of time: all inputs change at once, then all
 * gates step together until nothing changes. Counts every change (glitches) beside those of the settled values. Meant for reports:
 * about 50 steps per word, some hundred times slower than the kernel without delays.
 */
export function delayedLoads(netlist: MacNetlist, weight: number, transitions: Transitions): DelayedLoads {
  const { count, activationBefore, activation, sumBefore, sum } = transitions;
  const before = planesOf(activationBefore, sumBefore);
  const after = planesOf(activation, sum);
  const code = netlist.codes[netlist.allowed.indexOf(weight)];
  assert(code !== undefined, `the ${netlist.cell} cell cannot hold the weight ${weight}`);
  const first = netNumbers(netlist.weightBits);
  const nets = first.gates + netlist.kinds.length;
  const delayed: [number, number, number] = [0, 0, 0];
  const settled: [number, number, number] = [0, 0, 0];
  const values = new Int32Array(nets);
  const next = new Int32Array(nets);
  values[1] = -1;
  for (let bit = 0; bit < netlist.weightBits; bit++) values[first.weight + bit] = (code >> bit) & 1 ? -1 : 0;
  for (let word = 0; word * 32 < count; word++) {
    // Lanes behind the last pair stay as they are.
    const lanes = count - word * 32 < 32 ? (1 << (count - word * 32)) - 1 : -1;
    place(values, before, word, first.activation, -1);
    while (step(netlist, values, next, undefined));
    const start = values.slice();
    place(values, after, word, first.activation, lanes);
    // A chain of as many gates as there are would still settle within this many steps.
    let steps = 0;
    while (step(netlist, values, next, delayed)) assert(++steps <= nets, `netlist ${netlist.cell} does not settle`);
    for (let i = 0; i < netlist.kinds.length; i++) {
      settled[netlist.parts[i]! as 0 | 1] += ones(start[first.gates + i]! ^ values[first.gates + i]!) * netlist.loads.gate[i]!;
    }
    const registers = registerLoad(netlist, start, values, first.activation);
    delayed[2] += registers;
    settled[2] += registers;
  }
  return { delayed, settled };
}

/** Registers see settled values only, with or without delays. */
function registerLoad(netlist: MacNetlist, before: Int32Array, after: Int32Array, activation: number): number {
  let load = 0;
  netlist.loads.activation.forEach((each, bit) => (load += each * ones(before[activation + bit]! ^ after[activation + bit]!)));
  netlist.loads.sum.forEach((each, bit) => {
    const net = netlist.outputs[bit]!;
    load += each * ones(before[net]! ^ after[net]!);
  });
  return load;
}

/** Planes of activations and sums, one behind the other. */
function planesOf(activations: Uint8Array, sums: Int32Array): Int32Array {
  return Int32Array.from([...bitPlanes(activations, 8), ...bitPlanes(sums, 22)]);
}

function place(values: Int32Array, planes: Int32Array, word: number, firstNet: number, lanes: number): void {
  const words = planes.length / 30;
  for (let bit = 0; bit < 30; bit++) {
    const net = firstNet + bit;
    values[net] = (values[net]! & ~lanes) | (planes[bit * words + word]! & lanes);
  }
}

/** One unit of time: every gate takes the values its inputs had before. Adds the changes by part and says whether there were any. */
function step(netlist: MacNetlist, values: Int32Array, next: Int32Array, loads: [number, number, number] | undefined): boolean {
  const first = netNumbers(netlist.weightBits).gates;
  let at = 0;
  let changed = false;
  for (let i = 0; i < netlist.kinds.length; i++) {
    const kind = gateKinds[netlist.kinds[i]!]!;
    const a = values[netlist.pins[at]!]!;
    const b = values[netlist.pins[at + 1] ?? 0]!;
    const c = values[netlist.pins[at + 2] ?? 0]!;
    at += pinCount(kind);
    const value = evaluate(kind, a, b, c);
    const difference = value ^ values[first + i]!;
    next[first + i] = value;
    if (difference === 0) continue;
    changed = true;
    if (loads) loads[netlist.parts[i]! as 0 | 1] += ones(difference) * netlist.loads.gate[i]!;
  }
  values.set(next.subarray(first), first);
  return changed;
}

/** A gate on 32 vectors; for MUX `c` is the select. */
export function evaluate(kind: (typeof gateKinds)[number], a: number, b: number, c: number): number {
  switch (kind) {
    case 'NOT':
      return ~a;
    case 'AND':
      return a & b;
    case 'OR':
      return a | b;
    case 'NAND':
      return ~(a & b);
    case 'NOR':
      return ~(a | b);
    case 'XOR':
      return a ^ b;
    case 'XNOR':
      return ~(a ^ b);
    case 'MUX':
      return (a & ~c) | (b & c);
  }
}

function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
