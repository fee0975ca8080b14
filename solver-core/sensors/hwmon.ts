import type { SensorDocument } from '../protocol/measure-documents.ts';
import type { FoundSensor } from './found.ts';
import { momentaryPower, unusable } from './found.ts';
import type { SensorHost } from './host.ts';
import { obstacleOf } from './host.ts';
import type { Reading, Sensor } from './types.ts';

const folder = '/sys/class/hwmon';
const chips = ['ina219', 'ina220', 'ina226', 'ina230', 'ina231'];
const maxFolders = 256;
/** What the kernel's driver takes for the shunt when nobody told it, in microohms. */
const defaultShuntUohm = 10_000;
/** How far power may be from voltage times current before the readings contradict each other: both are rounded by the chip. */
const agreement = { relative: 0.1, absoluteW: 0.05 };

/**
 * The INA219/220/226/230/231 power monitors that the kernel owns, found by name: the numbers of hwmon folders move from boot to boot.
 * Source: Linux, Documentation/hwmon/ina2xx.rst.
 */
export async function findHwmon(host: SensorHost): Promise<readonly FoundSensor[]> {
  let folders: readonly string[];
  try {
    folders = await host.files.list(folder);
  } catch (error) {
    return [none(obstacleOf(error) === 'not-permitted' ? 'not-permitted' : 'absent')];
  }
  const found: FoundSensor[] = [];
  for (const name of folders.filter((each) => /^hwmon\d+$/.test(each)).slice(0, maxFolders)) {
    const path = `${folder}/${name}`;
    const chip = await textOf(host, `${path}/name`);
    if (chip !== null && chips.includes(chip)) found.push(await look(host, path, chip));
  }
  found.sort((a, b) => (a.info.id < b.info.id ? -1 : 1));
  return found.length === 0 ? [none('absent')] : found;
}

function none(state: 'absent' | 'not-permitted'): FoundSensor {
  const reason =
    state === 'absent'
      ? `No INA219/220/226/230/231 is under ${folder}. Such a chip is there only where the kernel owns its I2C bus; on a bare board the gateware would have to read it.`
      : `${folder} may not be listed by this user.`;
  return unusable('hwmon', 'rail', state, reason);
}

async function look(host: SensorHost, path: string, chip: string): Promise<FoundSensor> {
  const place = await placeOf(host, path);
  const id = `hwmon:${chip}${place === null ? '' : `@${place}`}`;
  const name = `${chip.toUpperCase()}${place === null ? '' : ` at ${place}`}`;
  const label = await textOf(host, `${path}/label`);
  const interval = numberOf(await textOf(host, `${path}/update_interval`));
  const domain = `${label === null ? 'a supply rail of this machine' : `supply rail "${label}"`}, ${await shuntText(host, path)}`;
  const updateIntervalMs = interval === null || interval <= 0 ? null : interval;
  const info: SensorDocument = {
    id,
    kind: 'hwmon',
    name,
    state: 'ready',
    domain,
    reading: 'power',
    updateIntervalMs,
    power: null,
    reason: null,
  };
  const shunt = numberOf(await textOf(host, `${path}/shunt_resistor`));
  const fail = (state: 'not-permitted' | 'malformed', reason: string): FoundSensor =>
    unusable('hwmon', 'rail', state, reason, { id, name, domain, updateIntervalMs });
  if (shunt !== null && shunt <= 0)
    return fail('malformed', `${path}/shunt_resistor is ${shunt}, so no current can be told from the shunt.`);
  const watts = await readWatts(host, path);
  if (typeof watts === 'object') return fail(watts.state, watts.why);
  const power = momentaryPower(watts, `${name}, ${domain}`);
  return { info: { ...info, power }, covers: 'rail', open: () => Promise.resolve(new HwmonSensor(host, path, info)) };
}

class HwmonSensor implements Sensor {
  readonly info: SensorDocument;
  private readonly host: SensorHost;
  private readonly path: string;

  constructor(host: SensorHost, path: string, info: SensorDocument) {
    this.host = host;
    this.path = path;
    this.info = info;
  }

  async read(): Promise<Reading> {
    const startMs = this.host.clock.nowMs();
    const watts = await readWatts(this.host, this.path);
    if (typeof watts === 'object') return { kind: 'invalid', why: watts.why };
    return { kind: 'power', watts, timeMs: (startMs + this.host.clock.nowMs()) / 2 };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** Watts by power1_input; checked against voltage times current where both are there. */
async function readWatts(
  host: SensorHost,
  path: string,
): Promise<number | { readonly state: 'not-permitted' | 'malformed'; readonly why: string }> {
  let text: string;
  try {
    text = await host.files.read(`${path}/power1_input`);
  } catch (error) {
    const state = obstacleOf(error) === 'not-permitted' ? 'not-permitted' : 'malformed';
    const why = state === 'not-permitted' ? `${path}/power1_input may not be read by this user.` : `${path}/power1_input cannot be read.`;
    return { state, why };
  }
  const microwatts = numberOf(text);
  if (microwatts === null || microwatts < 0) return { state: 'malformed', why: `${path}/power1_input holds no power.` };
  const watts = microwatts / 1e6;
  const [busMv, milliamps] = [numberOf(await textOf(host, `${path}/in1_input`)), numberOf(await textOf(host, `${path}/curr1_input`))];
  if (busMv !== null && milliamps !== null) {
    const product = Math.abs((busMv * milliamps) / 1e6);
    if (Math.abs(product - watts) > agreement.absoluteW + agreement.relative * Math.max(product, watts))
      return {
        state: 'malformed',
        why: `${path} shows ${watts} W, but its voltage times its current is ${Number(product.toPrecision(3))} W.`,
      };
  }
  return watts;
}

/** A wrong shunt value scales every figure without a trace, so it is always shown. */
async function shuntText(host: SensorHost, path: string): Promise<string> {
  const shunt = numberOf(await textOf(host, `${path}/shunt_resistor`));
  if (shunt === null) return 'shunt not known';
  const value = `shunt ${shunt / 1000} mOhm`;
  return shunt === defaultShuntUohm ? `${value}, which is the driver's default: compare it with the board's schematic` : value;
}

/** Address on the bus, e.g. "1-0040": stays where hwmon numbers move. */
async function placeOf(host: SensorHost, path: string): Promise<string | null> {
  try {
    const end = (await host.files.link(`${path}/device`)).split('/').at(-1) ?? '';
    return /^[\w.:-]{1,32}$/.test(end) ? end : null;
  } catch {
    return null;
  }
}

async function textOf(host: SensorHost, path: string): Promise<string | null> {
  try {
    const text = (await host.files.read(path)).trim();
    return text === '' ? null : text.slice(0, 80);
  } catch {
    return null;
  }
}

function numberOf(text: string | null): number | null {
  const trimmed = text?.trim() ?? '';
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}
