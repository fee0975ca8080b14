import { describe, expect, test } from 'vitest';
import { DeviceSolver, exponentOf } from '../../../../solver-core/backends/engine/device-solve.ts';
import type { EngineSolve, EngineWords } from '../../../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { defaultEngineParameters } from '../../../../solver-core/backends/engine/parameters.ts';
import { deviceFactor, factorPreconditioner } from '../../../../solver-core/backends/engine/refine-factor.ts';
import type { ScaledFactor } from '../../../../solver-core/backends/engine/refine-factor.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { nodeHost } from '../../../../solver-core/backends/sim/node-host.ts';
import { randomWords } from '../../../hdl/cases.ts';
import { relativeError } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const [d, m, n, shift] = [20, 3, 60, 4];
/** Norms of the columns, as a problem of uneven columns has them. */
const columnNorm = Float64Array.from({ length: d }, (_, j) => 0.1 + 3 * j);

async function heldFactor(limbs: 1 | 2): Promise<{ device: FunctionalDevice; factor: ScaledFactor }> {
  const device = new FunctionalDevice(nodeHost, { ...defaultEngineParameters, limbs: 2 });
  await device.begin({ features: d, outputs: m, diagonal: new Float64Array(d).fill(2 ** 29) });
  await device.accumulate(randomWords(5, n, d + m, 17), n);
  await device.factor(shift, undefined, limbs);
  const plan = { alpha: 2 ** 18, columnNorm, factorX: columnNorm, factorY: columnNorm, diagonal: columnNorm };
  const factor = deviceFactor(await device.readFactor(), d + m, plan, shift, 18)!;
  return { device, factor };
}

describe('solves on the factor in the engine', () => {
  test.each([
    { limbs: 1, outputs: 3, within: tolerances.engineWords18 },
    { limbs: 1, outputs: 8, within: tolerances.engineWords18 },
    { limbs: 2, outputs: 3, within: tolerances.engineWords35 },
    { limbs: 2, outputs: 1, within: tolerances.engineWords35 },
  ] as const)(
    'agree with substitutions of the same factor on the host: $limbs limbs, $outputs outputs',
    async ({ limbs, outputs, within }) => {
      const { device, factor } = await heldFactor(limbs);
      const solver = new DeviceSolver(device, factor, limbs, m, outputs, undefined);
      const r = normals(createRandom(3, 'right-hand sides'), d * outputs).map((v, i) => v * 10 ** ((i % outputs) * 4 - 8));
      const [z, host] = [await solver.apply(r), factorPreconditioner(factor, outputs)(r)];
      for (let o = 0; o < outputs; o++) {
        const column = (a: Float64Array): Float64Array => a.filter((_, i) => i % outputs === o);
        expect(relativeError(column(z), column(host)), `output ${o}`).toBeLessThan(within.relative);
      }
      // As many columns at once as the problem has outputs.
      expect(solver.nSolves).toBeGreaterThanOrEqual(Math.ceil(outputs / m));
    },
  );

  test('a column of zeros stays zero, whatever stands beside it', async () => {
    const { device, factor } = await heldFactor(1);
    const r = Float64Array.from({ length: d * 2 }, (_, i) => (i % 2 === 0 ? 0 : 1e200));
    const z = await new DeviceSolver(device, factor, 1, m, 2, undefined).apply(r);
    expect(z.every((v, i) => (i % 2 === 0 ? v === 0 : Number.isFinite(v)))).toBe(true);
  });

  test('words that do not fit are tried smaller, and the next solve begins where the last one fitted', async () => {
    const { device, factor } = await heldFactor(1);
    const seen: { largest: number; saturated: boolean }[] = [];
    const solve = device.solve.bind(device);
    device.solve = async (r: EngineWords): Promise<EngineSolve> => {
      const answer = await solve(r);
      seen.push({ largest: Math.max(...r.values.map(Math.abs)), saturated: answer.flags.saturated });
      return answer;
    };
    // The true factor is far smaller than the solver believes: nothing fits at first.
    const wrong = { ...factor, l: factor.l.map(() => 1) };
    const solver = new DeviceSolver(device, wrong, 1, m, m, undefined);
    const r = normals(createRandom(4, 'right-hand sides'), d * m);
    await solver.apply(r);
    const first = seen.length;
    expect(first).toBeGreaterThan(1);
    expect(seen.slice(0, -1).every((s) => s.saturated)).toBe(true);
    expect(seen.at(-1)!.saturated).toBe(false);
    await solver.apply(r);
    expect(seen.length - first).toBeLessThan(first);
    expect(seen.at(-1)!.saturated).toBe(false);
  });
});

test('exponents are exact at powers of two', () => {
  for (let e = -60; e <= 60; e++) {
    expect(exponentOf(2 ** e)).toBe(e + 1);
    expect(exponentOf(-(2 ** e) * (1 - 2 ** -53))).toBe(e);
  }
});
