import type { Band } from './quantity.ts';
import type { AccessEnergy, ArrayOnTarget, EnergyTarget, EventsOnTarget } from './target.ts';

/** The same target with `f` applied to every band of its constants. */
export function mapTarget(target: EnergyTarget, f: (band: Band) => Band): EnergyTarget {
  return {
    ...target,
    clockHz: f(target.clockHz),
    macsPerCycle: f(target.macsPerCycle),
    arithmeticFactor: f(target.arithmeticFactor),
    overheadPerMacJ: f(target.overheadPerMacJ),
    staticPowerW: target.staticPowerW === null ? null : f(target.staticPowerW),
    refetch: f(target.refetch),
    memories: target.memories.map((level) => ({
      ...level,
      energyPerBitJ: f(level.energyPerBitJ),
      ...(level.bitsPerCycle === undefined ? {} : { bitsPerCycle: f(level.bitsPerCycle) }),
    })),
    engine:
      target.engine === null
        ? null
        : { ...target.engine, activity: f(target.engine.activity), linkEnergyPerBitJ: f(target.engine.linkEnergyPerBitJ) },
    ...mapSections(target, f),
  };
}

/** What a constant of an `array` or `events` section is: an energy that a calibration may scale, by group, a cost relative to a multiply-add, or another factor or share. */
export type SectionConstant = 'compute' | 'memory' | 'static' | 'factor' | 'relative';

/** The `array` and `events` sections of a target, where it has them, with `f` applied to every band. */
export function mapSections(
  { array, events }: EnergyTarget,
  f: (band: Band, kind: SectionConstant) => Band,
): Pick<EnergyTarget, 'array' | 'events'> {
  return {
    ...(array === undefined ? {} : { array: mapArray(array, f) }),
    ...(events === undefined ? {} : { events: mapEvents(events, f) }),
  };
}

type SectionMap = (band: Band, kind: SectionConstant) => Band;

function mapArray(array: ArrayOnTarget, f: SectionMap): ArrayOnTarget {
  const { registers, array: between, buffer, dram } = array.access;
  return {
    ...array,
    access: {
      registers: mapAccess(registers, f),
      array: mapAccess(between, f),
      buffer: buffer === null ? null : mapAccess(buffer, f),
      dram: dram === null ? null : mapAccess(dram, f),
    },
    idlePerUnitCycleJ: f(array.idlePerUnitCycleJ, 'static'),
    ...(array.multiplyAddFactor === undefined ? {} : { multiplyAddFactor: f(array.multiplyAddFactor, 'factor') }),
  };
}

function mapAccess(access: AccessEnergy, f: SectionMap): AccessEnergy {
  return access.kind === 'per-bit'
    ? { kind: 'per-bit', energyPerBitJ: f(access.energyPerBitJ, 'memory') }
    : { kind: 'relative', macsPerWord: f(access.macsPerWord, 'relative') };
}

function mapEvents(events: EventsOnTarget, f: SectionMap): EventsOnTarget {
  const { thresholdJ, centreJ } = events;
  return {
    ...events,
    nonzeroInputs: f(events.nonzeroInputs, 'factor'),
    eventJ: f(events.eventJ, 'memory'),
    macJ: f(events.macJ, 'compute'),
    weightLoadsPerMac: f(events.weightLoadsPerMac, 'factor'),
    weightLoadJ: f(events.weightLoadJ, 'memory'),
    stateAccessesPerMac: f(events.stateAccessesPerMac, 'factor'),
    stateAccessJ: f(events.stateAccessJ, 'memory'),
    ...(thresholdJ === undefined ? {} : { thresholdJ: f(thresholdJ, 'compute') }),
    ...(centreJ === undefined ? {} : { centreJ: f(centreJ, 'compute') }),
  };
}
