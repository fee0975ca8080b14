import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accumulateCycles, backCycles, cholCycles, gramCycles, pivotCycles } from '../../../../solver-core/backends/engine/cycles.ts';
import type { EngineProblem } from '../../../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { triangleWords } from '../../../../solver-core/backends/engine/host-words.ts';
import type { EngineLayout } from '../../../../solver-core/backends/engine/layout.ts';
import { engineFits, gramOffsets, outputGroupCount, planLayout } from '../../../../solver-core/backends/engine/layout.ts';
import { defaultEngineParameters, engineInfo } from '../../../../solver-core/backends/engine/parameters.ts';
import { gramShift, maxRows } from '../../../../solver-core/backends/engine/shift.ts';
import { AbortError } from '../../../../solver-core/model/abort.ts';
import { nodeHost } from '../../../../solver-core/backends/sim/node-host.ts';
import { randomWords } from '../../../hdl/cases.ts';

const info = engineInfo(defaultEngineParameters, 'functional', 'test', 'test');
const layoutOf = (d: number, m: number): EngineLayout => planLayout(info, d, m) as EngineLayout;
const problem = (features: number, outputs: number, ridge = 0): EngineProblem => ({
  features,
  outputs,
  diagonal: new Float64Array(features).fill(ridge),
});

