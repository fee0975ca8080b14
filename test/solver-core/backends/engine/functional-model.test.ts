import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';

import type { EngineParameters } from '../../../../solver-core/backends/engine/parameters.ts';
import { pivotScaling } from '../../../../solver-core/backends/engine/post-processor.ts';
import { nodeHost } from '../../../../solver-core/backends/sim/node-host.ts';
import { cornerCases, randomWords } from '../../../hdl/cases.ts';
import type { EngineCase, Step } from '../../../hdl/cases.ts';
import { oracle } from '../../../hdl/oracle.ts';
import { runCase, withoutCycles } from '../../../hdl/run-case.ts';
import { tolerances } from '../../../tolerances.ts';

const seed = 20261;

function parametersOf(lanes: number, wordBits: number, accumulatorBits: number): EngineParameters {
  return {
    lanes,
    wordBits,
    accumulatorBits,
    operandDepth: 4096,
    gramDepth: 2048,
    maxFeatures: Math.min(64, 2 ** (accumulatorBits + 1 - 2 * wordBits) - 1),
  };
}

/** Any case of up to 12 features: any data width, several calls, shifts that are too small, right or too large, any ridge. */
function anyCase(wordBits: number, accumulatorBits: number): fc.Arbitrary<EngineCase> {
  const limit = 2 ** (accumulatorBits - 2);
  return fc
    .record({
      d: fc.integer({ min: 1, max: 12 }),
      m: fc.integer({ min: 1, max: 5 }),
      rows: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      bits: fc.integer({ min: 2, max: wordBits }),
      words: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      ridge: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 1, max: 2 ** 20 }),
        fc.double({ min: -limit, max: limit, noNaN: true }).map((v) => Math.trunc(v) + 0),
      ),
      shift: fc.integer({ min: 0, max: accumulatorBits - 1 }),
    })
    .map(({ d, m, rows, bits, words, ridge, shift }) => {
      const steps = rows.flatMap((n, i): Step[] => [{ kind: 'rows', words: randomWords(words + i, n, d + m, bits), rows: n }]);
      return {
        name: 'any',
        features: d,
        outputs: m,
        diagonal: new Float64Array(d).fill(ridge),
        steps: [...steps, { kind: 'factor', shift }, { kind: 'back' }],
      };
    });
}

describe('functional model', () => {
  test.each([
    [16, 40],
    [16, 48],
    [18, 40],
    [18, 48],
    [8, 24],
    [22, 48],
  ])('equals the BigInt contract for any problem: %i/%i bits', async (wordBits, accumulatorBits) => {
    const device = new FunctionalDevice(nodeHost, parametersOf(4, wordBits, accumulatorBits));
    await fc.assert(
      fc.asyncProperty(anyCase(wordBits, accumulatorBits), async (problem) => {
        fc.pre(problem.features <= device.info.maxFeatures);
        const outcome = await runCase(device, problem).catch((error: { code?: string }) => error.code);
        // Wide data in a narrow accumulator are refused; anything accepted must be exact.
        if (outcome !== 'engine-gram-overflow')
          expect(withoutCycles(outcome as Exclude<typeof outcome, string | undefined>)).toEqual(oracle(problem, wordBits));
      }),
      { seed, numRuns: 150 },
    );
  });

  test('pivot scaling equals integer arithmetic around every power of two', () => {
    const F = 17;
    for (let power = 0; power <= 2 * F + 3; power++) {
      for (const offset of [-2, -1, 0, 1, 2]) {
        const s = 2 ** power + offset;
        const { e, rm, low, high } = pivotScaling(s, F);
        let x = BigInt(Math.min(Math.max(s, 1), 2 ** 34 - 1));
        for (let k = 0; k < e; k++) x *= 4n;
        expect(x >= 2n ** 32n && x < 2n ** 34n, `${s}`).toBe(true);
        // rm = min(floor(2^33 / floor(sqrt(x))), 2^17 - 1), stated as inequalities.
        const r = 2n ** 33n / BigInt(rm);
        const root = [r - 1n, r, r + 1n, r + 2n].filter((v) => v * v <= x && (v + 1n) * (v + 1n) > x)[0] ?? 2n ** 16n;
        expect(2n ** 33n / root === BigInt(rm) || (rm === 2 ** 17 - 1 && 2n ** 33n / root >= 2n ** 17n - 1n), `${s}`).toBe(true);
        expect({ low, high }).toEqual({ low: s <= 0, high: s >= 2 ** 34 });
      }
    }
  });

  test('the corner cases raise the flags their names promise, and no others', async () => {
    const flagsOf = async (start: string): Promise<string[]> => {
      const problem = cornerCases(8, 18, 48).find((c) => c.name.startsWith(start))!;
      const { flags } = await runCase(new FunctionalDevice(nodeHost), problem);
      return flags.flatMap((f, i) => [
        ...(f.breakdown ? [`${problem.steps[i]!.kind} breakdown`] : []),
        ...(f.saturated ? [`${problem.steps[i]!.kind} saturated`] : []),
      ]);
    };
    expect(await flagsOf('one to five')).toEqual([]);
    expect(await flagsOf('three blocks')).toEqual([]);
    expect(await flagsOf('rank deficient')).toContain('factor breakdown');
    expect(await flagsOf('negative')).toContain('factor breakdown');
    expect(await flagsOf('shift too small')).toContain('factor saturated');
    expect(await flagsOf('large targets')).toEqual(['back saturated']);
    expect(await flagsOf('shift shortens')).toContain('factor breakdown');
  });

  test('the order of rows and their division into calls do not matter', async () => {
    const words = randomWords(77, 12, 9, 15);
    const reversed = new Int32Array(words.length);
    for (let k = 0; k < 12; k++) reversed.set(words.subarray(k * 9, k * 9 + 9), (11 - k) * 9);
    const device = new FunctionalDevice(nodeHost);
    const gramOf = async (calls: readonly Int32Array[]): Promise<number[]> => {
      await device.begin({ features: 6, outputs: 3, diagonal: new Float64Array(6).fill(1e6) });
      for (const call of calls) await device.accumulate(call, call.length / 9);
      return Array.from(await device.readGram());
    };
    const all = await gramOf([words]);
    expect(await gramOf([reversed])).toEqual(all);
    expect(await gramOf([words.subarray(0, 9), words.subarray(9, 45), words.subarray(45)])).toEqual(all);
  });

  test('the weights solve the ridge problem to the precision of the words', async () => {
    const [d, m, n] = [24, 3, 200];
    const words = randomWords(5, n, d + m, 14);
    const ridge = 2 ** 28;
    const device = new FunctionalDevice(nodeHost);
    await device.begin({ features: d, outputs: m, diagonal: new Float64Array(d).fill(ridge) });
    await device.accumulate(words, n);
    const G = await device.readGram();
    await device.factor(2);
    await device.backSubstitute();
    const { values: W } = await device.readWeights();
    const g = (i: number, j: number): number => G[Math.min(i, j) * (d + m) + Math.max(i, j)]!;
    // Residual of the normal equations against the right-hand side, in fp64.
    let residual = 0;
    let size = 0;
    for (let i = 0; i < d; i++) {
      for (let o = 0; o < m; o++) {
        let r = g(i, d + o);
        size = Math.max(size, Math.abs(r));
        for (let j = 0; j < d; j++) r -= (g(i, j) * W[j * m + o]!) / 2 ** 17;
        residual = Math.max(residual, Math.abs(r));
      }
    }
    expect(residual / size).toBeLessThan(tolerances.engineWords18.relative);
  });
});
