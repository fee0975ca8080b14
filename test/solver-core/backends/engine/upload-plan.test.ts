import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EngineDevice } from '../../../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import type { EngineLayout } from '../../../../solver-core/backends/engine/layout.ts';
import { layoutOrThrow } from '../../../../solver-core/backends/engine/layout.ts';
import { defaultEngineParameters, engineInfo } from '../../../../solver-core/backends/engine/parameters.ts';
import { solveOnDevice } from '../../../../solver-core/backends/engine/solve-on-device.ts';
import { uploadPlan } from '../../../../solver-core/backends/engine/upload-plan.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { madeProblem, quiet } from '../../fit/problems.ts';

const info = engineInfo(defaultEngineParameters, 'board', 'test', 'test');

describe('what to send over a link', () => {
  test('rows while they are few, the Gram from where it is smaller (hardware reference 6.4)', () => {
    const layout = layoutOrThrow(info, 64, 8);
    // 2592 entries of 40 bits: 12 960 bytes; a row of 72 words of 16 bits: 144 bytes.
    const at = (rows: number): ReturnType<typeof uploadPlan> => uploadPlan(info, layout, rows, 16, 1e-5);
    expect(at(100)).toEqual({ send: 'gram', bytesRows: 14_400, bytesGram: 12_636, seconds: 0.12636 });
    expect(at(80).send).toBe('rows');
    expect(at(80).seconds).toBeCloseTo(0.1152);
  });

  test('the bytes are those of the words, and the choice is the smaller of the two', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 2, max: 18 }),
        (d, m, rows, bits) => {
          const layout: EngineLayout = layoutOrThrow(info, d, m);
          const plan = uploadPlan(info, layout, rows, bits, 2);
          const chunks = Math.ceil(rows / layout.chunkRows);
          expect(plan.bytesRows).toBeGreaterThanOrEqual((rows * (d + m) * bits) / 8);
          expect(plan.bytesRows).toBeLessThan((rows * (d + m) * bits) / 8 + chunks);
          expect(plan.bytesGram).toBeLessThanOrEqual(6 * layout.features * layout.columns);
          expect(plan.seconds).toBe(2 * Math.min(plan.bytesRows, plan.bytesGram));
          expect(plan.send).toBe(plan.bytesGram < plan.bytesRows ? 'gram' : 'rows');
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });
});

test.each([
  { name: 'plain', n: 300, d: 20, k: 5, kappa: 10, lambda: 0.1 },
  { name: 'two limbs', n: 200, d: 24, k: 3, kappa: 1e6, lambda: 0 },
  { name: 'several runs', n: 120, d: 16, k: 21, kappa: 10, lambda: 0.5 },
])('the sums give the same bits as the rows: $name', async ({ n, d, k, kappa, lambda, name }) => {
  const made = madeProblem(n, d, k, 17, { kappa });
  const problem = { source: arrayRows(made.x, made.y, d, k), lambda, bias: true };
  const parameters = name === 'several runs' ? { ...defaultEngineParameters, gramDepth: 48, operandDepth: 2048 } : defaultEngineParameters;
  const device = (send: 'rows' | 'gram'): EngineDevice =>
    Object.assign(new FunctionalDevice(quiet.host, parameters), {
      upload: () => ({ send, bytesRows: 0, bytesGram: 0, seconds: 0 }),
    });
  const [byRows, byGram] = [await solveOnDevice(problem, device('rows'), quiet), await solveOnDevice(problem, device('gram'), quiet)];
  expect(Buffer.from(byGram.w.buffer).equals(Buffer.from(byRows.w.buffer))).toBe(true);
  expect(byGram.engine!.gramCycles).toBe(0);
  expect(byRows.engine!.gramCycles).toBeGreaterThan(0);
  expect({ ...byGram, engine: null }).toEqual({ ...byRows, engine: null });
});
