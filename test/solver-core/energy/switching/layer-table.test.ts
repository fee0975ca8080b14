import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputActivity, inputClasses } from '../../../../solver-core/energy/switching/classes.ts';
import { highBits, msbDistance, popcount } from '../../../../solver-core/energy/switching/groups.ts';
import { classTransitions, layerEnergyTable, predictedEnergy } from '../../../../solver-core/energy/switching/layer-table.ts';
import { tileEnergy } from '../../../../solver-core/energy/switching/tile.ts';
import { weightIndex } from '../../../../solver-core/energy/switching/types.ts';
import { tolerances } from '../../../tolerances.ts';
import { randomLayer, recordingCell } from './layers.ts';
import { toggleCell } from './toggle-model.ts';

const sum22 = fc.integer({ min: -(2 ** 21), max: 2 ** 21 - 1 });

describe('groups of changes of a partial sum', () => {
  test('bits are counted as in their text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        expect(popcount(bits)).toBe(bits.toString(2).replaceAll('0', '').length);
      }),
      { seed: 1 },
    );
  });

  test.each([msbDistance, highBits])('$id: symmetric, in range, no change is group 0', (grouping) => {
    fc.assert(
      fc.property(sum22, sum22, (a, b) => {
        const group = grouping.group(a, b);
        expect(group).toBe(grouping.group(b, a));
        expect(group).toBeGreaterThanOrEqual(0);
        expect(group).toBeLessThan(grouping.count);
        expect(grouping.group(a, a)).toBe(0);
      }),
      { seed: 2 },
    );
  });

  test('MSB position and Hamming distance are both told apart', () => {
    // -1 to 0 moves all 22 bits, 0 to 1 one; 0 to 2^20 one high bit.
    const groups = [msbDistance.group(-1, 0), msbDistance.group(0, 1), msbDistance.group(0, 2 ** 20), msbDistance.group(0, 2 ** 20 + 63)];
    expect(new Set(groups).size).toBe(4);
    expect(highBits.group(-1, 0)).toBe(12);
    expect(highBits.group(0, 1)).toBe(0);
  });
});

describe('activity classes', () => {
  test('inputs that are always zero are class 0, whatever their neighbours do', () => {
    const layer = randomLayer({ d: 30, k: 4, rows: 50, seed: 1, zeroEvery: 3 });
    const { inputClass, classes } = inputClasses(layer);
    expect(classes).toBe(5);
    inputClass.forEach((of, k) => expect(of === 0).toBe(k % 3 === 0));
    // One smallest step at one moment is enough to leave the class.
    layer.activations[20 * 30 + 3] = 1;
    expect(inputClasses(layer).inputClass[3]).toBe(1);
  });

  test('busier inputs are in higher classes, and classes have equal size', () => {
    const layer = randomLayer({ d: 40, k: 1, rows: 64, seed: 2 });
    // Input k moves only its lowest bits: k mod 8 of them.
    layer.activations.forEach((v, at) => (layer.activations[at] = 128 | (v & (2 ** ((at % 40) % 8) - 1))));
    const { inputClass, classes } = inputClasses(layer);
    const activity = inputActivity(layer);
    expect(classes).toBe(5);
    for (let a = 0; a < 40; a++)
      for (let b = 0; b < 40; b++) if (activity[a]! < activity[b]!) expect(inputClass[a]!).toBeLessThanOrEqual(inputClass[b]!);
    for (let of = 1; of < 5; of++) expect(inputClass.filter((c) => c === of)).toHaveLength(10);
  });

  test('a layer whose inputs are all zero has class 0 alone', () => {
    const layer = randomLayer({ d: 6, k: 2, rows: 8, seed: 3 });
    layer.activations.fill(0);
    expect(inputClasses(layer)).toEqual({ inputClass: new Uint8Array(6), classes: 1 });
    const table = layerEnergyTable(toggleCell('booth'), layer);
    expect(predictedEnergy(table, layer.weights)).toEqual({ multiplier: 0, adder: 0, registers: 0 });
  });
});

