import type { Layer } from '../model/layer.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, macOn, staticPart } from './cost.ts';
import { precisionOf } from './mac.ts';
import type { Mapping } from './mapping/bits.ts';
import { bitsAt, crossingBits } from './mapping/bits.ts';
import { mappingDocument } from './mapping/describe.ts';
import { operands } from './mapping/nest.ts';
import type { Level } from './mapping/traffic.ts';
import type { Band } from './quantity.ts';
import { addBand, divideBand, scaleBand, timesBand } from './quantity.ts';
import type { AccessEnergy, ArrayOnTarget, EnergyTarget, MemoryLevel } from './target.ts';
import { modelCount } from './work.ts';

/**
 * Joules of one forward pass of a mapped layer, batch 1: `compute` (MACs by the constant tables), `registers`, `array` (between units),
 * `buffer`, `off-chip`, `idle` (units that do not multiply, for the cycles of the mapping) and `static` (power while nothing switches, for the
 * same cycles). Parts without energy are left out.
 */
export function arrayInference(layer: Layer, mapping: Mapping, array: ArrayOnTarget, context: EnergyContext): Breakdown {
  const { target } = context;
  const precision = precisionOf(target.arithmetic.inference, layer);
  const byTables = macOn(withoutOverhead(target), context, precision);
  const mac = array.multiplyAddFactor === undefined ? byTables : timesBand(byTables, array.multiplyAddFactor);
  const wordBits = precision.kind === 'int' ? Math.max(precision.weightBits, precision.activationBits) : precision.bits;
  const perBit = (access: AccessEnergy): Band =>
    access.kind === 'per-bit' ? access.energyPerBitJ : scaleBand(timesBand(byTables, access.macsPerWord), 1 / wordBits);
  const level = (name: Level, energy: Band): Band => timesBand(energy, modelCount(chargedBits(mapping, name, array)));
  const memory = (name: 'buffer' | 'dram', at: MemoryLevel | undefined): Band => {
    const own = array.access[name];
    return own === null ? (at?.energyPerBitJ ?? modelCount(0)) : perBit(own);
  };
  const { cycles, waitsFor } = cyclesOf(mapping, target);
  const units = array.rows * array.columns;
  const idleCycles = { ...cycles, ...mapEnds(cycles, (n) => units * n - mapping.traffic.macs) };
  const parts: (readonly [string, Band])[] = [
    ['compute', timesBand(mac, modelCount(mapping.traffic.macs))],
    ['registers', level('registers', perBit(array.access.registers))],
    ['array', level('array', perBit(array.access.array))],
    ['buffer', level('buffer', memory('buffer', target.memories[0]))],
    ['off-chip', level('dram', memory('dram', target.memories.at(-1)))],
    ['idle', timesBand(array.idlePerUnitCycleJ, idleCycles)],
    ...staticPart(target, divideBand(cycles, target.clockHz)),
  ];
  return {
    ...breakdown(parts.filter(([name, band]) => name === 'compute' || band.high > 0)),
    mapping: mappingDocument(mapping, array, { cycles: Math.ceil(cycles.value), for: waitsFor }),
  };
}

/**
 * Cycles of a mapped layer: those of the array, or of the memory that takes longest where its bits per cycle are known. Transfers and
 * multiply-adds overlap fully.
 */
function cyclesOf(mapping: Mapping, target: EnergyTarget): { readonly cycles: Band; readonly waitsFor: string | null } {
  let cycles = modelCount(mapping.traffic.cycles);
  let waitsFor: string | null = null;
  const [buffer, dram] = [target.memories[0], target.memories.at(-1)];
  for (const [level, memory] of [['buffer', buffer] as const, ['dram', dram] as const]) {
    if (memory?.bitsPerCycle === undefined) continue;
    const moved = divideBand(modelCount(crossingBits(mapping, level)), memory.bitsPerCycle);
    if (moved.high <= cycles.low) continue;
    if (moved.value > cycles.value) waitsFor = memory.name;
    cycles = maxBand(cycles, moved);
  }
  return { cycles, waitsFor };
}

function maxBand(a: Band, b: Band): Band {
  return { ...addBand(a, b), value: Math.max(a.value, b.value), low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) };
}

function mapEnds({ value, low, high }: Band, f: (n: number) => number): Pick<Band, 'value' | 'low' | 'high'> {
  return { value: f(value), low: f(low), high: f(high) };
}

/** Bits at a level that cost an access: all of them, or without those whose energy is part of the transfer that brings or takes them. */
export function chargedBits(mapping: Mapping, level: Level, array: Pick<ArrayOnTarget, 'chargeArrivals'>): number {
  let bits = 0;
  for (const operand of operands) {
    const { reads, writes, arrivals, departures } = bitsAt(mapping, level, operand);
    bits += reads + writes + (array.chargeArrivals ? arrivals + departures : 0);
  }
  return bits;
}

/** The registers beside a multiplier are a level of their own on an array. */
function withoutOverhead(target: EnergyTarget): EnergyTarget {
  return { ...target, overheadPerMacJ: modelCount(0) };
}
