import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabelledRows } from '../../../solver-core/fit/index.ts';
import { takeRows } from '../../../solver-core/jobs/open-rows.ts';
import type { OpenedRows } from '../../../solver-core/jobs/open-rows.ts';
import { requireBetterThanChance } from '../../../solver-core/jobs/select-chance.ts';
import { dropOf } from '../../../solver-core/jobs/select-drop.ts';
import { coverage, layerSavings, savingDocument, totalSavings } from '../../../solver-core/jobs/select-savings.ts';
import type { PricedLayer } from '../../../solver-core/jobs/select-pricing.ts';
import { selectRows } from '../../../solver-core/jobs/select-rows.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { wholeEnergy } from '../../../solver-core/jobs/select-whole.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { smallNetwork } from '../../cli/select-network.ts';
import { tolerances } from '../../tolerances.ts';

/** Rows that hold their own number, in memory or, as far as anybody can see, in a file. */
function numbered(rows: number, where: 'memory' | 'file'): OpenedRows {
  const all: LabelledRows = {
    rows,
    inputShape: [1],
    x: Float32Array.from({ length: rows }, (_, r) => r),
    labels: { kind: 'class', classes: 2, values: Int32Array.from({ length: rows }, (_, r) => r % 2) },
  };
  const inFile = ({ x, ...rest }: LabelledRows): ReturnType<OpenedRows['take']> => ({
    ...rest,
    async *batches(size) {
      for (let first = 0; first < rest.rows; first += size)
        yield await Promise.resolve({ first, rows: Math.min(size, rest.rows - first), x: x.subarray(first, first + size) });
    },
  });
  const as = (part: LabelledRows): ReturnType<OpenedRows['take']> => (where === 'memory' ? part : inFile(part));
  return {
    name: 'rows',
    sha256: '',
    diagnostics: [],
    rows: as(all),
    where,
    take: (numbers) => as(takeRows(all, numbers)),
    close: () => Promise.resolve(),
  };
}

describe('rows of a selection', () => {
  test('no row is in two parts, in memory or in a file; a cap takes some of each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 400 }), fc.integer({ min: 20, max: 300 }), fc.integer(), async (n, cap, seed) => {
        const split = { fraction: 0.8, seed };
        const [memory, file] = [await selectRows(numbered(n, 'memory'), split, cap), await selectRows(numbered(n, 'file'), split, cap)];
        const numbersOf = (rows: LabelledRows): number[] => [...rows.x];
        expect(numbersOf(file.calibration)).toEqual(numbersOf(memory.calibration));
        expect(numbersOf(file.validation)).toEqual(numbersOf(memory.validation));
        const parts = [memory.calibration, memory.validation, memory.heldOut as LabelledRows].map(numbersOf);
        const all = parts.flat();
        expect(new Set(all).size).toBe(all.length);
        expect(parts[0]!.length).toBeLessThanOrEqual(cap);
        expect(parts[2]!.length).toBe(n - Math.floor(0.8 * n));
        for (const part of parts) expect(part).toEqual(part.toSorted((a, b) => a - b));
      }),
      { seed: 20261121, numRuns: 40 },
    );
  });

  test('a cap that leaves too few', async () => {
    const few = selectRows(numbered(200, 'memory'), { fraction: 0.8, seed: 1 }, 19);
    await expect(few).rejects.toMatchObject({ code: 'too-few-rows', category: 'usage' });
  });

  test('too few held-out rows to judge by', async () => {
    const few = selectRows(numbered(100, 'memory'), { fraction: 0.95, seed: 1 });
    await expect(few).rejects.toMatchObject({ code: 'too-few-rows', message: expect.stringMatching(/keeps 5 of 100 rows/) as string });
  });

  test.each([
    [70, 'too-few-rows'],
    [1, 'too-few-rows'],
    [0, 'too-few-rows'],
  ])('%i rows: %s', async (n, code) => {
    await expect(selectRows(numbered(n, 'memory'), { fraction: 0.8, seed: 1 })).rejects.toMatchObject({ code });
  });
});

describe('chance', () => {
  const rows = numbered(200, 'memory').rows;
  test.each([
    [0.5, true],
    [0.57, true],
    [0.58, false],
    [1, false],
  ])('accuracy %f on two equal classes: %s', (value, isChance) => {
    const check = (): void => requireBetterThanChance({ metric: 'accuracy', value, rows: 200, correct: 200 * value }, rows, 'm.onnx');
    if (isChance) expect(check).toThrow(/no accuracy to keep/);
    else expect(check).not.toThrow();
  });

  test('errors have no chance level', () => {
    expect(() => requireBetterThanChance({ metric: 'mse', value: 1e9, rows: 200, correct: null }, rows, 'm.onnx')).not.toThrow();
  });
});

