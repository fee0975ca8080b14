import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { compensate } from '../../../solver-core/compress/compensate.ts';
import { calibrate } from '../../../solver-core/compress/calibrate.ts';
import { steeringGram } from '../../../solver-core/compress/judge.ts';
import { quantising } from '../../../solver-core/compress/quantise.ts';
import { allowedIntegers, bestPulled, energyChooser, pricedChoice } from '../../../solver-core/compress/select/allowed.ts';
import { cheapestSet, learnedSet } from '../../../solver-core/compress/select/learned-set.ts';
import { refineIntegers } from '../../../solver-core/compress/select/refine.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { tolerances } from '../../tolerances.ts';
import { quiet } from '../fit/problems.ts';
import { madeLayer } from './layers.ts';

const numerics = cpuNumerics();
const seed = { seed: 20261121, numRuns: 60 };

/** Values, prices, a place and a curvature. */
const choices = fc.record({
  values: fc.uniqueArray(fc.integer({ min: -127, max: 127 }), { minLength: 1, maxLength: 40 }),
  prices: fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 255, maxLength: 255 }),
  at: fc.double({ min: -200, max: 200, noNaN: true }),
  curvature: fc.double({ min: 0, max: 10, noNaN: true }),
});

describe('the choice of one value', () => {
  test('is the best of all that are allowed, by trying them all', () => {
    fc.assert(
      fc.property(choices, ({ values, prices, at, curvature }) => {
        const set = Int16Array.from(values).sort();
        const cost = (v: number): number => curvature * (at - v) ** 2 + prices[v + 127]!;
        const best = pricedChoice(set, Float64Array.from(prices)).best(at, curvature);
        expect(values).toContain(best);
        expect(cost(best)).toBe(Math.min(...values.map(cost)));
      }),
      seed,
    );
  });

  test('with a pull towards 0 is the best by trying them all', () => {
    fc.assert(
      fc.property(choices, fc.double({ min: 0, max: 5, noNaN: true }), ({ values, prices, at, curvature }, pull) => {
        const set = Int16Array.from(values).sort();
        const cost = (v: number): number => curvature * (at - v) ** 2 + pull * v * v + prices[v + 127]!;
        const best = bestPulled(pricedChoice(set, Float64Array.from(prices)), at, curvature, pull);
        const least = Math.min(...values.map(cost));
        expect(cost(best) - least).toBeLessThanOrEqual(tolerances.sumFp64.relative * (1 + Math.abs(least)));
      }),
      seed,
    );
  });

  test('without prices is the nearest, halves away from 0', () => {
    const choice = pricedChoice(allowedIntegers({ kind: 'all' }, 8), new Float64Array(255));
    for (const [at, value] of [
      [0.5, 1],
      [-0.5, -1],
      [1.49, 1],
      [126.5, 127],
      [300, 127],
      [-300, -127],
      [0, 0],
    ] as const)
      expect(choice.best(at, 1)).toBe(value);
  });

  test('powers of two are what shifters hold', () => {
    expect([...allowedIntegers({ kind: 'powers-of-two' }, 8)]).toEqual([-64, -32, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32, 64]);
    expect([...allowedIntegers({ kind: 'powers-of-two' }, 4)]).toEqual([-4, -2, -1, 0, 1, 2, 4]);
  });
});

test.each([4, 8] as const)('no prices and all values: GPTQ of %d bits, bit for bit', async (bits) => {
  const [d, k] = [70, 6];
  const layer = await madeLayer(500, d, k);
  const { sums } = await calibrate(numerics, layer.inputs, quiet);
  const gram = steeringGram(sums, true);
  const chooser = quantising(layer.weights, d, k, bits);
  const plain = await compensate(numerics, { weights: layer.weights, d, k, gram, damping: 0.01, chooser });
  const rule = {
    choices: [pricedChoice(allowedIntegers({ kind: 'all' }, bits), new Float64Array(255))],
    inputClass: new Uint8Array(d),
    scales: chooser.scales,
    weight: new Float64Array(k).fill(1),
    perSquare: undefined,
  };
  const priced = await compensate(numerics, { weights: layer.weights, d, k, gram, damping: 0.01, chooser: energyChooser(rule) });
  // The sign of a zero is no weight.
  expect(priced?.map((v) => v + 0)).toEqual(plain?.map((v) => v + 0));
});

