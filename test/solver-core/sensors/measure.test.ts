import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import { isAbort } from '../../../solver-core/model/abort.ts';
import { findHwmon } from '../../../solver-core/sensors/hwmon.ts';
import type { Measurement, MeasureOptions } from '../../../solver-core/sensors/measure.ts';
import { measure, netQuantity } from '../../../solver-core/sensors/measure.ts';
import { findRapl } from '../../../solver-core/sensors/rapl.ts';
import { meanInterval, studentQuantile } from '../../../solver-core/sensors/statistics.ts';
import type { Sensor } from '../../../solver-core/sensors/types.ts';
import { tolerances } from '../../tolerances.ts';
import { FakeHost } from './fake-host.ts';

const energyPath = '/sys/class/powercap/intel-rapl:0/energy_uj';
const rangeUj = 262_143_328_850;

/** A machine whose counter is advanced by the clock: `idleW`, and `extraW` while an iteration of `iterationMs` runs. */
class Machine {
  readonly host = new FakeHost('one-package');
  idleW: (ms: number) => number = () => 10;
  extraW: () => number = () => 30;
  iterationMs = 20;
  totalUj: number;
  private extra = 0;

  constructor(startUj = 0) {
    this.totalUj = startUj;
    this.host.clock.onPass = (fromMs, ms) => {
      this.totalUj += (this.idleW(fromMs + ms / 2) + this.extra) * ms * 1000;
    };
    this.host.drive(energyPath, () => `${Math.floor(this.totalUj % rangeUj)}\n`);
  }

  readonly iterate = (): Promise<void> => {
    this.extra = this.extraW();
    this.host.clock.pass(this.iterationMs);
    this.extra = 0;
    return Promise.resolve();
  };

  async sensor(): Promise<Sensor> {
    const [found] = await findRapl(this.host);
    if (found?.open == null) throw new Error(found?.info.reason ?? 'no meter');
    return found.open();
  }

  async measure(options: Partial<MeasureOptions> = {}): Promise<Measurement> {
    return measure(await this.sensor(), this.iterate, { clock: this.host.clock, ...options });
  }
}

const close = (actual: number | undefined, expected: number, relative: number): void =>
  expect(Math.abs((actual ?? Number.NaN) - expected) / expected).toBeLessThan(relative);

