import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import type { EngineParameters } from '../../../../solver-core/backends/engine/parameters.ts';
import { largestWord } from '../../../../solver-core/backends/engine/session.ts';
import { nodeHost } from '../../../../solver-core/backends/sim/node-host.ts';
import { operationCases, randomWords } from '../../../hdl/cases.ts';
import type { EngineCase, Step } from '../../../hdl/cases.ts';
import { oracle } from '../../../hdl/oracle.ts';
import { runCase, withoutCycles } from '../../../hdl/run-case.ts';

const seed = 20262;

function parametersOf(lanes: number, wordBits: number, accumulatorBits: number): EngineParameters {
  const maxFeatures = Math.min(64, 2 ** (accumulatorBits + 1 - 2 * wordBits) - 1);
  return { lanes, wordBits, accumulatorBits, limbs: 2, operandDepth: 4096, gramDepth: 2048, maxFeatures };
}

/** Words of a vector: anything in range, often at its ends. */
function anyVector(size: number, wordBits: number, limbs: 1 | 2): fc.Arbitrary<Float64Array> {
  const [bottom, top] = [-(2 ** (limbs * (wordBits - 1))), largestWord({ wordBits }, limbs)];
  const word = fc.oneof(fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), fc.constantFrom(bottom, top, 0, -1, 1));
  const fit = fc.integer({ min: 0, max: 20 });
  return fc
    .tuple(fc.array(word, { minLength: size, maxLength: size }), fit)
    .map(([words, by]) =>
      Float64Array.from(words, (w) => Math.min(top, Math.max(bottom, Math.trunc(w * 2 ** (limbs === 2 ? by - 16 : -by)) + 0))),
    );
}

/** Rows in and out, forgetting, then factors of either length with solves on them. */
function anyCase(wordBits: number, accumulatorBits: number): fc.Arbitrary<EngineCase> {
  const size = fc.record({ d: fc.integer({ min: 1, max: 9 }), m: fc.integer({ min: 1, max: 4 }) });
  return size.chain(({ d, m }) => {
    const columns = d + m;
    const factor = fc.constantFrom(1 as const, 2 as const).chain((limbs) =>
      fc
        .record({
          shift: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: accumulatorBits - 1 })),
          solves: fc.array(fc.tuple(anyVector(d * m, wordBits, limbs), fc.constantFrom('both', 'forward', 'backward')), { maxLength: 3 }),
          back: fc.boolean(),
        })
        .map(({ shift, solves, back }): Step[] => [
          { kind: 'factor', shift, limbs },
          ...solves.map(([r, part]): Step => ({ kind: 'solve', r, part })),
          ...(back ? [{ kind: 'back' } as const] : []),
        ]),
    );
    return fc
      .record({
        seeds: fc.array(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 3 }),
        rows: fc.integer({ min: 1, max: 4 }),
        bits: fc.integer({ min: 2, max: wordBits }),
        out: fc.boolean(),
        decays: fc.array(fc.integer({ min: 1, max: 63 }), { maxLength: 2 }),
        ridge: fc.oneof(
          fc.constant(0),
          fc.integer({ min: 1, max: 2 ** 20 }),
          fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((v) => Math.floor(v * 2 ** (accumulatorBits - 33))),
        ),
        factors: fc.array(factor, { minLength: 1, maxLength: 2 }),
      })
      .map(({ seeds, rows, bits, out, decays, ridge, factors }) => {
        const added = seeds.map((s): Step => ({ kind: 'rows', words: randomWords(s, rows, columns, bits), rows }));
        const taken: Step[] = out ? [{ ...added[0]!, subtract: true } as Step] : [];
        return {
          name: 'any',
          features: d,
          outputs: m,
          diagonal: new Float64Array(d).fill(ridge),
          steps: [...added, ...taken, ...decays.map((shift): Step => ({ kind: 'decay', shift })), ...factors.flat()],
        };
      });
  });
}

