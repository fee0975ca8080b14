import { describe, expect, test } from 'vitest';
import type { BoardCounters, BoardSource } from '../../../solver-core/sensors/board.ts';
import { activityBetween } from '../../../solver-core/sensors/board.ts';
import type { FoundSensor } from '../../../solver-core/sensors/found.ts';
import { findSensors } from '../../../solver-core/sensors/list.ts';
import type { Reading, Sensor } from '../../../solver-core/sensors/types.ts';
import type { CardPower, CardSource } from '../../../solver-core/sensors/xrt.ts';
import { FakeHost } from './fake-host.ts';

const nothing = { cards: [], boards: [] };
const find = (host: FakeHost, sources: Parameters<typeof findSensors>[1] = nothing): Promise<readonly FoundSensor[]> =>
  findSensors(host, sources);

async function one(host: FakeHost, id: string): Promise<FoundSensor> {
  const found = (await find(host)).find(({ info }) => info.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

async function opened(found: FoundSensor): Promise<Sensor> {
  if (found.open === null) throw new Error(found.info.reason ?? '');
  return found.open();
}

const joulesOf = (reading: Reading): number => (reading.kind === 'counter' ? reading.joules : Number.NaN);
const states = (found: readonly FoundSensor[]): readonly string[] => found.map(({ info }) => `${info.id} ${info.state}`);

describe('every machine', () => {
  test.each(['empty', 'one-package', 'two-packages', 'not-permitted', 'garbage', 'ina', 'ina-moved', 'ina-wrong-shunt'])(
    'says of each kind of meter what it is, and never 0 for what is not known: %s',
    async (fixture) => {
      const found = await find(new FakeHost(fixture));
      expect(new Set(found.map(({ info }) => info.kind))).toEqual(new Set(['rapl', 'hwmon', 'nvml', 'xrt', 'board']));
      for (const { info, open } of found) {
        expect(open !== null).toBe(info.state === 'ready');
        expect(info.reason === null).toBe(info.state === 'ready');
        expect(info.power === null || info.power.value > 0).toBe(true);
        if (info.state !== 'ready') expect(info.power).toBeNull();
      }
    },
  );

  test('a container or cloud guest has none, with a reason each', async () => {
    expect(states(await find(new FakeHost('empty')))).toEqual(['rapl absent', 'hwmon absent', 'nvml absent', 'xrt absent', 'board absent']);
  });

  test.each([
    ['darwin', 'macOS'],
    ['win32', 'Windows'],
  ])('other systems say what they cannot do: %s', async (platform, name) => {
    const found = await find(new FakeHost('one-package', platform));
    expect(found.find(({ info }) => info.kind === 'rapl')?.info.reason).toContain(`Not supported on ${name}`);
    expect(found.every(({ open }) => open === null)).toBe(true);
  });
});

describe('RAPL', () => {
  test('one package counts, its subzones and the second interface do not', async () => {
    const host = new FakeHost('one-package');
    host.driveCounter('intel-rapl:0', () => 40, 1_000_000);
    host.driveCounter('intel-rapl:0:0', () => 30);
    const found = await one(host, 'rapl');
    expect(found.info).toMatchObject({ state: 'ready', domain: 'processor package 0', reading: 'counter' });
    expect(found.info.power?.value).toBeCloseTo(40);
    const sensor = await opened(found);
    await sensor.read();
    host.clock.pass(3000);
    expect(joulesOf(await sensor.read())).toBeCloseTo(120);
  });

  test('two packages are summed, the platform is a meter of its own', async () => {
    const host = new FakeHost('two-packages');
    host.driveCounter('intel-rapl:0', () => 40);
    host.driveCounter('intel-rapl:1', () => 50);
    host.driveCounter('intel-rapl:2', () => 130);
    const found = await find(host);
    expect(found.filter(({ info }) => info.kind === 'rapl').map(({ info }) => [info.id, info.domain, info.power?.value])).toEqual([
      ['rapl', 'processor packages 0, 1', 90],
      ['rapl:psys', 'the whole platform, as its processor counts it (psys)', 130],
    ]);
  });

  test('the dies of a package are packages of their own', async () => {
    const host = new FakeHost('one-package');
    host.set('/sys/class/powercap/intel-rapl:0/name', 'package-0-die-1\n');
    host.driveCounter('intel-rapl:0', () => 40);
    expect((await one(host, 'rapl')).info).toMatchObject({ state: 'ready', domain: 'processor package 0-die-1' });
  });

  test('a wrap is continued', async () => {
    const host = new FakeHost('one-package');
    host.driveCounter('intel-rapl:0', () => 100, 262_143_328_850 - 50_000_000);
    const sensor = await opened(await one(host, 'rapl'));
    await sensor.read();
    host.clock.pass(5000);
    expect(joulesOf(await sensor.read())).toBeCloseTo(500);
  });

  test('a counter that somebody reset is no wrap, and counting goes on from there', async () => {
    const host = new FakeHost('one-package');
    host.driveCounter('intel-rapl:0', () => 100, 200_000_000_000);
    const sensor = await opened(await one(host, 'rapl'));
    await sensor.read();
    host.driveCounter('intel-rapl:0', () => 100);
    host.clock.pass(1000);
    expect(await sensor.read()).toMatchObject({ kind: 'invalid', why: expect.stringContaining('reset') });
    host.clock.pass(1000);
    expect(joulesOf(await sensor.read())).toBeCloseTo(100);
  });

  test('a counter that was not read for too long may have wrapped twice', async () => {
    const host = new FakeHost('one-package');
    host.driveCounter('intel-rapl:0', () => 100);
    const sensor = await opened(await one(host, 'rapl'));
    await sensor.read();
    host.clock.pass(200_000);
    expect(await sensor.read()).toMatchObject({ kind: 'invalid' });
  });

  test('not permitted is another finding than not there, with the rule that helps', async () => {
    const found = await one(new FakeHost('not-permitted'), 'rapl');
    expect(found.info.state).toBe('not-permitted');
    expect(found.info.reason).toContain('/etc/tmpfiles.d/tierwise-rapl.conf');
    const host = new FakeHost('one-package');
    host.driveCounter('intel-rapl:0', () => 5);
    const sensor = await opened(await one(host, 'rapl'));
    host.drive('/sys/class/powercap/intel-rapl:0/energy_uj', () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    });
    expect(await sensor.read()).toMatchObject({ kind: 'invalid', why: expect.stringContaining('not-permitted') });
  });

  test('garbage is malformed, a counter that stands still is stale', async () => {
    expect((await one(new FakeHost('garbage'), 'rapl')).info.state).toBe('malformed');
    expect((await one(new FakeHost('one-package'), 'rapl')).info.state).toBe('stale');
  });
});

describe('INA chips', () => {
  test('are found by name, wherever their number has moved to', async () => {
    const [before, after] = [
      await one(new FakeHost('ina'), 'hwmon:ina226@1-0040'),
      await one(new FakeHost('ina-moved'), 'hwmon:ina226@1-0040'),
    ];
    expect(before.info).toMatchObject({ state: 'ready', updateIntervalMs: 35, power: { value: 6, source: 'measured' } });
    expect(before.info.domain).toContain('VDD_CORE');
    expect(after.info.id).toBe(before.info.id);
  });

  test("a shunt at the driver's default is said, because it scales every figure", async () => {
    expect((await one(new FakeHost('ina'), 'hwmon:ina226@1-0040')).info.domain).toContain("shunt 10 mOhm, which is the driver's default");
    expect((await one(new FakeHost('ina-moved'), 'hwmon:ina226@1-0040')).info.domain).toContain('shunt 2 mOhm');
  });

  test('readings that contradict each other, and a shunt of 0, are malformed', async () => {
    const host = new FakeHost('ina-wrong-shunt');
    expect((await one(host, 'hwmon:ina219@1-0041')).info).toMatchObject({ state: 'malformed', reason: expect.stringContaining('0.6 W') });
    expect((await one(host, 'hwmon:ina230@1-0044')).info).toMatchObject({
      state: 'malformed',
      reason: expect.stringContaining('shunt_resistor is 0'),
    });
  });

  test('garbage and missing rights are told apart', async () => {
    expect(states(await find(new FakeHost('garbage')))).toContain('hwmon:ina226 malformed');
    expect(states(await find(new FakeHost('not-permitted')))).toContain('hwmon:ina226 not-permitted');
  });
});

describe('nvidia-smi', () => {
  const ended = (stdout: string, status = 0) => ({ kind: 'ended', stdout, status }) as const;
  const host = (answer: (query: string) => ReturnType<FakeHost['commands']>): FakeHost => {
    const fake = new FakeHost('empty');
    fake.commands = (_, values) => answer(values.join(' '));
    return fake;
  };

  test('the energy counter is used where it is offered', async () => {
    const counter = (mj: number) => host((query) => (query.includes('total_energy') ? ended(`0, NVIDIA A100, 80GB, ${mj}\n`) : ended('')));
    const machine = counter(5_000_000);
    const found = await one(machine, 'nvml:0');
    expect(found.info).toMatchObject({ state: 'ready', reading: 'counter', name: 'NVIDIA A100, 80GB', power: null });
    expect(joulesOf(await (await opened(found)).read())).toBe(5000);
  });

  test('else the power of the moment, else the average, by what the tool knows', async () => {
    const older = host((query) =>
      query.includes('power.draw.') || query.includes('total')
        ? ended('Field "x" is not a valid field to query.', 2)
        : ended('0, T4, 31.5\n1, T4, 30.1\n'),
    );
    const found = await find(older);
    expect(found.filter(({ info }) => info.kind === 'nvml').map(({ info }) => [info.id, info.updateIntervalMs, info.power?.value])).toEqual(
      [
        ['nvml:0', 1000, 31.5],
        ['nvml:1', 1000, 30.1],
      ],
    );
    const newer = host((query) => (query.includes('total') ? ended('0, H100, [N/A]') : ended('0, H100, 70.2')));
    expect((await one(newer, 'nvml:0')).info).toMatchObject({ state: 'ready', updateIntervalMs: 100, power: { value: 70.2 } });
  });

  test.each([
    ['missing', () => ({ kind: 'missing' }) as const, 'absent', 'no NVIDIA driver'],
    ['hanging', () => ({ kind: 'timeout', afterMs: 5000 }) as const, 'stale', 'did not end within 5 s'],
    ['not startable', () => ({ kind: 'failed', why: 'EACCES' }) as const, 'absent', 'could not be started'],
    ['without a driver', () => ended('NVIDIA-SMI has failed', 9), 'absent', 'no card'],
    ['cut off', () => ended('0, NVIDIA'), 'malformed', 'which is no card'],
  ])('a tool that is %s has a reason', async (_, answer, state, words) => {
    const found = (await find(host(answer))).find(({ info }) => info.kind === 'nvml');
    expect(found?.info).toMatchObject({ state, reason: expect.stringContaining(words), power: null });
  });

  test('a card that tells 0 W or nothing is no reading of 0', async () => {
    for (const cell of ['0', '0.00', '[Not Supported]', '']) {
      const found = (await find(host(() => ended(`0, K80, ${cell}`)))).find(({ info }) => info.kind === 'nvml');
      expect(found?.info).toMatchObject({ state: 'absent', power: null });
    }
  });

  test('a counter that went back, a tool that stops answering: invalid readings', async () => {
    let answer: ReturnType<FakeHost['commands']> = ended('0, A100, 9000');
    const machine = host((query) => (query.includes('total') ? answer : ended('')));
    const sensor = await opened(await one(machine, 'nvml:0'));
    expect((await sensor.read()).kind).toBe('counter');
    answer = ended('0, A100, 10');
    expect(await sensor.read()).toMatchObject({ kind: 'invalid', why: expect.stringContaining('backwards') });
    answer = { kind: 'timeout', afterMs: 5000 };
    expect((await sensor.read()).kind).toBe('invalid');
  });
});

describe('accelerator cards', () => {
  const card = (read: () => CardPower, obstacle: CardSource['obstacle'] = null): CardSource => ({
    bdf: '0000:65:00.1',
    name: 'U250',
    obstacle,
    read: () => Promise.resolve(read()),
  });
  const found = async (source: CardSource): Promise<FoundSensor | undefined> =>
    (await find(new FakeHost('empty'), { cards: [source], boards: [] })).find(({ info }) => info.kind === 'xrt');

  test('a card that tells its power is ready', async () => {
    expect((await found(card(() => ({ kind: 'power', watts: 28.3 }))))?.info).toMatchObject({
      id: 'xrt:0000:65:00.1',
      state: 'ready',
      power: { value: 28.3 },
    });
  });

  test.each([
    ['not available on this card', 'absent'],
    ['the report is not JSON', 'malformed'],
    ['/opt/xrt-smi did not end within 10 s', 'stale'],
    ['neither xrt-smi nor xbutil is installed', 'absent'],
  ])('what it does not tell is a reason: %s', async (reason, state) => {
    expect((await found(card(() => ({ kind: 'none', reason }))))?.info).toMatchObject({ state, power: null, reason: `${reason}.` });
  });

  test('a card that may not be opened is not permitted', async () => {
    const obstacle = { state: 'not-permitted', reason: 'join the group render' } as const;
    expect((await found(card(() => ({ kind: 'power', watts: 1 }), obstacle)))?.info.state).toBe('not-permitted');
  });
});

describe('boards', () => {
  const counters = (sequence: number, uptime: number, busy = 0): BoardCounters => ({
    sequence,
    uptime,
    busy,
    toggles: busy * 3,
    bad_frames: 0,
  });
  const board = (messages: readonly BoardCounters[], fail = false): BoardSource => ({
    path: '/dev/ttyUSB1',
    name: 'iCEBreaker',
    clockHz: 12e6,
    watch: (intervalMs, listener) => {
      if (fail) return Promise.reject(new Error('no answer'));
      if (intervalMs > 0) messages.forEach(listener);
      return Promise.resolve();
    },
  });
  const found = async (source: BoardSource): Promise<FoundSensor | undefined> =>
    (await find(new FakeHost('empty'), { cards: [], boards: [source] })).find(({ info }) => info.kind === 'board');

  test('telemetry holds no power: the board is told, and no joules are made up', async () => {
    const sensor = await found(board([counters(1, 1.2e6), counters(2, 2.4e6, 0.6e6)]));
    expect(sensor?.info).toMatchObject({ id: 'board:/dev/ttyUSB1', state: 'absent', power: null });
    expect(sensor?.info.reason).toContain('50 % busy over 0.1 s');
  });

  test('silence is stale, a reset is malformed, a dead link is absent', async () => {
    expect((await found(board([])))?.info.state).toBe('stale');
    expect((await found(board([counters(5, 9e6), counters(1, 100)])))?.info.state).toBe('malformed');
    expect((await found(board([], true)))?.info).toMatchObject({ state: 'absent', reason: expect.stringContaining('no answer') });
  });

  test('activity counts lost messages and never more than the time there was', () => {
    expect(activityBetween(counters(1, 0), counters(4, 12e6, 24e6), 12e6)).toEqual({ seconds: 1, busyShare: 1, toggles: 72e6, lost: 2 });
  });
});