describe('the rule for measuring', () => {
  test('takes the idle power off and divides by the iterations', async () => {
    const machine = new Machine();
    machine.extraW = noisy(30, 1, 1);
    const found = await machine.measure();
    expect(found.reason).toBeNull();
    expect(found.runs).toHaveLength(10);
    close(found.net?.mean, 30 * 0.02, tolerances.counterSteps.relative * 10);
    close(found.idleW?.mean, 10, tolerances.counterSteps.relative);
    for (const { run, iterations } of found.runs) {
      expect(run.seconds).toBeGreaterThanOrEqual(2);
      expect(iterations).toBe(100);
      expect(run.joules).toBeGreaterThan(iterations * 0.6);
    }
    const quantity = netQuantity(found, 'RAPL');
    expect(quantity).toMatchObject({ unit: 'J', source: 'measured', ref: 'RAPL' });
    expect((quantity?.low ?? 1) <= (quantity?.value ?? 0) && (quantity?.value ?? 1) <= (quantity?.high ?? 0)).toBe(true);
  });

  test('an idle power that drifts cancels: first run then idle, then idle then run', async () => {
    const machine = new Machine();
    machine.idleW = (ms) => 10 + ms / 10_000;
    const found = await machine.measure();
    close(found.net?.mean, 0.6, tolerances.counterSteps.relative);
    // Always in one order each run would be charged 2 s of drift, 0.2 W of 30.
    expect(Math.abs(found.runs[0]!.netPerIterationJ - 0.6)).toBeGreaterThan(0.6 * tolerances.counterSteps.relative * 5);
  });

  test('a wrap within a run is continued', async () => {
    const machine = new Machine(rangeUj - 200e6);
    const found = await machine.measure();
    expect(found.dropped.count).toBe(0);
    close(found.net?.mean, 0.6, tolerances.counterSteps.relative);
  });

  test('a counter that is reset spoils one pair of windows, which is made again', async () => {
    const machine = new Machine(100e9);
    let runs = 0;
    machine.extraW = () => {
      if (++runs === 250) machine.totalUj = 0;
      return 30;
    };
    const found = await machine.measure();
    expect(found.dropped).toMatchObject({ count: 1, why: expect.stringContaining('reset') });
    expect(found.runs).toHaveLength(10);
    close(found.net?.mean, 0.6, tolerances.counterSteps.relative);
  });

  test('a workload that draws nothing is not measurable, and no figure is given', async () => {
    const machine = new Machine();
    machine.idleW = noisy(10, 2, 5);
    machine.extraW = () => 0;
    const found = await machine.measure();
    expect(found.reason).toContain('includes 0');
    expect(netQuantity(found, 'RAPL')).toBeNull();
  });

  test('an iteration that takes long is measured with idle windows as long', async () => {
    const machine = new Machine();
    machine.iterationMs = 7000;
    const found = await machine.measure();
    expect(found.runs.map(({ iterations }) => iterations)).toEqual(Array<number>(10).fill(1));
    close(found.net?.mean, 210, tolerances.counterSteps.relative);
  });

  test('the drift of the idle power cancels also when one iteration is far longer than the shortest window', async () => {
    const machine = new Machine();
    machine.iterationMs = 60_000;
    machine.idleW = (ms) => 10 + (0.05 * ms) / 1000;
    machine.extraW = () => 5;
    const found = await machine.measure();
    expect(found.reason).toBeNull();
    close(found.net?.mean, 300, tolerances.counterSteps.relative * 2);
  });

  test('between runs the processor sleeps in long stretches, and no timer is left behind', async () => {
    const machine = new Machine();
    await machine.measure();
    expect(Math.min(...machine.host.clock.slept)).toBeGreaterThanOrEqual(100);
    expect(machine.host.clock.timerCount).toBe(0);
  });

  test('a counter is read within a step that is longer than one of its wraps', async () => {
    const machine = new Machine();
    // At 2 kW the range of this counter lasts 131 s; one iteration takes 400 s, and the counter wraps in it every 145 s.
    machine.idleW = () => 300;
    machine.extraW = () => 1500;
    const sensor = await machine.sensor();
    const iterate = async (): Promise<void> => {
      for (let seconds = 0; seconds < 400; seconds += 10) {
        machine.iterationMs = 10_000;
        await machine.iterate();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const found = await measure(sensor, iterate, { clock: machine.host.clock, repeats: 2, maxSeconds: 10_000 });
    expect(found.dropped).toEqual({ count: 0, why: null });
    close(found.net?.mean, 1500 * 400, tolerances.counterSteps.relative);
  });

  test('the time is bounded, and too few runs are no measurement', async () => {
    const machine = new Machine();
    machine.iterationMs = 7000;
    const found = await machine.measure({ maxSeconds: 60 });
    expect(found.runs.length).toBeLessThan(10);
    expect(found.reason).toMatch(/only \d of 10 runs.*time for the measurement is over/);
    expect(machine.host.clock.nowMs()).toBeLessThan(80_000);
  });

  test('a meter that dies ends the measurement with its reason', async () => {
    const machine = new Machine();
    const sensor = await machine.sensor();
    machine.host.set(energyPath, 'gone');
    machine.host.drive(energyPath, () => 'gone');
    const found = await measure(sensor, machine.iterate, { clock: machine.host.clock });
    expect(found.reason).toContain('holds no number');
    expect(found.runs).toEqual([]);
  });

  test('it can be cancelled within an iteration', async () => {
    const machine = new Machine();
    const abort = { aborted: false };
    let left = 120;
    machine.extraW = () => {
      if (--left === 0) abort.aborted = true;
      return 1;
    };
    const failure = await machine.measure({ abort }).catch((error: unknown) => error);
    expect(isAbort(failure)).toBe(true);
    expect(left).toBe(0);
  });

  test('power is integrated, with bounds by what it may have been between two samples', async () => {
    const host = new FakeHost('ina-moved');
    let extra = 0;
    host.drive('/sys/class/hwmon/hwmon7/power1_input', () => `${6_000_000 + extra}`);
    host.drive('/sys/class/hwmon/hwmon7/curr1_input', () => String(Math.round((6_000_000 + extra) / 5000)));
    const [found] = await findHwmon(host);
    const iterate = (): Promise<void> => {
      extra = 3_000_000;
      host.clock.pass(40);
      return Promise.resolve();
    };
    const clock = {
      nowMs: () => host.clock.nowMs(),
      sleep: (ms: number) => ((extra = 0), host.clock.sleep(ms)),
      every: () => () => undefined,
    };
    const result = await measure(await found!.open!(), iterate, { clock });
    expect(result.reason).toBeNull();
    expect(result.runs.every(({ run }) => run.updates >= 20 && run.lowJ <= run.joules && run.joules <= run.highJ)).toBe(true);
    expect(result.runs.some(({ run }) => run.lowJ < run.highJ)).toBe(true);
    close(result.net?.mean, 3 * 0.04, 0.05);
  });
});

describe('statistics', () => {
  test("quantiles of Student's distribution (scipy 1.10, t.ppf(0.975, n))", () => {
    const expected = { 1: 12.7062, 9: 2.2622, 30: 2.0423, 31: 2.0395, 60: 2.0003, 200: 1.9719 };
    for (const [degrees, value] of Object.entries(expected))
      close(studentQuantile(Number(degrees)), value, tolerances.tableDigits.relative);
  });

  test('of 95 % intervals about 95 % hold the truth', () => {
    const random = createRandom(20261121, 'coverage');
    const trials = 400;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const interval = meanInterval(Array.from({ length: 10 }, () => 3 + random.normal()));
      if (interval !== null && interval.low <= 3 && 3 <= interval.high) held++;
    }
    expect(Math.abs(held / trials - 0.95)).toBeLessThan(tolerances.intervalCoverage.absolute);
  });

  test('whatever noise the meter has, the measured intervals hold the truth as often as they say', { timeout: 20_000 }, async () => {
    const trials = 100;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const machine = new Machine();
      machine.iterationMs = 50;
      machine.extraW = noisy(20, 5, trial);
      const { net } = await machine.measure();
      if (net !== null && net.low <= 1 && 1 <= net.high) held++;
    }
    expect(held / trials).toBeGreaterThan(0.95 - 2 * tolerances.intervalCoverage.absolute);
    expect(held).toBeLessThan(trials);
  });

  test('an interval holds its mean and its median lies between the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40 }), (values) => {
        const interval = meanInterval(values)!;
        expect(interval.low).toBeLessThanOrEqual(interval.mean);
        expect(interval.high).toBeGreaterThanOrEqual(interval.mean);
        expect(interval.median).toBeGreaterThanOrEqual(Math.min(...values));
        expect(interval.median).toBeLessThanOrEqual(Math.max(...values));
      }),
      { seed: 7 },
    );
    expect(meanInterval([1])).toBeNull();
  });
});

/** `mean` watts with normal noise, seeded; never below 0, which four deviations keep from mattering. */
function noisy(mean: number, deviation: number, seed: number): () => number {
  const random = createRandom(seed, 'noise');
  return () => Math.max(0, mean + deviation * random.normal());
}
