import { assert } from '../../model/error.ts';
import type { MacNetlist } from './netlist.ts';
import { gateKinds, netNumbers, pinCount } from './netlist.ts';

/** Operations of a program: and of two values, each inverted or not; exclusive or; choice of the second value where the third is 1. */
export const operations = { and: 0, xor: 1, choose: 2 } as const;

/** Numbers per step of a program: operation, three slots, inversion (0 or -1) of the three. */
export const stepSize = 7;

/** Slots 0..7 hold the bits of the activation, 8..29 those of the sum, the others what the steps compute, in their order. */
export const inputSlots = 30;

/** A net as a program sees it: a value that may toggle, or its inverse (-1), or a constant (slot -1, 0 or -1). */
export interface Literal {
  readonly slot: number;
  readonly invert: 0 | -1;
}

/**
 * A netlist with its weight fixed: constants are propagated, inverters and gates that compute the same are gone, and what they load is
 * charged to the value they follow, so that toggles are those of the netlist, gate for gate.
 */
export interface GateProgram {
  /** [steps, stepSize] */
  readonly steps: Int32Array;
  readonly slots: number;
  /** [slots] load of each value by part: multiplier, adder, registers. */
  readonly loads: readonly [Float64Array, Float64Array, Float64Array];
  /** [22] the result's bits. */
  readonly outputs: readonly Literal[];
  /** [gates] what each gate of the netlist computes. */
  readonly gates: readonly Literal[];
}

const constant = (value: boolean): Literal => ({ slot: -1, invert: value ? -1 : 0 });
const inverse = (x: Literal): Literal => ({ slot: x.slot, invert: x.invert === 0 ? -1 : 0 });

/** Steps under construction; equal operations on equal operands share one slot. */
class Builder {
  readonly steps: number[] = [];
  private readonly known = new Map<string, Literal>();

  get slots(): number {
    return inputSlots + this.steps.length / stepSize;
  }

  private step(operation: number, operands: readonly Literal[]): Literal {
    const [a, b, c] = [operands[0]!, operands[1]!, operands[2] ?? constant(false)];
    const numbers = [operation, a.slot, b.slot, Math.max(0, c.slot), a.invert, b.invert, c.invert];
    const key = numbers.join();
    const found = this.known.get(key);
    if (found) return found;
    const literal: Literal = { slot: this.slots, invert: 0 };
    this.steps.push(...numbers);
    this.known.set(key, literal);
    return literal;
  }

  and(a: Literal, b: Literal): Literal {
    if (a.slot > b.slot) return this.and(b, a);
    if (a.slot === -1) return a.invert === 0 ? a : b;
    if (a.slot === b.slot) return a.invert === b.invert ? a : constant(false);
    return this.step(operations.and, [a, b]);
  }

  xor(a: Literal, b: Literal): Literal {
    if (a.slot > b.slot) return this.xor(b, a);
    if (a.slot === -1) return a.invert === 0 ? b : inverse(b);
    if (a.slot === b.slot) return constant(a.invert !== b.invert);
    const plain = this.step(operations.xor, [
      { ...a, invert: 0 },
      { ...b, invert: 0 },
    ]);
    return a.invert === b.invert ? plain : inverse(plain);
  }

  choose(a: Literal, b: Literal, select: Literal): Literal {
    if (select.slot === -1) return select.invert === 0 ? a : b;
    if (a.slot === b.slot && a.invert === b.invert) return a;
    if (a.slot === -1 || b.slot === -1) return inverse(this.and(inverse(this.and(inverse(select), a)), inverse(this.and(select, b))));
    return this.step(operations.choose, [a, b, select]);
  }
}

/** The program of a cell that holds `weight`, which must be one of `netlist.allowed`. */
export function gateProgram(netlist: MacNetlist, weight: number): GateProgram {
  const index = netlist.allowed.indexOf(weight);
  assert(index >= 0, `the ${netlist.cell} cell cannot hold the weight ${weight}`);
  const code = netlist.codes[index]!;
  const numbers = netNumbers(netlist.weightBits);
  const builder = new Builder();
  const nets: Literal[] = [constant(false), constant(true)];
  for (let bit = 0; bit < netlist.weightBits; bit++) nets.push(constant(((code >> bit) & 1) === 1));
  for (let slot = 0; slot < inputSlots; slot++) nets.push({ slot, invert: 0 });
  let at = 0;
  for (const kind of netlist.kinds) {
    const count = pinCount(gateKinds[kind]!);
    const pins = netlist.pins.slice(at, at + count).map((net) => nets[net]!);
    at += count;
    nets.push(gate(builder, kind, pins));
  }
  const gates = nets.slice(numbers.gates);
  const outputs = netlist.outputs.map((net) => nets[net]!);
  const loads = loadsOf(netlist, builder.slots, gates, outputs);
  return { steps: Int32Array.from(builder.steps), slots: builder.slots, loads, outputs, gates };
}

function gate(builder: Builder, kindNumber: number, pins: readonly Literal[]): Literal {
  const [a, b] = [pins[0]!, pins[1] ?? pins[0]!];
  switch (gateKinds[kindNumber]!) {
    case 'NOT':
      return inverse(a);
    case 'AND':
      return builder.and(a, b);
    case 'NAND':
      return inverse(builder.and(a, b));
    case 'OR':
      return inverse(builder.and(inverse(a), inverse(b)));
    case 'NOR':
      return builder.and(inverse(a), inverse(b));
    case 'XOR':
      return builder.xor(a, b);
    case 'XNOR':
      return inverse(builder.xor(a, b));
    case 'MUX':
      return builder.choose(a, b, pins[2]!);
  }
}

function loadsOf(netlist: MacNetlist, slots: number, gates: readonly Literal[], outputs: readonly Literal[]): GateProgram['loads'] {
  const loads = [new Float64Array(slots), new Float64Array(slots), new Float64Array(slots)] as const;
  const charge = (part: number, literal: Literal, load: number): void => {
    if (literal.slot >= 0) loads[part]![literal.slot]! += load;
  };
  gates.forEach((literal, i) => charge(netlist.parts[i]!, literal, netlist.loads.gate[i]!));
  netlist.loads.activation.forEach((load, slot) => charge(2, { slot, invert: 0 }, load));
  netlist.loads.sum.forEach((load, i) => charge(2, outputs[i]!, load));
  return loads;
}