describe('table of a layer', () => {
  test.each([
    ['one by one', 'carried', 2 ** 26],
    ['several of a column', 'carried', 100 * 4],
    ['several of a column', 'restarted', 100 * 4],
  ] as const)('transitions drawn %s are transitions that occur, %s sums', (_, sums, additions) => {
    const layer = randomLayer({ d: 12, k: 5, rows: 24, runRows: 6, groupInputs: 6, seed: 4, zeroEvery: 4 });
    const cell = recordingCell();
    const array = { rows: 4, columns: 2 };
    tileEnergy(cell, layer, { rows: 1000, array, sums });
    const occur = new Set(cell.seen.map((text) => text.slice(text.indexOf(',') + 1)));
    const classes = inputClasses(layer);
    for (const { count, activationBefore, activation, sumBefore, sum } of classTransitions(layer, classes, {
      samples: 100,
      mapping: { array, sums },
      additions,
    })) {
      if (count > 0) expect(count).toBe(100);
      for (let t = 0; t < count; t++) expect(occur).toContain([activationBefore[t], activation[t], sumBefore[t], sum[t]].join());
    }
  });

  test('the sums of a layer with very many inputs take no more than they may', () => {
    const layer = randomLayer({ d: 5000, k: 2, rows: 6, seed: 16 });
    let read = 0;
    const weights = new Proxy(layer.weights, {
      get: (of, key) => {
        read++;
        return of[Number(key)];
      },
    });
    const classes = inputClasses(layer);
    classTransitions({ ...layer, weights }, classes, { samples: 64, additions: 40_000 });
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThanOrEqual(40_000 * classes.classes);
  });

  test('with one class and all transitions it is the mean of the definition', () => {
    // Equal inputs and equal outputs: every draw is one of two transitions, so that the mean is known.
    const layer = {
      id: 'flat',
      weights: new Int8Array(4).fill(3),
      d: 2,
      k: 2,
      rows: 3,
      activations: Uint8Array.of(0, 0, 10, 10, 0, 0),
      positions: 5,
    };
    const table = layerEnergyTable(recordingCell(), layer, { samples: 64 });
    for (const of of [1, 2]) expect(table.byPart[0][of * 255 + weightIndex(-7)]).toBe(70);
    // Weight 3 at input 0 of both outputs: sums do not move there; at input 1 they move by 30.
    expect(predictedEnergy(table, layer.weights)).toEqual({ multiplier: 4 * 30 * 5, adder: 2 * 30 * 5, registers: 4 * 5 });
  });

  test('same seed, same table; another seed, another one', () => {
    const layer = randomLayer({ d: 20, k: 8, rows: 60, seed: 5 });
    const table = layerEnergyTable(toggleCell('array'), layer, { samples: 200, seed: 9 });
    expect(layerEnergyTable(toggleCell('array'), layer, { samples: 200, seed: 9 })).toEqual(table);
    expect(layerEnergyTable(toggleCell('array'), layer, { samples: 200, seed: 10 }).energy).not.toEqual(table.energy);
  });

  test('parts add up, weight 0 has no multiplier energy, weights a cell cannot hold have none', () => {
    const layer = randomLayer({ d: 20, k: 8, rows: 60, seed: 6, zeroEvery: 5 });
    const cell = { ...toggleCell('booth'), allowed: [-64, 0, 1, 64] };
    const { energy, byPart, classes } = layerEnergyTable(cell, layer, { samples: 50 });
    for (let of = 0; of < classes; of++) {
      expect(byPart[0][of * 255 + weightIndex(0)]).toBe(0);
      for (const weight of cell.allowed) {
        const at = of * 255 + weightIndex(weight);
        expect(energy[at]).toBe(byPart[0][at]! + byPart[1][at]! + byPart[2][at]!);
      }
      expect(energy[of * 255 + weightIndex(3)]).toBeNaN();
    }
  });

  test.each(['array', 'booth'] as const)('toggle model, %s: the grouped figure is that of all units within its sampling error', (kind) => {
    const layer = randomLayer({ d: 96, k: 24, rows: 160, seed: 7, zeroEvery: 4 });
    const cell = toggleCell(kind);
    const predicted = predictedEnergy(layerEnergyTable(cell, layer, { samples: 2048 }), layer.weights);
    const { energy } = tileEnergy(cell, layer, { rows: 1000 });
    for (const part of ['multiplier', 'adder', 'registers'] as const)
      expect(Math.abs(predicted[part] / energy[part] - 1)).toBeLessThan(tolerances.groupedRandom.relative);
  });
});
