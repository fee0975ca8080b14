import { formatQuantity } from '../energy/format.ts';
import type { SensorDocument, SensorsDocument } from '../protocol/measure-documents.ts';
import { inert } from './cells.ts';

const widest = 900;

const stateWords: Readonly<Record<SensorDocument['state'], string>> = {
  ready: 'ready',
  'not-permitted': 'not permitted',
  absent: 'none',
  stale: 'stale',
  malformed: 'not understood',
};

/** The meters of a machine for a terminal, each with its state and, when it cannot be used, why and what to do. Ends with a newline. */
export function sensorsText({ sensors }: SensorsDocument): string {
  const ready = sensors.filter(({ state }) => state === 'ready');
  // Models run on the processor, so only what may contain it can meter them.
  const usable = ready.find(({ kind }) => kind === 'rapl') ?? ready.find(({ kind }) => kind === 'hwmon');
  const next =
    usable !== undefined
      ? `Next: tierwise measure MODEL${usable.kind === 'rapl' ? '' : ` --sensor ${inert(usable.id)}`}`
      : ready.length > 0
        ? 'The meters that are ready do not contain the processor, on which `tierwise measure` runs models.'
        : 'No meter can be used, so nothing can be measured here. That is usual in containers and cloud machines; estimates need none.';
  return [...sensors.flatMap(sensorLines), '', next, ''].join('\n');
}

/** Lines about one meter. */
function sensorLines(sensor: SensorDocument): readonly string[] {
  const { id, kind, name, state, domain, reading, updateIntervalMs, power, reason } = sensor;
  // Nothing of Tierwise runs on a graphics card, so no command could ever take its meter.
  const isListedOnly = state === 'ready' && kind === 'nvml';
  const head = `${inert(id)}: ${isListedOnly ? 'listed only' : stateWords[state]}, ${inert(name)}`;
  if (state !== 'ready') return [head, `    ${inert(reason ?? '', widest)}`];
  const interval = updateIntervalMs === null ? 'at an interval it does not tell' : `every ${updateIntervalMs} ms`;
  const how = reading === 'counter' ? 'counts joules' : 'shows watts, which are integrated';
  const now = power === null ? '' : `; ${formatQuantity(power, 3)} now`;
  const only = isListedOnly ? ['    it answers, but no command runs on a graphics card, so nothing is measured by it'] : [];
  return [head, `    covers ${inert(domain, widest)}`, `    ${how}, ${interval}${now}`, ...only];
}
