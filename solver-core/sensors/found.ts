import type { SensorDocument, SensorKind } from '../protocol/measure-documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import type { Sensor } from './types.ts';

/** What a meter's figure contains: the processor of this machine, an unknown rail of it, a graphics card, an accelerator card or a board. */
export type Coverage = 'processor' | 'rail' | 'gpu' | 'card' | 'board';

/** A meter that was looked for. `open` is null unless it is ready. */
export interface FoundSensor {
  readonly info: SensorDocument;
  readonly covers: Coverage;
  readonly open: (() => Promise<Sensor>) | null;
}

/** A meter that cannot be used: which, why and what to do. */
export function unusable(
  kind: SensorKind,
  covers: Coverage,
  state: Exclude<SensorDocument['state'], 'ready'>,
  reason: string,
  change: Partial<SensorDocument> = {},
): FoundSensor {
  const info: SensorDocument = {
    id: kind,
    kind,
    name: names[kind],
    state,
    domain: domains[covers],
    reading: kind === 'rapl' ? 'counter' : 'power',
    updateIntervalMs: null,
    power: null,
    reason,
    ...change,
  };
  return { info, covers, open: null };
}

/** A power that a meter showed at one moment. */
export function momentaryPower(watts: number, ref: string): Quantity<'W'> {
  return { value: watts, unit: 'W', low: watts, high: watts, source: 'measured', ref };
}

const names: Readonly<Record<SensorKind, string>> = {
  rapl: 'RAPL energy counters',
  nvml: 'NVIDIA graphics card',
  hwmon: 'INA power monitor (hwmon)',
  xrt: 'accelerator card (XRT)',
  board: 'board at a serial port',
};

const domains: Readonly<Record<Coverage, string>> = {
  processor: 'processor packages',
  rail: 'a supply rail of this machine',
  gpu: 'graphics card',
  card: 'accelerator card',
  board: 'board',
};
