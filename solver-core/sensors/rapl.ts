import type { SensorDocument } from '../protocol/measure-documents.ts';
import type { FoundSensor } from './found.ts';
import { momentaryPower, unusable } from './found.ts';
import type { SensorHost } from './host.ts';
import { obstacleOf } from './host.ts';
import type { Reading, Sensor } from './types.ts';

const folder = '/sys/class/powercap';
const maxZones = 64;
/** No package draws more; a step that implies more is no wrap but a counter that somebody reset. */
const plausibleW = 2000;
/** A counter moves in steps, so a step's power is taken over this time at least. */
const shortestMs = 10;
/** The kernel renews the counters about every millisecond. */
const updateIntervalMs = 1;
/** How long a counter is watched to see that it counts. */
const watchMs = 100;

/** How a group may be let read the counters, which are root's since Linux 5.10. */
const permission =
  'The counters are readable by root alone since Linux 5.10 (CVE-2020-8694). To let a group read them, write ' +
  '"z /sys/class/powercap/intel-rapl:*/energy_uj 0440 root power - -" to /etc/tmpfiles.d/tierwise-rapl.conf as root, ' +
  'run `systemd-tmpfiles --create`, and join the group power. Containers hide them whatever the rights.';

/** One top-level zone: a package, or the platform. */
interface Zone {
  readonly path: string;
  /** "package-0", "psys". */
  readonly name: string;
  readonly rangeUj: number;
}

/**
 * The energy counters of the processor packages, as one meter, and that of the whole platform (psys) as another where there is one.
 * Only top-level zones count: core, uncore and dram are subzones. Source: Linux, Documentation/power/powercap/powercap.rst.
 */
