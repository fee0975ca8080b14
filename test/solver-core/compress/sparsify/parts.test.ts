import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { priceFor, settingsAt } from '../../../../solver-core/compress/sparsify/allocate.ts';
import { correctModel } from '../../../../solver-core/compress/sparsify/correction.ts';
import { sparseInputs } from '../../../../solver-core/compress/sparsify/apply.ts';
import { pairedIncrease } from '../../../../solver-core/compress/sparsify/paired.ts';
import { collectSamples, sampledEffect } from '../../../../solver-core/compress/sparsify/samples.ts';
import { settingAt } from '../../../../solver-core/compress/sparsify/settings.ts';
import { denseState } from '../../../../solver-core/compress/sparsify/types.ts';
import { chunkSums, openChangeSolver, solveContext, squaredError } from '../../../../solver-core/compress/sparsify/ridge-sums.ts';
import { createRandom } from '../../../../solver-core/fit/prng.ts';
import { centredGram } from '../../../../solver-core/fit/ridge/centred-sums.ts';
import { toyModel } from './toy-model.ts';

const numerics = plainNumerics();
const run = { seed: 11, numRuns: 25 };

describe('parts of the search', () => {
  test('thresholds and zeros grow with the price, and a sparsity is met', async () => {
    const { model } = toyModel(1);
    const samples = await collectSamples(model, model.sites, 'channel');
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -12, max: 2, noNaN: true }), fc.double({ min: 0.01, max: 3, noNaN: true }), async (log, more) => {
        const allocation = { samples, sensitivity: new Map([['h1', 0.5]]) };
        const [low, high] = [settingsAt(allocation, Math.exp(log)), settingsAt(allocation, Math.exp(log + more))];
        for (const { id } of model.sites) {
          const [a, b] = [low.get(id)!.threshold!, high.get(id)!.threshold!];
          expect(a.every((t, c) => t <= b[c]!)).toBe(true);
          const [few, many] = [sampledEffect(samples.get(id)!, low.get(id)!), sampledEffect(samples.get(id)!, high.get(id)!)];
          expect(few.zeros).toBeLessThanOrEqual(many.zeros);
          expect(few.error).toBeLessThanOrEqual(many.error);
        }
        await Promise.resolve();
      }),
      run,
    );
    const price = priceFor({ samples, sensitivity: new Map() }, model.sites, new Map(), 0.7);
    const settings = settingsAt({ samples, sensitivity: new Map() }, price);
    const { zeros } = await model.evaluate({ settings, corrections: new Map() }, 'calibration');
    const macs = model.sites.reduce((sum, site) => sum + site.macs, 0);
    const met = model.sites.reduce((sum, site) => sum + site.macs * zeros.get(site.id)!, 0) / macs;
    expect(Math.round(met * 100)).toBe(70);
  });

  test('samples count the zeros and the error that a setting makes', async () => {
    const { model } = toyModel(2);
    const samples = await collectSamples(model, model.sites, 'channel');
    const [site] = model.sites;
    const own = samples.get(site!.id)!;
    const setting = { threshold: new Float32Array(site!.channels).fill(0.4), centre: new Float32Array(site!.channels).fill(0.25) };
    for await (const [values] of model.values([{ state: denseState, names: [site!.id] }], 1)) {
      const x = values!.get(site!.id)!;
      const y = sparseInputs(x, site!.channels, setting);
      const rows = x.length / site!.channels;
      let zeros = 0;
      let error = 0;
      x.forEach((v, i) => {
        if (y[i] !== 0) return;
        zeros++;
        error += own.norms[i % site!.channels]! * (v - 0.25) ** 2;
      });
      const found = sampledEffect(own, setting);
      expect(Math.round(found.zeros * x.length)).toBe(zeros);
      expect(found.error.toPrecision(6)).toBe((error / rows).toPrecision(6));
    }
  });

  test('a centre never takes more zeros of a channel than it gives', async () => {
    const { model } = toyModel(2);
    const [site] = model.sites.map((one) => ({ ...one, rectified: false, centres: true }));
    const random = createRandom(5, 'zeros of its own');
    // Four of ten values are zero by themselves, the others lie about 5.
    const values = Float32Array.from({ length: 400 * site!.channels }, () => (random.uniform() < 0.4 ? 0 : 5 + random.uniform()));
    const given = async function* (): AsyncGenerator<readonly ReadonlyMap<string, Float32Array>[]> {
      yield await Promise.resolve([new Map([[site!.id, values]])]);
    };
    const own = (await collectSamples({ ...model, values: given }, [site!], 'channel')).get(site!.id)!;
    const natural = sampledEffect(own, { threshold: null, centre: null }).zeros;
    for (let log = -70; log <= 40; log += 2) {
      const setting = settingAt(own, Math.exp(log), 1);
      expect(sampledEffect(own, setting).zeros, `price e^${log}`).toBeGreaterThanOrEqual(natural);
    }
    // Where the window holds the others together, they are worth more than the zeros.
    expect(settingAt(own, Math.exp(4), 1).centre!.some((c) => c > 2)).toBe(true);
  });

  test('strictly: a value at the threshold is zero, 0 without a centre changes nothing', () => {
    const x = Float32Array.of(0.5, -0.5, 0.50001, 0, -0.25);
    expect([...sparseInputs(x, 5, { threshold: new Float32Array(5).fill(0.5), centre: null })]).toEqual([0, 0, x[2], 0, 0]);
    expect(sparseInputs(x, 5, { threshold: new Float32Array(5), centre: null })).toEqual(x);
    expect(sparseInputs(x, 5, undefined)).toEqual(x);
  });

  test('a correction never raises the error on the rows it was made from, and lowers the loss over seeds', async () => {
    const sums = { corrected: 0, plain: 0 };
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { model } = toyModel(seed);
      const samples = await collectSamples(model, model.sites, 'channel');
      const allocation = { samples, sensitivity: new Map<string, number>() };
      const settings = settingsAt(allocation, priceFor(allocation, model.sites, new Map(), 0.75));
      const corrected = await correctModel({ model, settings, share: 1, control: { numerics } });
      // The first layer reads the same inputs in both: its squared error is what the solve lowers.
      const [first] = model.sites;
      const layer = first!.layers[0]!;
      const stored = model.weights(layer.id)!;
      const [d, k] = [first!.channels, stored.bias.length];
      const mine = corrected.corrections.get(layer.id)!;
      let before = 0;
      let after = 0;
      for await (const [values] of model.values([{ state: denseState, names: [first!.id, layer.preActivation] }], 1)) {
        const x = sparseInputs(values!.get(first!.id)!, d, settings.get(first!.id));
        const goal = values!.get(layer.preActivation)!;
        // Before a rectifier a target below zero only asks for a result below zero.
        const missed = (y: number, target: number): number =>
          layer.activation === 'Relu' && target <= 0 ? Math.max(0, y) ** 2 : (y - target) ** 2;
        for (let r = 0; r * d < x.length; r++)
          for (let o = 0; o < k; o++) {
            let plain = stored.bias[o]!;
            let solved = mine.bias![o]!;
            for (let j = 0; j < d; j++) {
              plain += x[r * d + j]! * stored.weights[j * k + o]!;
              solved += x[r * d + j]! * mine.weights[j * k + o]!;
            }
            before += missed(plain, goal[r * k + o]!);
            after += missed(solved, goal[r * k + o]!);
          }
      }
      expect(after).toBeLessThan(before);
      const losses = async (state: typeof denseState): Promise<number> =>
        (await model.evaluate(state, 'deciding')).losses.reduce((a, b) => a + b, 0);
      sums.corrected += await losses(corrected);
      sums.plain += await losses({ settings, corrections: new Map() });
    }
    expect(sums.corrected).toBeLessThan(sums.plain);
  });

  test('where the equations have no stable solution the weights stay and only the bias changes', async () => {
    const { model } = toyModel(1);
    const samples = await collectSamples(model, model.sites, 'channel');
    const settings = settingsAt(
      { samples, sensitivity: new Map() },
      priceFor({ samples, sensitivity: new Map() }, model.sites, new Map(), 0.75),
    );
    const failing = { ...numerics, factor: () => Promise.resolve({ failedPivot: 0 }) };
    const { corrections } = await correctModel({ model, settings, share: 1, control: { numerics: failing } });
    expect(corrections.size).toBeGreaterThan(0);
    for (const [id, { weights, bias }] of corrections) {
      const stored = model.weights(id)!;
      expect(weights).toEqual(stored.store(stored.weights, stored.bias).weights);
      expect(bias).not.toEqual(stored.store(stored.weights, stored.bias).bias);
    }
  });

  test('a solve is the least of its objective: any other weights and bias cost more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(1e-3, 1e-1, 1), async (seed, ridge) => {
        const [n, d, k] = [40, 5, 3];
        const random = createRandom(seed, 'solve');
        const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
        const [x, y, weights] = [numbers(n * d), numbers(n * k), Float64Array.from(numbers(d * k))];
        const sums = await chunkSums(numerics, x, y, d, k, solveContext(undefined));
        const lambda = ridge * centredGram(sums, true).meanDiagonal;
        const solver = await openChangeSolver({ sums, weights, ridge }, numerics, undefined);
        const solved = await solver.solve(sums);
        const objective = (w: Float64Array, b: Float64Array): number => {
          let sum = w.reduce((total, v, i) => total + lambda * (v - weights[i]!) ** 2, 0);
          for (let r = 0; r < n; r++)
            for (let o = 0; o < k; o++) {
              let left = y[r * k + o]! - b[o]!;
              for (let j = 0; j < d; j++) left -= x[r * d + j]! * w[j * k + o]!;
              sum += left * left;
            }
          return sum;
        };
        const least = objective(solved.weights, solved.bias);
        for (let at = 0; at < d * k; at++)
          for (const step of [-0.01, 0.01])
            expect(
              objective(
                solved.weights.map((v, i) => (i === at ? v + step : v)),
                solved.bias,
              ),
            ).toBeGreaterThan(least);
        for (let o = 0; o < k; o++)
          for (const step of [-0.01, 0.01])
            expect(
              objective(
                solved.weights,
                solved.bias.map((v, i) => (i === o ? v + step : v)),
              ),
            ).toBeGreaterThan(least);
        const missed = await squaredError(numerics, sums, solved);
        expect(missed.toPrecision(6)).toBe(
          (least - lambda * solved.weights.reduce((t, v, i) => t + (v - weights[i]!) ** 2, 0)).toPrecision(6),
        );
      }),
      run,
    );
  });

  test('a paired increase has a smaller error than either loss', () => {
    const before = Float64Array.from({ length: 4096 }, (_, i) => 2 + Math.sin(i * 12.9898) * 1.5);
    const after = before.map((v, i) => v + 0.02 + 0.001 * Math.cos(i * 78.233));
    const { increase, error, loss } = pairedIncrease(before, after);
    expect(increase).toBeGreaterThan(0.009);
    expect(increase).toBeLessThan(0.011);
    expect(error).toBeLessThan(0.0001);
    expect(loss).toBeGreaterThan(2);
    expect(pairedIncrease(before, before)).toMatchObject({ increase: 0, error: 0 });
    expect(
      pairedIncrease(
        before,
        before.map(() => Number.NaN),
      ).increase,
    ).toBe(Infinity);
  });
});
