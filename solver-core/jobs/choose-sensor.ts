import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { Coverage, FoundSensor } from '../sensors/found.ts';

/** A meter that can be opened. */
export type ReadySensor = FoundSensor & { readonly open: NonNullable<FoundSensor['open']> };

/** What a meter of these covers, when it is no part of the processor. */
const elsewhere: Readonly<Partial<Record<Coverage, string>>> = {
  gpu: 'a graphics card',
  card: 'an accelerator card',
  board: 'a board',
};

/**
 * The meter for a workload on this machine's processor: the one named by id or kind, else the processor's own counters. Throws
 * `sensor-unknown`, `sensor-not-permitted` (the rights are missing), `sensor-not-there` (or it is stale or malformed) and
 * `sensor-elsewhere` (its figure does not contain the processor), each with what to do.
 */
export function chooseSensor(sensors: readonly FoundSensor[], named: string | undefined): ReadySensor {
  const candidates =
    named === undefined
      ? sensors.filter(({ covers }) => covers === 'processor')
      : sensors.filter(({ info }) => info.id === named || info.kind === named);
  const ready = candidates.find((each): each is ReadySensor => each.open !== null);
  if (ready !== undefined) {
    const place = elsewhere[ready.covers];
    if (place === undefined) return ready;
    throw new TierwiseError(
      'sensor-elsewhere',
      `not measurable: ${quoteName(ready.info.id)} meters ${place}, and the model runs on the processor of this machine`,
      'Choose a meter whose figure contains the processor: `tierwise sensors` lists them.',
      { category: 'backend' },
    );
  }
  const first = candidates[0];
  if (first === undefined)
    throw new TierwiseError(
      'sensor-unknown',
      `there is no meter ${quoteName(named ?? '')}`,
      `Meters: ${sensors.map(({ info }) => info.id).join(', ')}. \`tierwise sensors\` says more.`,
      { category: 'usage' },
    );
  const code = first.info.state === 'not-permitted' ? 'sensor-not-permitted' : 'sensor-not-there';
  const what = {
    'not-permitted': 'may not be read',
    absent: 'is not there',
    stale: 'does not move',
    malformed: 'cannot be understood',
    ready: '',
  };
  throw new TierwiseError(
    code,
    `nothing was measured: the meter ${quoteName(first.info.id)} (${first.info.name}) ${what[first.info.state]}`,
    `${first.info.reason ?? ''} Estimates need no meter: \`tierwise energy\`.`,
    { category: 'backend' },
  );
}
