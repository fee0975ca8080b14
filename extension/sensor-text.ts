import type { SensorDocument } from '../solver-core/protocol/index.ts';
import { formatQuantity, type Translate } from './format.ts';
import { inert } from './inert.ts';

const icons: Readonly<Record<SensorDocument['state'], string>> = {
  ready: 'pass',
  'not-permitted': 'lock',
  absent: 'circle-slash',
  stale: 'history',
  malformed: 'warning',
};

/** The state of a meter in words. "Not permitted" is another finding than "not there", and says so. */
export function sensorState(state: SensorDocument['state'], t: Translate): string {
  const words: Readonly<Record<SensorDocument['state'], string>> = {
    ready: t('ready'),
    'not-permitted': t('there, but not permitted'),
    absent: t('not there'),
    stale: t('its value does not change'),
    malformed: t('says something that cannot be read'),
  };
  return words[state];
}

/** A meter as an entry of a list: its sign and name, what it covers and its state, and what to do or how often it tells. */
export function sensorItem(
  sensor: SensorDocument,
  t: Translate,
): { readonly label: string; readonly description: string; readonly detail: string } {
  const power = sensor.power === null ? [] : [t('{0} now', formatQuantity(sensor.power))];
  const interval = sensor.updateIntervalMs === null ? [] : [t('a new value every {0} ms', sensor.updateIntervalMs)];
  const kind = sensor.reading === 'counter' ? t('counts joules') : t('tells watts');
  return {
    label: `$(${icons[sensor.state]}) ${inert(sensor.name)}`,
    description: [inert(sensor.domain), sensorState(sensor.state, t), ...power].filter((part) => part !== '').join(' \u00b7 '),
    detail: sensor.reason === null ? [kind, ...interval].join(', ') : inert(sensor.reason),
  };
}

/** Ready meters first, then those that a permission would make ready. */
export function sortedSensors(sensors: readonly SensorDocument[]): readonly SensorDocument[] {
  const order: readonly SensorDocument['state'][] = ['ready', 'not-permitted', 'stale', 'malformed', 'absent'];
  return sensors.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

/** Why nothing can be measured, in a sentence: what was found and what was not. */
export function noSensorText(sensors: readonly SensorDocument[], t: Translate): string {
  const forbidden = sensors.filter(({ state }) => state === 'not-permitted');
  const [first] = forbidden;
  if (first === undefined) return t('This machine has no energy meter that can be read.');
  if (forbidden.length === 1) return t('There is an energy meter, {0}, but this user may not read it.', first.name);
  return t('There are {0} energy meters, but this user may not read them.', forbidden.length);
}