describe('sets', () => {
  const prices = Float64Array.from({ length: 255 }, (_, i) => 0.2 + (i - 127).toString(2).replaceAll('0', '').length);
  const histogram = Float64Array.from({ length: 255 }, (_, i) => Math.exp(-(((i - 127) / 40) ** 2)));
  const values = allowedIntegers({ kind: 'set', size: 16 }, 8);

  test('a learned set has its size and 0, and fits better than the cheapest values', () => {
    const cost = (set: Int16Array): number =>
      histogram.reduce((sum, h, u) => sum + h * Math.min(...Array.from(set, (v) => (u - 127 - v) ** 2 + prices[v + 127]!)), 0);
    const learned = learnedSet({ values, histogram, prices, size: 16 });
    const cheapest = cheapestSet(values, prices, 16);
    for (const set of [learned, cheapest]) {
      expect(set).toHaveLength(16);
      expect([...set]).toContain(0);
      expect([...set]).toEqual([...set].sort((a, b) => a - b));
    }
    expect([...cheapest]).toEqual(expect.arrayContaining([-127, 127]));
    expect(cost(learned)).toBeLessThan(cost(cheapest));
  });

  test('a larger set never fits worse', () => {
    let before = Infinity;
    for (const size of [2, 4, 8, 16, 32]) {
      const set = learnedSet({ values, histogram, prices, size });
      const cost = histogram.reduce((sum, h, u) => sum + h * Math.min(...Array.from(set, (v) => (u - 127 - v) ** 2 + prices[v + 127]!)), 0);
      expect(cost).toBeLessThan(before);
      before = cost;
    }
  });
});

test('refinement never makes error and price together larger, and stays among the allowed values', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 3, noNaN: true }), (made, price) => {
      const [d, k, n] = [12, 3, 40];
      const random = createRandom(made, 'refine');
      const x = normals(random, n * d);
      const target = normals(random, d * k);
      const h = new Float64Array(d * d);
      for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) for (let r = 0; r < n; r++) h[i * d + j]! += x[r * d + i]! * x[r * d + j]!;
      const allowed = Int16Array.from([-64, -9, -4, 0, 1, 5, 32, 100]);
      const prices = Float64Array.from({ length: 255 }, (_, v) => (v === 127 ? 0 : price * (1 + (v % 7))));
      const weight = new Float64Array(k).fill(0.1);
      const rule = {
        choices: [pricedChoice(allowed, prices)],
        inputClass: new Uint8Array(d),
        scales: new Float64Array(k).fill(0.05),
        weight,
        perSquare: undefined,
      };
      const cost = ({ values, scales }: { values: Int16Array; scales: Float64Array }): number => {
        let sum = 0;
        for (let o = 0; o < k; o++) {
          for (let i = 0; i < d; i++) {
            sum += prices[values[i * k + o]! + 127]!;
            for (let j = 0; j < d; j++) {
              const [a, b] = [i, j].map((at) => values[at * k + o]! * scales[o]! - target[at * k + o]!) as [number, number];
              sum += weight[o]! * a * h[i * d + j]! * b;
            }
          }
        }
        return sum;
      };
      const start = { values: Int16Array.from({ length: d * k }, () => allowed[random.below(allowed.length)]!), scales: rule.scales };
      const end = refineIntegers({ d, k, h, target, rule, scales: true, sweeps: 6 }, start);
      expect(cost(end)).toBeLessThanOrEqual(cost(start) * (1 + tolerances.sumFp64.relative));
      expect([...end.values].every((v) => allowed.includes(v))).toBe(true);
    }),
    seed,
  );
});