test('a drop is points of accuracy or a share of the error', () => {
  expect(dropOf('accuracy', 0.75, 0.5)).toBe(0.25);
  expect(dropOf('mse', 2, 3)).toBe(0.5);
  expect(dropOf('mse', 0, 0)).toBe(0);
  expect(dropOf('mse', 0, 1)).toBe(Number.MAX_VALUE);
});

describe('savings', () => {
  const energy = (size: number) => ({ multiplier: size, adder: size / 2, registers: size / 4 });
  const priced = (id: string, cells: readonly (readonly ['array' | 'booth' | 'shift', number])[]): PricedLayer => ({
    id,
    macs: 100,
    cells: new Map(cells.map(([cell, size]) => [cell, energy(size)])),
  });

  test('parts that all shrink alike save that share under every table and cell', () => {
    const before = priced('a', [['array', 10], ['booth', 12]]); // prettier-ignore
    const after = priced('a', [['array', 4], ['booth', 6]]); // prettier-ignore
    const savings = layerSavings(before, after);
    expect(savings.map(({ cell, table }) => `${cell} ${table}`)).toEqual([
      'array horowitz45',
      'array aladdin40',
      'booth horowitz45',
      'booth aladdin40',
    ]);
    for (const { cell, saving } of savings)
      expect(Math.abs(saving - (cell === 'array' ? 0.6 : 0.5))).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('a shifter is compared with the array, and a cell that one layer does not fit has no total', () => {
    const before = priced('a', [['array', 10]]);
    const all = [layerSavings(before, priced('a', [['array', 5], ['shift', 2]])), layerSavings(before, priced('b', [['array', 5]]))]; // prettier-ignore
    expect(all[0]!.map(({ cell }) => cell)).toEqual(['array', 'array', 'shift', 'shift']);
    expect(all[0]![2]!.before).toEqual(all[0]![0]!.before);
    const totals = totalSavings(all);
    expect(totals.map(({ cell }) => cell)).toEqual(['array', 'array']);
    expect(totals[0]!.before.value).toBe(2 * all[0]![0]!.before.value);
    const document = savingDocument(totals, 'array', {
      baseline: 'b', variant: 'v', metric: 'accuracy', before: 1, after: 1, split: 'held-out rows', rows: 9,
    }); // prettier-ignore
    expect(document.low).toBeLessThanOrEqual(document.high);
    expect(() => savingDocument(totals, 'shift', document)).toThrow(expect.objectContaining({ code: 'nothing-simulated' }));
  });

  test('of a part of the layers say of which, and of how much of the work', () => {
    const layers = [
      { id: 'a', macs: 300 },
      { id: 'b', macs: 100 },
    ];
    expect(coverage(layers, new Set(['a', 'b']))).toBeNull();
    expect(coverage(layers, new Set(['a']))).toEqual({ words: '1 of 2 layers with 75 % of the multiply-adds', macShare: 0.75 });
    expect(coverage([...layers, { id: 'c', macs: null }], new Set(['a']))).toEqual({ words: '1 of 3 layers', macShare: null });
  });

  test('of one layer lessen a whole inference by the multiply-adds of that layer alone', () => {
    const { graph } = readModel(smallNetwork()).value!;
    const layers = findLayers(graph, inferShapes(graph));
    const request = { target: 'server-cpu', targets: energyTargets, given: layers, quantised: layers, saving: { low: 0.5, high: 0.5 } };
    const wholeOf = (...ids: string[]): { readonly part: number; readonly saved: number } => {
      const { int8, multiplyAdds, selected } = wholeEnergy({ ...request, selected: new Set(ids) })!;
      return { part: multiplyAdds!.value, saved: int8!.value - selected!.value };
    };
    const [all, first] = [wholeOf('Gemm_0', 'Gemm_2'), wholeOf('Gemm_0')];
    expect(Math.abs(first.part / all.part / (1024 / 1184) - 1)).toBeLessThan(tolerances.sumFp64.relative);
    for (const { part, saved } of [all, first]) expect(Math.abs(saved / part / 0.5 - 1)).toBeLessThan(tolerances.ridgeFp64.relative);
  });
});
