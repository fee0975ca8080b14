import type { Operand } from './nest.ts';
import type { Access, Level, Traffic } from './traffic.ts';

/** Widths of a layer's numbers on a target. */
export interface WordBits {
  readonly weights: number;
  /** Inputs and finished outputs. */
  readonly activations: number;
  /** Partial sums in the units. */
  readonly sums: number;
}

/** Bits read and written; the parts that are uses of a held word, and those that only bring or take it away, are kept apart. */
export interface BitCount {
  readonly reads: number;
  readonly writes: number;
  readonly arrivals: number;
  readonly departures: number;
}

/** Bits that a partial sum takes in a memory: the next of 8, 16, 32, 64. */
export function storedSumBits(sums: number): number {
  return Math.max(8, 2 ** Math.ceil(Math.log2(sums)));
}

/** Bits of one operand at one level. A sum that will be added to is stored wide, a finished output as an activation. */
export function bitsAt(traffic: Traffic, level: Level, operand: Operand, bits: WordBits): BitCount {
  const access = traffic.levels[level][operand];
  if (operand === 'weights') return scaled(access, bits.weights);
  if (operand === 'inputs') return scaled(access, bits.activations);
  if (level === 'registers' || level === 'array') return scaled(access, bits.sums);
  const wide = storedSumBits(bits.sums);
  const { dram } = traffic.levels;
  const spilled = dram.outputs.reads;
  const finished = dram.outputs.writes - spilled;
  const leaving = finished * bits.activations + spilled * wide;
  if (level === 'dram') return { reads: spilled * wide, writes: leaving, arrivals: 0, departures: 0 };
  const isPartial = access.reads > 0 || spilled > 0;
  return {
    reads: access.reads * wide,
    writes: access.writes * wide,
    arrivals: access.arrivals * (isPartial ? wide : bits.activations),
    departures: leaving,
  };
}

function scaled(access: Access, bits: number): BitCount {
  return {
    reads: access.reads * bits,
    writes: access.writes * bits,
    arrivals: access.arrivals * bits,
    departures: access.departures * bits,
  };
}
