import { describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { createRandom } from '../../../../solver-core/fit/prng.ts';
import { kolmogorovSmirnovP } from '../../../../solver-core/learn/drift/confidence.ts';
import { quantile } from '../../../../solver-core/learn/drift/leverage.ts';
import { afterUpdate, createDriftMonitor, observeDrift } from '../../../../solver-core/learn/drift/monitor.ts';
import type { DriftOptions, DriftSignal, DriftState } from '../../../../solver-core/learn/drift/types.ts';
import { tolerances } from '../../../tolerances.ts';

/** 0/1 errors whose rate depends on the sample. */
function errorStream(seed: number, n: number, rate: (i: number) => number): readonly number[] {
  const random = createRandom(seed, 'errors');
  return Array.from({ length: n }, (_, i) => (random.uniform() < rate(i) ? 1 : 0));
}

/** First sample at which each signal came up, the stream in batches of `size`. */
function firstAlarms(errors: readonly number[], size = 10, options: Partial<DriftOptions> = {}): ReadonlyMap<DriftSignal, number> {
  const first = new Map<DriftSignal, number>();
  let state = createDriftMonitor(options);
  for (let at = 0; at < errors.length; at += size) {
    const outcome = observeDrift(state, { errors: errors.slice(at, at + size) });
    state = outcome.state;
    for (const signal of outcome.signals) if (!first.has(signal)) first.set(signal, at + size);
  }
  return first;
}

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

describe('monitors of the error', () => {
  test('an abrupt rise from 5 to 40 % at 2000 is noticed by all, and not before', () => {
    const delays: Record<string, number[]> = {};
    const early: Record<string, number> = { ewma: 0, 'page-hinkley': 0, ddm: 0 };
    for (const seed of seeds) {
      const first = firstAlarms(errorStream(seed, 3000, (i) => (i < 2000 ? 0.05 : 0.4)));
      for (const signal of ['ewma', 'page-hinkley', 'ddm'] as const) {
        const at = first.get(signal);
        expect(at, `${signal}, seed ${seed}`).toBeDefined();
        if (at! <= 2000) early[signal]!++;
        else (delays[signal] ??= []).push(at! - 2000);
      }
    }
    expect(early['page-hinkley']).toBe(0);
    expect(early['ewma']).toBeLessThanOrEqual(2);
    expect(early['ddm']).toBeLessThanOrEqual(16);
    const worst = (signal: string): number => Math.max(...delays[signal]!);
    expect(worst('ewma')).toBeLessThan(150);
    // m rises by about 0.33 per sample, less what the running mean takes up: 50 takes some 170 samples.
    expect(worst('page-hinkley')).toBeLessThan(260);
    expect(worst('ddm')).toBeLessThan(200);
  });

  test('a gradual rise from 5 to 40 % over 2000 samples is noticed before it is complete', () => {
    for (const seed of seeds) {
      const first = firstAlarms(errorStream(seed, 5000, (i) => 0.05 + 0.35 * Math.min(1, Math.max(0, (i - 2000) / 2000))));
      for (const signal of ['ewma', 'page-hinkley', 'ddm'] as const)
        expect(first.get(signal), `${signal}, seed ${seed}`).toBeLessThan(4200);
      expect(first.get('page-hinkley')).toBeGreaterThan(2000);
    }
  });

  test('without drift alarms are rare, over 40 streams of 4000 samples at 10 %', () => {
    const counts = new Map<DriftSignal, number>();
    for (const seed of seeds)
      for (const signal of firstAlarms(errorStream(seed, 4000, () => 0.1)).keys()) counts.set(signal, (counts.get(signal) ?? 0) + 1);
    expect(counts.get('page-hinkley') ?? 0).toBe(0);
    expect(counts.get('ewma') ?? 0).toBeLessThanOrEqual(3);
    // A rate that falls to its lowest by chance makes DDM's limit low for good: it is known to cry wolf, and only asks for a look.
    expect(counts.get('ddm') ?? 0).toBeLessThanOrEqual(16);
  });

  test('the batches do not matter to Page-Hinkley and DDM', () => {
    const errors = errorStream(3, 3000, (i) => (i < 1500 ? 0.1 : 0.5));
    const state = (size: number): DriftState => {
      let now = createDriftMonitor();
      for (let at = 0; at < errors.length; at += size) now = observeDrift(now, { errors: errors.slice(at, at + size) }).state;
      return now;
    };
    const [one, many] = [state(1), state(500)];
    expect(one.pageHinkley).toEqual(many.pageHinkley);
    expect(one.ddm).toEqual(many.ddm);
  });

  test('Page-Hinkley by hand: 30 samples without error, then errors', () => {
    // After n errors the mean is n/(30+n); m − min m = Σ (1 − mean − 0.005) over them: 2.98 after 3, by hand 0.9627 + 0.9325 + 0.9041.
    const errors = [...new Array<number>(30).fill(0), 1, 1, 1];
    let state = createDriftMonitor({ pageHinkleyThreshold: 2.79 });
    let alarms = 0;
    for (const error of errors.slice(0, 32)) {
      const outcome = observeDrift(state, { errors: [error] });
      state = outcome.state;
      alarms += outcome.signals.includes('page-hinkley') ? 1 : 0;
    }
    expect(alarms).toBe(0);
    const rise = 1 - 1 / 31 - 0.005 + (1 - 2 / 32 - 0.005);
    expect(state.pageHinkley.sum - state.pageHinkley.smallest).toBeCloseTo(rise);
    expect(observeDrift(state, { errors: [1] }).signals).toContain('page-hinkley');
  });

  test('nothing speaks before 30 samples; the smoothed error needs its reference', () => {
    const bad = [...new Array<number>(14).fill(0), ...new Array<number>(15).fill(1)];
    expect(observeDrift(createDriftMonitor({ pageHinkleyThreshold: 0 }), { errors: [...bad, 1] }).signals).toEqual(['page-hinkley']);
    expect(observeDrift(createDriftMonitor({ pageHinkleyThreshold: 0 }), { errors: bad }).signals).toEqual([]);
    expect(observeDrift(createDriftMonitor({ referenceError: 0.1 }), { errors: bad }).signals).toEqual(['ewma']);
  });

  test('after an update the smoothed error goes on from the new head, never from a worse one', () => {
    const { state, signals } = observeDrift(createDriftMonitor({ referenceError: 0.1 }), { errors: new Array<number>(100).fill(1) });
    expect(signals).toContain('ewma');
    expect(afterUpdate(state, 0.1).ewma).toBe(0.1);
    expect(observeDrift(afterUpdate(state, 0.1), { errors: [0, 0] }).signals).not.toContain('ewma');
    const calm = observeDrift(createDriftMonitor(), { errors: [0, 0, 0] }).state;
    expect(afterUpdate(calm, 0.5)).toBe(calm);
    expect(afterUpdate(createDriftMonitor(), 0.5).ewma).toBeNull();
  });

  test('a state written as JSON continues the same', () => {
    const errors = errorStream(9, 2000, (i) => (i < 1000 ? 0.1 : 0.5));
    let [through, written] = [createDriftMonitor(), createDriftMonitor()];
    for (let at = 0; at < errors.length; at += 50) {
      const observation = {
        errors: errors.slice(at, at + 50),
        confidences: errors.slice(at, at + 50),
        leverages: errors.slice(at, at + 50),
      };
      const a = observeDrift(through, observation);
      const b = observeDrift(JSON.parse(JSON.stringify(written)) as DriftState, observation);
      expect(b.signals).toEqual(a.signals);
      through = a.state;
      written = b.state;
    }
    expect(JSON.stringify(written)).toBe(JSON.stringify(through));
  });

  test('values that are no numbers are left out', () => {
    const { state } = observeDrift(createDriftMonitor(), { errors: [0, NaN, 1, Infinity], confidences: [NaN], leverages: [NaN] });
    expect(state.samples).toBe(2);
    expect(state.confidence.reference).toEqual([]);
    expect(state.leverage.reference).toEqual([]);
  });
});

describe('monitors without labels', () => {
  const normal = (seed: number, n: number, mean: number, deviation: number): readonly number[] => {
    const random = createRandom(seed, 'normal');
    return Array.from({ length: n }, () => mean + deviation * random.normal());
  };

  test('leverages that double raise an alarm within a window; the same ones hardly ever', () => {
    let falseAlarms = 0;
    for (const seed of seeds) {
      const before = observeDrift(createDriftMonitor(), { leverages: normal(seed, 2000, 0.1, 0.02).map(Math.abs) });
      if (before.signals.includes('leverage')) falseAlarms++;
      const after = observeDrift(before.state, { leverages: normal(seed + 100, 64, 0.2, 0.04) });
      expect(after.signals).toContain('leverage');
      expect(observeDrift(createDriftMonitor(), { leverages: [...normal(seed, 256, 0.1, 0.02), 5] }).signals).toEqual([]);
    }
    expect(falseAlarms).toBe(0);
  });

  test('confidences that fall are noticed with the first full window; the same ones at the level of the test', () => {
    let falseAlarms = 0;
    for (const seed of seeds) {
      const before = observeDrift(createDriftMonitor(), { confidences: normal(seed, 5000, 0.8, 0.1) });
      if (before.signals.includes('confidence')) falseAlarms++;
      expect(observeDrift(before.state, { confidences: normal(seed + 100, 500, 0.75, 0.1) }).signals).toContain('confidence');
      expect(observeDrift(before.state, { confidences: normal(seed + 100, 499, 0.75, 0.1) }).signals).not.toContain('confidence');
    }
    // 40 streams of 9 tests at 0.001.
    expect(falseAlarms).toBeLessThanOrEqual(3);
  });

  test('the quantile is a value that the asked part does not exceed', () => {
    expect(quantile([5, 1, 3, 2, 4], 0.6)).toBe(3);
    expect(quantile([5, 1, 3, 2, 4], 0.99)).toBe(5);
    expect(quantile([7], 0.5)).toBe(7);
  });

  const python = '/usr/bin/python3';
  const hasScipy = spawnSync(python, ['-c', 'import scipy.stats']).status === 0;
  test.skipIf(!hasScipy)('p of Kolmogorov-Smirnov is that of scipy', () => {
    const cases = [0, 0.1, 0.2, 0.4].map((shift, i) => ({
      a: normal(i + 1, 300, 0, 1),
      b: normal(i + 50, 400, shift, 1).map((v) => Math.round(v * 20) / 20),
    }));
    const script =
      'import json,sys\nfrom scipy.stats import ks_2samp\nprint(json.dumps([ks_2samp(c["a"], c["b"], method="exact").pvalue for c in json.load(sys.stdin)]))';
    const run = spawnSync(python, ['-c', script], { encoding: 'utf8', input: JSON.stringify(cases) });
    const expected = JSON.parse(run.stdout) as number[];
    cases.forEach(({ a, b }, i) => {
      const p = kolmogorovSmirnovP(a, b);
      expect(Math.abs(p - expected[i]!)).toBeLessThan(tolerances.kolmogorovAsymptotic.absolute);
      expect(p < 0.001).toBe(expected[i]! < 0.001);
    });
  });
});
