import { mapSections } from '../energy/map-target.ts';
import type { Band } from '../energy/quantity.ts';
import type { AccessEnergy, ArrayOnTarget, EnergyTarget, EventsOnTarget } from '../energy/target.ts';
import type { CalibrationDocument } from '../protocol/measure-documents.ts';

/**
 * Groups of constants that a calibration may scale. `all`: every energy of the target by one factor. `compute`: energy per multiply-add.
 * `memory`: energy per bit of every memory. `static`: static power. `rest`: memory and static power by one factor.
 */
export const constantGroups = ['all', 'compute', 'memory', 'static', 'rest'] as const;

export type ConstantGroup = (typeof constantGroups)[number];

/** What a calibration does to a target. */
export type Calibration = Pick<CalibrationDocument, 'constants' | 'date'> & { readonly residuals: readonly unknown[] };

/** Which groups scale each kind of constant. */
const groupsOf = {
  compute: ['all', 'compute'],
  memory: ['all', 'memory', 'rest'],
  static: ['all', 'static', 'rest'],
} as const satisfies Readonly<Record<string, readonly ConstantGroup[]>>;

/**
 * The target with its energies scaled by the factors of a calibration. Scaled constants say by what they were calibrated. Where the factor has a spread of its own (there were more measurements than constants) this spread replaces the constant's
 * band, because the measurements bound it better than the literature; a factor without one moves the band and leaves it as wide as it was.
 * Constants are `modelled` then; an assumed one becomes so only by a factor with a spread: one measurement says nothing about its band.
 */
export function calibratedTarget(target: EnergyTarget, calibration: Calibration): EnergyTarget {
  const scaled = scaledTarget(target, calibration);
  if (calibration.constants.every(({ factor }) => factor.low === factor.high)) return scaled;
  // The measurements are of inference: retraining follows their central values and keeps the bands of the literature.
  const constants = calibration.constants.map(({ name, factor }) => ({
    name,
    factor: { ...factor, low: factor.value, high: factor.value },
  }));
  return { ...scaled, retraining: scaledTarget(target, { ...calibration, constants }) };
}

function scaledTarget(target: EnergyTarget, calibration: Calibration): EnergyTarget {
  const scaled = (band: Band, kind: keyof typeof groupsOf): Band => {
    const names: readonly string[] = groupsOf[kind];
    const found = calibration.constants.find(({ name }) => names.includes(name));
    return found === undefined ? band : scaleConstant(band, found.factor, noteOf(calibration));
  };
  const { array, events } = target;
  return {
    ...target,
    arithmeticFactor: scaled(target.arithmeticFactor, 'compute'),
    overheadPerMacJ: target.overheadPerMacJ.high === 0 ? target.overheadPerMacJ : scaled(target.overheadPerMacJ, 'compute'),
    staticPowerW: target.staticPowerW === null ? null : scaled(target.staticPowerW, 'static'),
    refetch: pinned(target.refetch, calibration, groupsOf.memory),
    clockHz: pinned(target.clockHz, calibration, groupsOf.static),
    macsPerCycle: pinned(target.macsPerCycle, calibration, groupsOf.static),
    memories: target.memories.map((level) => ({
      ...level,
      energyPerBitJ: scaled(level.energyPerBitJ, 'memory'),
      ...(level.bitsPerCycle === undefined ? {} : { bitsPerCycle: pinned(level.bitsPerCycle, calibration, groupsOf.static) }),
    })),
    ...(array === undefined ? {} : { array: calibratedArray(array, scaled) }),
    ...(events === undefined ? {} : { events: calibratedEvents(events, scaled) }),
    ...mapSections(target, (band, kind) => {
      if (kind === 'relative') return pinned(band, calibration, groupsOf.compute);
      return kind === 'factor' ? band : scaled(band, kind);
    }),
    ...(boundsCompute(calibration) ? { isComputeMeasured: true } : {}),
  };
}

type Scaled = (band: Band, kind: keyof typeof groupsOf) => Band;

/** Accesses that are priced relative to a multiply-add follow the multiply-add. */
function calibratedArray(array: ArrayOnTarget, scaled: Scaled): ArrayOnTarget {
  const access = <T extends AccessEnergy | null>(energy: T): T =>
    energy?.kind === 'per-bit' ? { ...energy, energyPerBitJ: scaled(energy.energyPerBitJ, 'memory') } : energy;
  const { registers, array: units, buffer, dram } = array.access;
  return {
    ...array,
    access: { registers: access(registers), array: access(units), buffer: access(buffer), dram: access(dram) },
    idlePerUnitCycleJ: array.idlePerUnitCycleJ.high === 0 ? array.idlePerUnitCycleJ : scaled(array.idlePerUnitCycleJ, 'static'),
  };
}

function calibratedEvents(events: EventsOnTarget, scaled: Scaled): EventsOnTarget {
  return {
    ...events,
    eventJ: scaled(events.eventJ, 'compute'),
    macJ: scaled(events.macJ, 'compute'),
    weightLoadJ: scaled(events.weightLoadJ, 'memory'),
    stateAccessJ: scaled(events.stateAccessJ, 'memory'),
  };
}

/** True when the multiply-adds' energy has a spread from measurements, so that the spread of the constant tables no longer counts. */
export function boundsCompute(calibration: Calibration): boolean {
  const names: readonly string[] = groupsOf.compute;
  return calibration.constants.some(({ name, factor }) => names.includes(name) && factor.low < factor.high);
}

function scaleConstant(band: Band, factor: Band, note: string): Band {
  const spread = factor.low < factor.high;
  const { value, low, high } = band;
  return {
    value: value * factor.value,
    low: spread ? value * factor.low : low * factor.value,
    high: spread ? value * factor.high : high * factor.value,
    source: band.source === 'assumed' && !spread ? 'assumed' : 'modelled',
    ref: `${note}, from: ${band.ref}`,
  };
}

/** A constant that multiplies a scaled one: its spread is part of what was measured. */
function pinned(band: Band, calibration: Calibration, names: readonly string[]): Band {
  const factor = calibration.constants.find(({ name }) => names.includes(name))?.factor;
  if (factor === undefined || factor.low === factor.high) return band;
  return { ...band, low: band.value, high: band.value, source: band.source === 'assumed' ? 'modelled' : band.source };
}

function noteOf({ residuals, date }: Calibration): string {
  const count = residuals.length;
  return `calibrated on ${count} measurement${count === 1 ? '' : 's'} of ${date.slice(0, 10)}`;
}
