import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tileEnergy } from '../../../solver-core/energy/switching/tile.ts';
import type { IntegerLayer } from '../../../solver-core/energy/switching/types.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import { arranged, arrangement, inputChanges, sumPrices } from '../../../solver-core/jobs/select-arrange.ts';
import { toggleCell } from '../compress/toggle-cell.ts';

function madeLayer(seed: number, groups: number, groupInputs: number, k: number, rows: number): IntegerLayer {
  const random = createRandom(seed, 'arranged layer');
  const d = groups * groupInputs;
  return {
    id: 'layer',
    weights: Int8Array.from({ length: d * k }, () => (random.below(3) === 0 ? random.below(255) - 127 : 0)),
    d,
    k,
    rows,
    activations: Uint8Array.from({ length: rows * d }, (_, at) => (random.below(2 + (at % d)) === 0 ? 0 : random.below(256))),
    positions: 1,
    runRows: 5,
    ...(groups === 1 ? {} : { groupInputs }),
  };
}

/** Sum of every group, output and row. */
function sums({ weights, activations, d, k, rows, groupInputs = d }: IntegerLayer): number[][] {
  return Array.from({ length: d / groupInputs }, (_, g) =>
    Array.from({ length: k * rows }, (_v, at) => {
      const [n, r] = [at % k, Math.floor(at / k)];
      let sum = 0;
      for (let i = g * groupInputs; i < (g + 1) * groupInputs; i++) sum += weights[i * k + n]! * activations[r * d + i]!;
      return sum;
    }),
  );
}

describe('an arranged layer', () => {
  test('gives the same sums, all from the same constant', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 9 }),
        (seed, groups, inputs) => {
          const layer = madeLayer(seed, groups, inputs, 3, 7);
          const how = arrangement(layer, inputChanges(layer));
          const other = arranged(layer, how);
          const [before, after] = [sums(layer), sums(other)];
          const constants = new Set(after.flatMap((group, g) => group.map((sum, at) => sum - before[g]![at]!)));
          expect(constants.size).toBe(1);
          expect([...how.order].sort((a, b) => a - b)).toEqual(Array.from({ length: layer.d }, (_, i) => i));
          how.order.forEach((input, row) => expect(Math.floor(input / inputs)).toBe(Math.floor(row / inputs)));
          // 22 bits hold it.
          expect(Math.max(...after.flat().map(Math.abs))).toBeLessThan(2 ** 21);
        },
      ),
      { seed: 20261121, numRuns: 40 },
    );
  });

  test('switches less: sums are quiet until late and do not cross 0', () => {
    const layer = madeLayer(5, 1, 60, 8, 200);
    const total = (of: IntegerLayer): number => {
      const { energy } = tileEnergy(toggleCell, of, { rows: 100 });
      return energy.multiplier + energy.adder + energy.registers;
    };
    expect(total(arranged(layer, arrangement(layer, inputChanges(layer))))).toBeLessThan(total(layer));
  });

  test('the first weights of a column cost its sum the most', () => {
    const layer = madeLayer(9, 1, 20, 2, 50);
    const activity = new Float64Array(20).fill(100);
    const how = arrangement(layer, activity);
    const prices = sumPrices(layer, how, activity, 0.01);
    for (let n = 0; n < 2; n++) {
      for (let row = 1; row < 20; row++) expect(prices[how.order[row]! * 2 + n]!).toBeLessThan(prices[how.order[row - 1]! * 2 + n]!);
    }
  });
});