describe('every operation of the functional model', () => {
  test.each([
    [18, 48],
    [16, 40],
    [17, 44],
    [12, 30],
    [8, 24],
  ])('equals the BigInt contract for any problem: %i/%i bits', async (wordBits, accumulatorBits) => {
    const device = new FunctionalDevice(nodeHost, parametersOf(4, wordBits, accumulatorBits));
    let [compared, clipped, broken] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(anyCase(wordBits, accumulatorBits), async (problem) => {
        const outcome = await runCase(device, problem).catch((error: { code?: string }) => error.code);
        // Wide data in a narrow accumulator are refused; anything accepted must be exact.
        if (outcome === 'engine-gram-overflow') return;
        const answer = withoutCycles(outcome as Exclude<typeof outcome, string | undefined>);
        expect(answer).toEqual(oracle(problem, wordBits));
        compared++;
        if (answer.flags.some((f) => f.saturated)) clipped++;
        if (answer.flags.some((f) => f.breakdown)) broken++;
      }),
      { seed, numRuns: 150 },
    );
    // The property means something only when the cases reach every kind of answer.
    expect(compared).toBeGreaterThan(50);
    expect(clipped).toBeGreaterThan(5);
    expect(broken).toBeGreaterThan(5);
    expect(compared - clipped).toBeGreaterThan(5);
  });

  test.each([2, 4, 8, 16])('equals the contract in the cases for the simulators, %i lanes', async (lanes) => {
    for (const [wordBits, accumulatorBits] of [
      [18, 48],
      [16, 40],
    ] as const) {
      const device = new FunctionalDevice(nodeHost, parametersOf(lanes, wordBits, accumulatorBits));
      for (const problem of operationCases(lanes, wordBits, accumulatorBits, 2))
        expect(withoutCycles(await runCase(device, problem)), problem.name).toEqual(oracle(problem, wordBits));
    }
  });

  test('the cases raise the flags their names promise, and no others', async () => {
    const device = new FunctionalDevice(nodeHost, parametersOf(8, 18, 48));
    const flagsOf = async (end: string): Promise<string[]> => {
      const problem = operationCases(8, 18, 48, 2).find((c) => c.name.endsWith(end))!;
      const { flags } = await runCase(device, problem);
      return flags.flatMap((f, i) => [
        ...(f.breakdown ? [`${problem.steps[i]!.kind} breakdown`] : []),
        ...(f.saturated ? [`${problem.steps[i]!.kind} saturated`] : []),
      ]);
    };
    expect(await flagsOf('rows taken out again')).toEqual([]);
    expect(await flagsOf('two limbs: no shift')).toEqual([]);
    expect(await flagsOf('two limbs: nearly dependent')).toEqual(['back saturated']);
    expect(await flagsOf('two limbs: negative diagonal')).toContain('factor breakdown');
    expect(await flagsOf('CHOL saturates')).toContain('factor saturated');
    expect(await flagsOf('two limbs: large targets on small inputs: BACK saturates')).toEqual(['back saturated']);
    expect(await flagsOf('two limbs: just below one')).toEqual(['factor saturated']);
    expect(await flagsOf('two limbs: solves on the factor')).toEqual(['solve saturated']);
  });

  test('rows that came and went leave the bits of a Gram that never saw them; a loaded Gram is the accumulated one', async () => {
    const device = new FunctionalDevice(nodeHost);
    const problem = { features: 10, outputs: 3, diagonal: new Float64Array(10).fill(2 ** 20) };
    const [stay, go] = [randomWords(1, 40, 13, 17), randomWords(2, 25, 13, 18)];
    await device.begin(problem);
    await device.accumulate(stay, 40);
    const wanted = await device.readGram();
    await device.accumulate(go, 25);
    expect(await device.readGram()).not.toEqual(wanted);
    await device.accumulate(go, 25, undefined, { subtract: true });
    expect(await device.readGram()).toEqual(wanted);
    await device.begin({ ...problem, diagonal: new Float64Array(10) });
    await device.loadGram(wanted);
    expect(await device.readGram()).toEqual(wanted);
    await device.accumulate(stay, 40, undefined, { subtract: true });
    expect((await device.readGram())[0]).toBe(2 ** 20);
  });
});

describe('a device refuses', () => {
  const device = new FunctionalDevice(nodeHost, parametersOf(8, 18, 48));
  const problem = { features: 2, outputs: 1, diagonal: new Float64Array(2).fill(100) };

  test('a Gram that no rows can have', async () => {
    await device.begin(problem);
    await expect(device.loadGram(Float64Array.of(4, 7, 0, 0, 9, 0))).rejects.toMatchObject({ code: 'engine-bad-words' });
    await expect(device.loadGram(Float64Array.of(4, 1.5, 0, 0, 9, 0))).rejects.toMatchObject({ code: 'engine-bad-words' });
    await expect(device.loadGram(Float64Array.of(0, 0, 1, 0, 9, 0))).rejects.toMatchObject({ code: 'engine-bad-words' });
    await expect(device.loadGram(Float64Array.of(2 ** 47, 0, 0, 0, 9, 0))).rejects.toMatchObject({ code: 'engine-gram-overflow' });
    expect(Array.from(await device.readGram())).toEqual([100, 0, 0, 0, 100, 0]);
    await device.loadGram(Float64Array.of(4, 6, -3, 0, 9, 5));
    expect(Array.from(await device.readGram())).toEqual([4, 6, -3, 0, 9, 5]);
  });

  test('to take out more than was added', async () => {
    await device.begin(problem);
    await device.accumulate(Int32Array.of(3, 4, 5), 1);
    await expect(device.accumulate(Int32Array.of(3, 5, 5), 1, undefined, { subtract: true })).rejects.toMatchObject({
      code: 'engine-bad-words',
    });
    await device.accumulate(Int32Array.of(3, 4, 5), 1, undefined, { subtract: true });
  });

  test('right-hand sides outside the words of the factor, and factors there is no room for', async () => {
    await device.begin(problem);
    await device.factor(0, undefined, 2);
    const solve = (values: Float64Array, fractionBits: number): Promise<unknown> => device.solve({ values, fractionBits });
    await expect(solve(Float64Array.of(1, 1), 17)).rejects.toMatchObject({ code: 'internal-assertion' });
    await expect(solve(Float64Array.of(1, 2 ** 34 - 2 ** 16), 34)).rejects.toMatchObject({ code: 'engine-bad-words' });
    await expect(solve(Float64Array.of(1, 0.5), 34)).rejects.toMatchObject({ code: 'engine-bad-words' });
    await device.solve({ values: Float64Array.of(-(2 ** 34), 2 ** 34 - 2 ** 16 - 1), fractionBits: 34 });
    await expect(device.readWeights()).rejects.toMatchObject({ code: 'internal-assertion' });
    const one = new FunctionalDevice(nodeHost, { ...parametersOf(8, 18, 48), limbs: 1 });
    await one.begin(problem);
    await expect(one.factor(0, undefined, 2)).rejects.toMatchObject({ code: 'internal-assertion' });
    await one.factor(0);
  });
});