export async function findRapl(host: SensorHost): Promise<readonly FoundSensor[]> {
  let names: readonly string[];
  try {
    names = await host.files.list(folder);
  } catch (error) {
    return [blocked(obstacleOf(error))];
  }
  const zones: Zone[] = [];
  for (const name of names.filter((each) => /^intel-rapl:\d{1,3}$/.test(each)).slice(0, maxZones)) {
    const zone = await readZone(host, `${folder}/${name}`);
    if (typeof zone === 'string') return [unusable('rapl', 'processor', 'malformed', `${folder}/${name}: ${zone}.`)];
    zones.push(zone);
  }
  const packages = zones.filter(({ name }) => /^package-\d+(-die-\d+)?$/.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (packages.length === 0) return [blocked('absent')];
  const platform = zones.filter(({ name }) => name === 'psys');
  const numbers = packages.map(({ name }) => name.slice('package-'.length)).join(', ');
  const found = [await look(host, packages, 'rapl', `processor package${packages.length === 1 ? '' : 's'} ${numbers}`)];
  if (platform.length > 0) found.push(await look(host, platform, 'rapl:psys', 'the whole platform, as its processor counts it (psys)'));
  return found;
}

function blocked(obstacle: 'absent' | 'not-permitted' | 'malformed'): FoundSensor {
  if (obstacle === 'not-permitted') return unusable('rapl', 'processor', 'not-permitted', permission);
  if (obstacle === 'malformed') return unusable('rapl', 'processor', 'malformed', `${folder} cannot be listed.`);
  return unusable(
    'rapl',
    'processor',
    'absent',
    `There is no package counter under ${folder}: the processor has none, its kernel module (intel_rapl_common, intel_rapl_msr) is not ` +
      'loaded, or this is a virtual machine or a container, which usually hide it. Measure on the machine itself.',
  );
}

async function readZone(host: SensorHost, path: string): Promise<Zone | string> {
  try {
    const name = (await host.files.read(`${path}/name`)).trim();
    const range = counterOf(await host.files.read(`${path}/max_energy_range_uj`));
    if (!/^[a-z0-9-]{1,32}$/.test(name)) return 'its name is unreadable';
    return range === null || range === 0 ? 'its range (max_energy_range_uj) is unreadable' : { path, name, rangeUj: range };
  } catch (error) {
    return `it cannot be read (${obstacleOf(error)})`;
  }
}

/** Reads the zones twice, to see that they may be read and that they count. */
async function look(host: SensorHost, zones: readonly Zone[], id: string, domain: string): Promise<FoundSensor> {
  const info: SensorDocument = {
    id,
    kind: 'rapl',
    name: 'RAPL energy counters',
    state: 'ready',
    domain,
    reading: 'counter',
    updateIntervalMs,
    power: null,
    reason: null,
  };
  const fail = (state: 'not-permitted' | 'malformed' | 'stale', reason: string): FoundSensor =>
    unusable('rapl', 'processor', state, reason, { id, domain, updateIntervalMs });
  for (const { path } of zones) {
    try {
      if (counterOf(await host.files.read(`${path}/energy_uj`)) === null) return fail('malformed', `${path}/energy_uj holds no number.`);
    } catch (error) {
      if (obstacleOf(error) === 'not-permitted') return fail('not-permitted', permission);
      return fail('malformed', `${path}/energy_uj cannot be read (${obstacleOf(error)}).`);
    }
  }
  const sensor = new RaplSensor(host, zones, info);
  const before = await sensor.read();
  await host.clock.sleep(watchMs);
  const after = await sensor.read();
  if (before.kind !== 'counter' || after.kind !== 'counter')
    return fail('malformed', after.kind === 'invalid' ? after.why : 'The counter cannot be read twice.');
  const seconds = (after.timeMs - before.timeMs) / 1000;
  if (after.joules === before.joules || seconds <= 0)
    return fail('stale', `The counter stood still for ${watchMs} ms: a virtual machine may show one that does not count.`);
  const power = momentaryPower((after.joules - before.joules) / seconds, `RAPL, ${domain}, over ${watchMs} ms`);
  return { info: { ...info, power }, covers: 'processor', open: () => Promise.resolve(new RaplSensor(host, zones, info)) };
}

/** Sums zones. A counter that wrapped is continued once; one that somebody reset makes the reading invalid and counts on from there. */
class RaplSensor implements Sensor {
  readonly info: SensorDocument;
  private readonly host: SensorHost;
  private readonly zones: readonly Zone[];
  private last: { readonly timeMs: number; readonly countsUj: readonly number[] } | undefined;
  private totalUj = 0;

  constructor(host: SensorHost, zones: readonly Zone[], info: SensorDocument) {
    this.host = host;
    this.zones = zones;
    this.info = info;
  }

  async read(): Promise<Reading> {
    const startMs = this.host.clock.nowMs();
    const countsUj: number[] = [];
    for (const { path } of this.zones) {
      const count = await this.count(path);
      if (typeof count === 'string') return { kind: 'invalid', why: count };
      countsUj.push(count);
    }
    const timeMs = (startMs + this.host.clock.nowMs()) / 2;
    const { last } = this;
    this.last = { timeMs, countsUj };
    if (last === undefined) return { kind: 'counter', joules: 0, timeMs };
    const seconds = Math.max(timeMs - last.timeMs, shortestMs) / 1000;
    let stepUj = 0;
    for (const [at, zone] of this.zones.entries()) {
      const step = stepOf(zone, last.countsUj[at] ?? 0, countsUj[at] ?? 0);
      if (step > plausibleW * seconds * 1e6) return { kind: 'invalid', why: jumpText(zone, step, seconds) };
      if (plausibleW * seconds * 1e6 >= zone.rangeUj)
        return {
          kind: 'invalid',
          why: `${zone.name} was not read for ${Math.round(seconds)} s, in which it may have wrapped more than once`,
        };
      stepUj += step;
    }
    this.totalUj += stepUj;
    return { kind: 'counter', joules: this.totalUj / 1e6, timeMs };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  private async count(path: string): Promise<number | string> {
    try {
      return counterOf(await this.host.files.read(`${path}/energy_uj`)) ?? `${path}/energy_uj holds no number`;
    } catch (error) {
      return `${path}/energy_uj cannot be read any more (${obstacleOf(error)})`;
    }
  }
}

/** Microjoules from one count to the next, continued once over the end of the range. */
function stepOf({ rangeUj }: Zone, from: number, to: number): number {
  return to >= from ? to - from : to - from + rangeUj;
}

function jumpText({ name }: Zone, stepUj: number, seconds: number): string {
  const watts = Math.round(stepUj / 1e6 / seconds);
  return `the counter of ${name} moved by what would be ${watts} W: another process has reset it, or it was read too seldom`;
}

/** A whole number of microjoules; null when the text is none. */
function counterOf(text: string): number | null {
  const trimmed = text.trim();
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}
