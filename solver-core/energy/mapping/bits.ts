import type { Nest, Operand } from './nest.ts';
import { operands } from './nest.ts';
import type { Access, Level, Traffic } from './traffic.ts';

/** Widths of a layer's numbers on a target. */
export interface WordBits {
  readonly weights: number;
  /** Inputs and finished outputs. */
  readonly activations: number;
  /** Partial sums in the units. */
  readonly sums: number;
}

/** Tensors that live in the buffer for the whole inference, because the model is small enough. */
export interface Resident {
  readonly weights: boolean;
  readonly activations: boolean;
}

/** A layer on an array. */
export interface Mapping {
  readonly nest: Nest;
  readonly traffic: Traffic;
  readonly bits: WordBits;
  readonly resident: Resident;
  /**
   * What the layer does not fit, null when all is well. `buffer`: even the smallest tile is larger, and the counts are those of this tile.
   * `registers`: a row of the kernel is wider than those of a unit, and it is counted as if it fitted.
   */
  readonly misfit: 'buffer' | 'registers' | null;
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

/**
 * Bits of one operand at one level. A sum that will be added to is stored wide, a finished output as an activation. What lives in the buffer
 * does not cross DRAM, and neither arrives in the buffer nor leaves it.
 */
export function bitsAt({ traffic, bits, resident }: Mapping, level: Level, operand: Operand): BitCount {
  const access = traffic.levels[level][operand];
  const stays = operand === 'weights' ? resident.weights : resident.activations;
  if (level === 'dram' && stays) return nothing;
  if (level === 'registers' || level === 'array') return scaled(access, operand === 'outputs' ? bits.sums : widthOf(operand, bits));
  if (operand !== 'outputs') return scaled(stays ? { ...access, arrivals: 0 } : access, widthOf(operand, bits));
  const wide = storedSumBits(bits.sums);
  const { dram } = traffic.levels;
  const spilled = dram.outputs.reads;
  const finished = dram.outputs.writes - spilled;
  const leaving = finished * bits.activations + spilled * wide;
  if (level === 'dram') return { ...nothing, reads: spilled * wide, writes: leaving };
  const isPartial = access.reads > 0 || spilled > 0;
  return {
    reads: access.reads * wide,
    writes: access.writes * wide,
    arrivals: access.arrivals * (isPartial ? wide : bits.activations),
    departures: stays ? 0 : leaving,
  };
}

/** Bits of all operands that go in or out of a level, whether or not each has an energy of its own. */
export function crossingBits(mapping: Mapping, level: Level): number {
  return operands.reduce((sum, operand) => {
    const { reads, writes, arrivals, departures } = bitsAt(mapping, level, operand);
    return sum + reads + writes + arrivals + departures;
  }, 0);
}

const nothing: BitCount = { reads: 0, writes: 0, arrivals: 0, departures: 0 };

function widthOf(operand: 'weights' | 'inputs', bits: WordBits): number {
  return operand === 'weights' ? bits.weights : bits.activations;
}

function scaled(access: Access, bits: number): BitCount {
  return {
    reads: access.reads * bits,
    writes: access.writes * bits,
    arrivals: access.arrivals * bits,
    departures: access.departures * bits,
  };
}
