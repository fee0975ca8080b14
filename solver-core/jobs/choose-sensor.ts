import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { Coverage, FoundSensor } from '../sensors/found.ts';

/** A meter that can be opened. */
export type ReadySensor = FoundSensor & { readonly open: NonNullable<FoundSensor['open']> };

/** What runs: the processor of this machine, an accelerator card, or a board. */
export type Place = 'processor' | 'card' | 'board';

/** What the figure of a meter may contain so that it can be that of a place. A rail may feed anything that hangs on this machine. */
const containing: Readonly<Record<Place, readonly Coverage[]>> = {
  processor: ['processor', 'rail'],
  card: ['card'],
  board: ['board', 'rail'],
};
const coverageWords: Readonly<Record<Coverage, string>> = {
  processor: 'the processor',
  rail: 'a supply rail',
  gpu: 'a graphics card',
  card: 'an accelerator card',
  board: 'a board',
};
const placeWords: Readonly<Record<Place, string>> = {
  processor: 'the processor of this machine',
  card: 'an accelerator card',
  board: 'a board',
};

/**
 * The meter for what runs at a place: the one named by id or kind, else that of the place itself. Of several cards one must be named by its
 * id, because XRT does not tell which of them it opens as card N. Throws `sensor-ambiguous` without that, `sensor-unknown`,
 * `sensor-not-permitted` (the rights are missing), `sensor-not-there` (or it is stale or malformed) and `sensor-elsewhere` (its figure
 * does not contain the place), each with what to do.
 */
export function chooseSensor(sensors: readonly FoundSensor[], named: string | undefined, place: Place): ReadySensor {
  const candidates =
    named === undefined
      ? sensors.filter(({ covers }) => covers === place)
      : sensors.filter(({ info }) => info.id === named || info.kind === named);
  const ready = candidates.find((each): each is ReadySensor => each.open !== null);
  if (ready !== undefined) {
    if (containing[place].includes(ready.covers)) {
      checkCard(sensors, ready, named);
      return ready;
    }
    throw new TierwiseError(
      'sensor-elsewhere',
      `not measurable: ${quoteName(ready.info.id)} meters ${coverageWords[ready.covers]}, and this runs on ${placeWords[place]}`,
      `Choose a meter whose figure contains ${placeWords[place]}: \`tierwise sensors\` lists them.`,
      { category: 'backend' },
    );
  }
  if (named === undefined && place === 'board')
    throw new TierwiseError(
      'sensor-not-there',
      'nothing was measured: the telemetry of a board holds no power',
      'Put an INA226 into its supply on the I2C bus of this machine and name it with --sensor; `tierwise sensors` lists it.',
      { category: 'backend' },
    );
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

function checkCard(sensors: readonly FoundSensor[], { info, covers }: ReadySensor, named: string | undefined): void {
  const cards = sensors.filter((each) => each.covers === 'card').map((each) => each.info.id);
  if (covers !== 'card' || cards.length < 2 || named === info.id) return;
  throw new TierwiseError(
    'sensor-ambiguous',
    `nothing was measured: this machine has ${cards.length} accelerator cards, and XRT does not tell which one it opens`,
    `Name the meter of the card that the backend opens with --sensor: ${cards.join(', ')}.`,
    { category: 'usage' },
  );
}
