import type { Band } from './quantity.ts';
import type { AccessEnergy, EnergyTarget, EventsOnTarget } from './target.ts';

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
    memories: target.memories.map((level) => ({ ...level, energyPerBitJ: f(level.energyPerBitJ) })),
    engine:
      target.engine === null
        ? null
        : { ...target.engine, activity: f(target.engine.activity), linkEnergyPerBitJ: f(target.engine.linkEnergyPerBitJ) },
    ...mapArray(target, f),
    ...(target.events === undefined ? {} : { events: mapEvents(target.events, f) }),
  };
}

function mapArray({ array }: EnergyTarget, f: (band: Band) => Band): Pick<EnergyTarget, 'array'> {
  if (array === undefined) return {};
  const { registers, array: between, buffer, dram } = array.access;
  return {
    array: {
      ...array,
      access: {
        registers: mapAccess(registers, f),
        array: mapAccess(between, f),
        buffer: buffer === null ? null : mapAccess(buffer, f),
        dram: dram === null ? null : mapAccess(dram, f),
      },
      idlePerUnitCycleJ: f(array.idlePerUnitCycleJ),
      ...(array.multiplyAddFactor === undefined ? {} : { multiplyAddFactor: f(array.multiplyAddFactor) }),
    },
  };
}

function mapAccess(access: AccessEnergy, f: (band: Band) => Band): AccessEnergy {
  return access.kind === 'per-bit'
    ? { kind: 'per-bit', energyPerBitJ: f(access.energyPerBitJ) }
    : { kind: 'relative', macsPerWord: f(access.macsPerWord) };
}

function mapEvents(events: EventsOnTarget, f: (band: Band) => Band): EventsOnTarget {
  return {
    nonzeroInputs: f(events.nonzeroInputs),
    eventJ: f(events.eventJ),
    macJ: f(events.macJ),
    weightLoadsPerMac: f(events.weightLoadsPerMac),
    weightLoadJ: f(events.weightLoadJ),
    stateAccessesPerMac: f(events.stateAccessesPerMac),
    stateAccessJ: f(events.stateAccessJ),
  };
}
