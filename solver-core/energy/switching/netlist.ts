import { assert } from '../../model/error.ts';
import arrayJson from './data/netlist-array.json' with { type: 'json' };
import boothJson from './data/netlist-booth.json' with { type: 'json' };
import shiftJson from './data/netlist-shift.json' with { type: 'json' };
import { sha256Ascii } from './sha256.ts';
import type { MacCellId } from './types.ts';

/** Kinds of gates by their number in a netlist. MUX reads two data nets and the select, which picks the second when it is 1. */
export const gateKinds = ['NOT', 'AND', 'OR', 'NAND', 'NOR', 'XOR', 'XNOR', 'MUX'] as const;
export type GateKind = (typeof gateKinds)[number];

/**
 * A synthesised multiply-add cell (hdl/mac, .ci/characterise-mac.mjs). Nets: 0 and 1 are the constants, then the bits of weight,
 * activation (8) and sum (22), lowest first, then one per gate, in topological order.
 */
export interface MacNetlist {
  readonly cell: MacCellId;
  readonly sha256: string;
  readonly weightBits: number;
  /** Weights the cell can hold, ascending, and the bits that stand for each on its weight port. */
  readonly allowed: readonly number[];
  readonly codes: readonly number[];
  /** [gates] index into `gateKinds`. */
  readonly kinds: readonly number[];
  /** Nets each gate reads, one gate after another: one for NOT, three for MUX, else two. */
  readonly pins: readonly number[];
  /** [gates] 0 multiplier, 1 adder. */
  readonly parts: readonly number[];
  /** [22] nets of the result, lowest bit first. */
  readonly outputs: readonly number[];
  /** Capacitance that toggles with each gate's output, and with the registers of activation and result; unit: see the data's `capacitance`. */
  readonly loads: { readonly gate: readonly number[]; readonly activation: readonly number[]; readonly sum: readonly number[] };
}

/** Nets a gate of this kind reads. */
export const pinCount = (kind: GateKind): number => (kind === 'NOT' ? 1 : kind === 'MUX' ? 3 : 2);

/** First net of each port and of the gates. */
export function netNumbers(weightBits: number): { weight: number; activation: number; sum: number; gates: number } {
  return { weight: 2, activation: 2 + weightBits, sum: 10 + weightBits, gates: 32 + weightBits };
}

/** The shipped netlist of a cell, its hash and its structure checked. */
export function macNetlist(cell: MacCellId): MacNetlist {
  return readNetlist({ array: arrayJson, booth: boothJson, shift: shiftJson }[cell]);
}

/**
 * A netlist from its data form. Our own data, so anything wrong is a mistake of ours.
 * @throws {Error} where hash or structure do not hold
 */
export function readNetlist(data: Omit<MacNetlist, 'cell'> & { readonly cell: string }): MacNetlist {
  const { sha256, ...rest } = data;
  const hash = sha256Ascii(JSON.stringify(rest));
  assert(hash === sha256, `netlist ${data.cell}: the data has SHA-256 ${hash}, it says ${sha256}`);
  const netlist = data as MacNetlist;
  checkStructure(netlist);
  return netlist;
}

function checkStructure(netlist: MacNetlist): void {
  const first = netNumbers(netlist.weightBits).gates;
  const gates = netlist.kinds.length;
  const where = `netlist ${netlist.cell}`;
  assert(
    netlist.parts.length === gates && netlist.loads.gate.length === gates,
    `${where}: ${gates} gates, but not as many parts and loads`,
  );
  assert(netlist.allowed.length === netlist.codes.length, `${where}: weights and codes differ in number`);
  let at = 0;
  netlist.kinds.forEach((kindNumber, i) => {
    const kind = gateKinds[kindNumber];
    assert(kind !== undefined, `${where}: gate ${i} is of kind ${kindNumber}`);
    const pins = netlist.pins.slice(at, (at += pinCount(kind)));
    assert(
      pins.length === pinCount(kind) && pins.every((net) => net >= 0 && net < first + i),
      `${where}: gate ${i} reads ${pins.join(', ')}`,
    );
  });
  assert(at === netlist.pins.length, `${where}: ${netlist.pins.length} pins, gates read ${at}`);
  assert(netlist.outputs.length === 22 && netlist.outputs.every((net) => net < first + gates), `${where}: outputs are not 22 nets`);
}
