import { formatSi } from './format.ts';
import type { Band } from './quantity.ts';
import type { AccessEnergy, ArrayOnTarget, EventsOnTarget, MemoryLevel } from './target.ts';

/** A constant for people: its value, and low, high and source where it has a band. */
export function range(band: Band, unit: string): string {
  const show = (value: number): string => (unit === '' ? String(Number(value.toPrecision(3))) : formatSi(value, unit));
  return band.low === band.high ? show(band.value) : `${show(band.value)} (${show(band.low)} to ${show(band.high)}, ${band.source})`;
}

/** What a bit costs in a memory, and how many it moves per cycle where that is known. */
export function memoryText({ name, energyPerBitJ, bitsPerCycle }: MemoryLevel): string {
  return `${name} ${range(energyPerBitJ, 'J')}${bitsPerCycle === undefined ? '' : ` and ${range(bitsPerCycle, '')} bits per cycle`}`;
}

/** What is assumed of an array. */
export function arrayText(array: ArrayOnTarget): string {
  const show = (name: string, access: AccessEnergy): string =>
    access.kind === 'per-bit'
      ? `${name} ${range(access.energyPerBitJ, 'J')} per bit`
      : `${name} ${range(access.macsPerWord, '')} multiply-adds per word`;
  const { registers, array: between, buffer, dram } = array.access;
  const own = [buffer === null ? '' : `, ${show('buffer', buffer)}`, dram === null ? '' : `, ${show('DRAM', dram)}`].join('');
  const factor = array.multiplyAddFactor;
  return [
    `An access costs: ${show('registers', registers)}, ${show('between units', between)}${own}; a unit that waits ${range(array.idlePerUnitCycleJ, 'J')} per cycle.`,
    ...(factor === undefined ? [] : [`A multiply-add costs ${range(factor, '')} times that of the tables.`]),
    ...(array.weightValues === undefined ? [] : ['Weights are taken to be 0 or powers of two: others cannot run on it.']),
  ].join(' ');
}

/** What is assumed of an event-driven processor. `areZerosMeasured`: its share of zeros is not used. */
export function eventsText(events: EventsOnTarget, areZerosMeasured = false): string {
  const share = areZerosMeasured
    ? 'Inputs are zero as measured; each other one costs'
    : `${range(events.nonzeroInputs, '')} of the inputs are not zero; each costs`;
  return (
    `${share} ${range(events.eventJ, 'J')}, and each multiply-add ${range(events.macJ, 'J')}, ` +
    `${range(events.weightLoadsPerMac, '')} loads of a weight and ${range(events.stateAccessesPerMac, '')} accesses to a sum. ` +
    'The low ends leave memory and events out, as the published figure per synaptic operation does; the high ends count every access.'
  );
}