describe('layout', () => {
  test('the shipped engine takes 1024 features with 8 outputs, and layers with many outputs', () => {
    expect(layoutOf(1024, 8)).toMatchObject({ blocks: 129, chunkRows: 111, limbs: 1, gramWords: 67_072 });
    expect(engineFits(info, 64, 8000)).toBe(true);
    expect(engineFits(info, 1025, 1)).toBe(false);
    expect(engineFits(info, 1024, 56)).toBe(true);
    expect(engineFits(info, 1024, 57)).toBe(false);
    expect(planLayout(info, 8, 40_000)).toMatch(/40008 columns after padding/);
  });

  test('outputs that do not fit at once are divided into the fewest equal groups', () => {
    expect(outputGroupCount(info, 64, 100)).toBe(1);
    expect(outputGroupCount(info, 1024, 56)).toBe(1);
    expect(outputGroupCount(info, 1024, 57)).toBe(2);
    expect(outputGroupCount(info, 1024, 113)).toBe(3);
    expect(outputGroupCount(info, 1025, 1)).toBe(null);
  });

  test('regions of a problem that fits never overlap and stay inside the memories', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), fc.integer({ min: 1, max: 2000 }), fc.constantFrom(1, 2), (d, m, limbs) => {
        const layout = planLayout({ ...info, limbs }, d, m);
        if (typeof layout === 'string') return;
        const { blocks, weightBase, weightBlocks, rowBase, chunkRows, outputBlock } = layout;
        expect(blocks * 8).toBeGreaterThanOrEqual(d + m);
        expect((blocks - 1) * 8).toBeLessThan(d + m);
        expect(outputBlock * 8).toBeLessThanOrEqual(d);
        expect(layout.limbs).toBeLessThanOrEqual(limbs);
        expect(weightBase).toBe(d * blocks * layout.limbs);
        expect(rowBase).toBe(weightBase + d * weightBlocks * layout.limbs);
        expect(chunkRows).toBeGreaterThanOrEqual(1);
        expect(rowBase + chunkRows * blocks).toBeLessThanOrEqual(info.operandDepth);
        expect(layout.gramWords).toBeLessThanOrEqual(info.gramDepth);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('two limbs take their room only where a chunk of rows is left, and never make a problem too large', () => {
    const two = { ...info, limbs: 2 as const };
    expect(planLayout(two, 256, 8)).toMatchObject({ limbs: 2, chunkRows: 256 });
    expect(planLayout(two, 1024, 8)).toMatchObject({ limbs: 1, chunkRows: 111 });
    for (let d = 1; d <= 1024; d += 7) expect(typeof planLayout(two, d, 3)).toBe(typeof planLayout(info, d, 3));
  });

  test('the packed triangle holds every block of the upper triangle once, row after row', () => {
    const layout = layoutOf(19, 6);
    const offsets = gramOffsets(layout, 8);
    const seen: number[] = [];
    for (let i = 0; i < 19; i++) for (let b = Math.floor(i / 8); b < layout.blocks; b++) seen.push(offsets[i]! + b - Math.floor(i / 8));
    expect(seen).toEqual(Array.from({ length: layout.gramWords }, (_, at) => at));
  });
});

describe('cycles', () => {
  test('published numbers of the formula: 64 features, 8 outputs, 8 lanes', () => {
    const layout = layoutOf(64, 8);
    expect(gramCycles(layout, info, 32)).toBe(32 * 352 + 5);
    expect(accumulateCycles(layout, info, 600)).toBe(600 * 352 + 3 * 5);
    expect(pivotCycles(18)).toBe(36);
    expect(cholCycles(layout, info)).toBe(10320);
    expect(backCycles(layout, info)).toBe(2317);
    expect(triangleWords(layout)).toBe(64 * 72 - (64 * 63) / 2);
  });
});

describe('shift and row bounds', () => {
  test('the shift is the smallest that brings the diagonal below one', () => {
    expect(gramShift(2 ** 34 - 1, 18)).toBe(0);
    expect(gramShift(2 ** 34, 18)).toBe(1);
    expect(gramShift(2 ** 35 - 1, 18)).toBe(1);
    expect(gramShift(2 ** 47 - 1, 18)).toBe(13);
  });

  test('row bounds are those of the documentation, less the one row that would reach the sign bit', () => {
    expect(maxRows(18, 48)).toBe(8192 - 1);
    expect(maxRows(16, 48)).toBe(131_072 - 1);
    expect(maxRows(14, 48, 2 ** 40)).toBe(2 ** 21 - 2 ** 14 - 1);
    expect(maxRows(18, 40)).toBe(31);
    expect(maxRows(24, 40)).toBe(0);
  });
});

describe('a device refuses', () => {
  const device = new FunctionalDevice(nodeHost);

  test('a problem that does not fit', async () => {
    await expect(device.begin(problem(1025, 1))).rejects.toMatchObject({ code: 'engine-too-small', category: 'backend' });
  });

  test('words outside their range, and leaves the Gram as it was', async () => {
    await device.begin(problem(2, 1, 5));
    await expect(device.accumulate(Int32Array.of(1, 2, 2 ** 17), 1)).rejects.toMatchObject({ code: 'engine-bad-words' });
    await expect(device.accumulate(Int32Array.of(1, -(2 ** 17) - 1, 0), 1)).rejects.toMatchObject({ code: 'engine-bad-words' });
    expect(Array.from(await device.readGram())).toEqual([5, 0, 0, 0, 5, 0]);
  });

  test('a ridge term that is no integer or too large', async () => {
    await expect(device.begin(problem(2, 1, 0.5))).rejects.toMatchObject({ code: 'engine-bad-words' });
    await expect(device.begin(problem(2, 1, 2 ** 47))).rejects.toMatchObject({ code: 'engine-gram-overflow' });
  });

  test('rows that could overflow only together with the ridge term', async () => {
    await device.begin(problem(1, 1, 2 ** 47 - 2 ** 34));
    await expect(device.accumulate(Int32Array.of(-(2 ** 17), 0), 1)).rejects.toMatchObject({ code: 'engine-gram-overflow' });
    await device.accumulate(Int32Array.of(2 ** 17 - 1, 0), 1);
    expect((await device.readGram())[0]).toBe(2 ** 47 - 2 ** 34 + (2 ** 17 - 1) ** 2);
  });

  test('calls out of order', async () => {
    const fresh = new FunctionalDevice(nodeHost);
    await expect(fresh.factor(0)).rejects.toMatchObject({ code: 'internal-assertion' });
    await fresh.begin(problem(1, 1, 1));
    await expect(fresh.backSubstitute()).rejects.toMatchObject({ code: 'internal-assertion' });
    await expect(fresh.readWeights()).rejects.toMatchObject({ code: 'internal-assertion' });
  });
});

test('a cancelled functional device stops at its next pause and wants a new beginning', async () => {
  const abort = { aborted: false };
  const device = new FunctionalDevice({ pause: async () => void (abort.aborted = true) });
  await device.begin(problem(400, 8, 1));
  await expect(device.accumulate(randomWords(1, 600, 408, 12), 600, abort)).rejects.toBeInstanceOf(AbortError);
  await expect(device.factor(0)).rejects.toMatchObject({ code: 'internal-assertion' });
});
