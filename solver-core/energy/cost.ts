import type { EnergyComponent, MappingDocument } from '../protocol/documents.ts';
import type { Precision } from './mac.ts';
import { macEnergy } from './mac.ts';
import type { Band, Quantity } from './quantity.ts';
import { addBand, divideBand, quantity, sum, timesBand } from './quantity.ts';
import type { EnergyTable, EnergyTarget, MemoryLevel } from './target.ts';

/** What every energy function computes with. */
export interface EnergyContext {
  readonly target: EnergyTarget;
  /** The computer beside an FPGA, which refines a solution; the target itself where it needs no host. */
  readonly host: EnergyTarget;
  readonly tables: readonly EnergyTable[];
  /** False: the tables' central value only; used to find out which assumption makes the band. */
  readonly tableSpread: boolean;
  /** What replaces these for retraining, on a target that was calibrated on inference. */
  readonly retraining?: Pick<EnergyContext, 'target' | 'host' | 'tableSpread'>;
}

/** The context that prices retraining: the same one but on a target that was calibrated on inference. */
export function retrainingContext(context: EnergyContext): EnergyContext {
  return context.retraining === undefined ? context : { ...context, ...context.retraining };
}

/** A total with its named parts; the parts sum to the total. */
export interface Breakdown {
  readonly total: Quantity<'J'>;
  readonly components: readonly EnergyComponent[];
  /** How the layer lies on an array, where the figure comes from such a mapping. */
  readonly mapping?: MappingDocument;
}

/** Joules per multiply-add of this precision on `target`: table · arithmeticFactor + overhead. */
export function macOn(target: EnergyTarget, context: EnergyContext, precision: Precision): Band {
  const band = macEnergy(context.tables, precision);
  const table = context.tableSpread ? band : { ...band, low: band.value, high: band.value };
  const arithmetic = timesBand(table, target.arithmeticFactor);
  return target.overheadPerMacJ.high === 0 ? arithmetic : addBand(arithmetic, target.overheadPerMacJ);
}

/** Joules of moving `bits` through a memory level, refetches included. */
export function trafficEnergy(context: EnergyContext, level: MemoryLevel, bits: Band): Band {
  return timesBand(timesBand(level.energyPerBitJ, bits), context.target.refetch);
}

/** Seconds that `macs` multiply-adds take at the target's average rate. */
export function timeOf(target: EnergyTarget, macs: Band): Band {
  return divideBand(macs, timesBand(target.macsPerCycle, target.clockHz));
}

/** The nearest memory level that holds `sizeBytes`; the last level holds everything. */
export function levelFor(target: EnergyTarget, sizeBytes: number): MemoryLevel {
  const found = target.memories.find((level) => level.sizeBytes === null || level.sizeBytes >= sizeBytes);
  return found ?? (target.memories.at(-1) as MemoryLevel);
}

/** Named energies (at least one) as components, and their sum. */
export function breakdown(parts: readonly (readonly [string, Band])[]): Breakdown {
  const components = parts.map(([name, band]): EnergyComponent => ({ name, energy: quantity('J', band) }));
  return { total: sum(components.map((c) => c.energy)), components };
}

/** The static energy over `seconds` as a named part; none for a target whose overhead per MAC holds it. */
export function staticPart(target: EnergyTarget, seconds: Band): readonly (readonly [string, Band])[] {
  return target.staticPowerW === null ? [] : [['static', timesBand(target.staticPowerW, seconds)]];
}
