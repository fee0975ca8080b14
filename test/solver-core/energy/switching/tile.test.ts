import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitPlanes, planeWords } from '../../../../solver-core/energy/switching/gate-kernel.ts';
import { macCell } from '../../../../solver-core/energy/switching/gate-simulation.ts';
import { tileEnergy, tileSteps } from '../../../../solver-core/energy/switching/tile.ts';
import type { SwitchingCell } from '../../../../solver-core/energy/switching/streams.ts';
import type { IntegerLayer } from '../../../../solver-core/energy/switching/types.ts';
import { tolerances } from '../../../tolerances.ts';
import { randomLayer, recordingCell } from './layers.ts';
import { toggleCell } from './toggle-model.ts';

/** Every transition of every unit in exact whole numbers, written from the definition: unit by unit, sum by sum. */
function naive(layer: IntegerLayer, arrayRows: number, carried: boolean): string[] {
  const inGroup = layer.groupInputs ?? layer.d;
  const seen: string[] = [];
  const sumAt = (row: number, k: number, n: number): bigint => {
    let start = Math.floor(k / inGroup) * inGroup;
    if (!carried) while (start + arrayRows <= k) start += arrayRows;
    let sum = 0n;
    for (let i = start; i < k; i++) sum += BigInt(layer.weights[i * layer.k + n]!) * BigInt(layer.activations[row * layer.d + i]!);
    return BigInt.asIntN(22, sum);
  };
  for (let k = 0; k < layer.d; k++) {
    for (let n = 0; n < layer.k; n++) {
      for (let row = 1; row < layer.rows; row++) {
        if (layer.runRows !== undefined && Math.floor(row / layer.runRows) !== Math.floor((row - 1) / layer.runRows)) continue;
        const a = [layer.activations[(row - 1) * layer.d + k], layer.activations[row * layer.d + k]];
        seen.push([layer.weights[k * layer.k + n], ...a, sumAt(row - 1, k, n), sumAt(row, k, n)].join());
      }
    }
  }
  return seen.sort();
}

const shapes = fc.record({
  groupInputs: fc.integer({ min: 1, max: 7 }),
  groups: fc.integer({ min: 1, max: 3 }),
  k: fc.integer({ min: 1, max: 5 }),
  runs: fc.integer({ min: 1, max: 3 }),
  runRows: fc.integer({ min: 2, max: 5 }),
  arrayRows: fc.integer({ min: 1, max: 8 }),
  arrayColumns: fc.integer({ min: 1, max: 4 }),
  carried: fc.boolean(),
  seed: fc.integer({ min: 0, max: 10_000 }),
});

describe('whole tiles', () => {
  test('every unit sees exactly the activations and sums of the definition', () => {
    fc.assert(
      fc.property(shapes, ({ groupInputs, groups, k, runs, runRows, arrayRows, arrayColumns, carried, seed }) => {
        const layer = randomLayer({ d: groupInputs * groups, groupInputs, k, rows: runs * runRows, runRows, seed });
        const cell = recordingCell();
        const array = { rows: arrayRows, columns: arrayColumns };
        const result = tileEnergy(cell, layer, { array, sums: carried ? 'carried' : 'restarted', rows: 1000 });
        const expected = naive(layer, arrayRows, carried);
        expect(cell.seen.sort()).toEqual(expected);
        expect(result.simulatedMacs).toBe(expected.length);
        expect(result.simulatedColumns).toBe(k);
        expect(result.tiles).toBe(groups * Math.ceil(groupInputs / arrayRows) * Math.ceil(k / arrayColumns));
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  test('sums wider than 22 bits go on with their lowest 22 bits, and the share of them is told', () => {
    const d = 200;
    const layer = {
      id: 'wide',
      weights: new Int8Array(d).fill(127),
      d,
      k: 1,
      rows: 2,
      activations: new Uint8Array(2 * d).fill(255),
      positions: 1,
    };
    layer.activations.fill(254, 0, d);
    const cell = recordingCell();
    const { wrapped } = tileEnergy(cell, layer);
    // 127 · 255 · k leaves 22 bits (2^21) from k = 65 on.
    expect(wrapped).toBe((d - 65) / d);
    expect(cell.seen.sort()).toEqual(naive(layer, 64, true));
    expect(tileEnergy(recordingCell(), layer, { sums: 'restarted' }).wrapped).toBe(0);
  });

  test.each(['array', 'booth'] as const)('%s cell: a column of gates that computes its own sums costs the same', (id) => {
    const rows = 150;
    const layer = randomLayer({ d: 24, k: 3, rows, seed: 11 });
    const cell = macCell(id);
    const column = Array.from({ length: 24 }, (_, i) =>
      bitPlanes(
        Uint8Array.from({ length: rows }, (_, r) => layer.activations[r * 24 + i]!),
        8,
      ),
    );
    const total = { multiplier: 0, adder: 0, registers: 0 };
    for (let n = 0; n < 3; n++) {
      // The sums leave one unit's gates and enter the next one's; the simulation of tiles computes them as numbers.
      const sums = new Int32Array(22 * planeWords(rows));
      for (let i = 0; i < 24; i++) {
        const energy = cell.planesEnergy(layer.weights[i * 3 + n]!, column[i]!, sums);
        for (const part of ['multiplier', 'adder', 'registers'] as const) total[part] += energy[part] / (rows - 1);
      }
    }
    const { energy } = tileEnergy(cell, layer, { array: { rows: 10, columns: 2 } });
    for (const part of ['multiplier', 'adder', 'registers'] as const)
      expect(Math.abs(energy[part] / total[part] - 1)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('a stream that stands still costs nothing', () => {
    const layer = randomLayer({ d: 9, k: 4, rows: 30, seed: 3 });
    for (let row = 1; row < 30; row++) layer.activations.copyWithin(row * 9, 0, 9);
    expect(tileEnergy(toggleCell('array'), layer).energy).toEqual({ multiplier: 0, adder: 0, registers: 0 });
  });

  test('the order of the columns changes nothing', () => {
    const layer = randomLayer({ d: 12, k: 6, rows: 40, seed: 4 });
    const order = [3, 1, 5, 0, 2, 4];
    const weights = layer.weights.map((_, at) => layer.weights[Math.floor(at / 6) * 6 + order[at % 6]!]!);
    const before = tileEnergy(recordingCell(), layer).energy;
    const after = tileEnergy(recordingCell(), { ...layer, weights }).energy;
    for (const part of ['multiplier', 'adder', 'registers'] as const)
      expect(Math.abs(after[part] / before[part] - 1)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('energy is that of one inference: twice the positions cost twice', () => {
    const layer = randomLayer({ d: 5, k: 3, rows: 20, seed: 6 });
    const once = tileEnergy(recordingCell(), layer);
    const twice = tileEnergy(recordingCell(), { ...layer, positions: 2 });
    expect(twice.macs).toBe(30);
    expect(twice.energy.adder).toBe(2 * once.energy.adder);
  });

  test('columns and rows are sampled by the seed, and the result says how many', () => {
    const layer = randomLayer({ d: 40, k: 40, rows: 100, seed: 7 });
    const options = { array: { rows: 8, columns: 8 }, rows: 10, transitions: 40 * 10 * 6 };
    const once = tileEnergy(recordingCell(), layer, { ...options, seed: 1 });
    expect(once).toMatchObject({ tiles: 25, columns: 40, simulatedColumns: 6, rows: 10, simulatedMacs: 40 * 10 * 6, macs: 1600 });
    expect(tileEnergy(recordingCell(), layer, { ...options, seed: 1 })).toEqual(once);
    expect(tileEnergy(recordingCell(), layer, { ...options, seed: 2 }).energy).not.toEqual(once.energy);
  });

  test('a few columns at least, however little is allowed', () => {
    const layer = randomLayer({ d: 20, k: 20, rows: 9, seed: 8 });
    expect(tileEnergy(recordingCell(), layer, { transitions: 1 })).toMatchObject({ tiles: 1, simulatedColumns: 4, rows: 8 });
  });

  test('of a layer with very many inputs the gates of some are simulated, on the sums of all', () => {
    const layer = randomLayer({ d: 600, k: 4, rows: 4, seed: 12 });
    const cell = recordingCell();
    const result = tileEnergy(cell, layer, { transitions: 1 });
    expect(result).toMatchObject({ columns: 4, simulatedColumns: 4, inputs: 600, simulatedInputs: 256, simulatedMacs: 4 * 256 * 3 });
    expect(cell.seen).toHaveLength(4 * 256 * 3);
    const all = new Set(naive(layer, 64, true));
    expect(cell.seen.every((unit) => all.has(unit))).toBe(true);
    expect(result.macs).toBe(2400);
  });

  test('however large a layer is, its units stay within the bound, and its energy is that of all multiply-adds', () => {
    let asked = 0;
    const cell: SwitchingCell = {
      id: 'array',
      allowed: [],
      transitionEnergy: () => ({ multiplier: ++asked > 0 ? 1 : 0, adder: 0, registers: 0 }),
    };
    const layer = randomLayer({ d: 100_000, k: 9, rows: 3, seed: 13 });
    const result = tileEnergy(cell, layer, { transitions: 2 ** 20 });
    expect(asked).toBeLessThanOrEqual(2 ** 20 / 64);
    expect(result).toMatchObject({ simulatedColumns: 4, simulatedInputs: 2 ** 12 });
    expect(Math.abs(result.energy.multiplier / 900_000 - 1)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('step by step it comes out the same, and tells how far it is', () => {
    const layer = randomLayer({ d: 7, k: 3, rows: 20, seed: 14 });
    const steps = tileSteps(recordingCell(), layer);
    const shares: number[] = [];
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) shares.push(step.value);
    expect(step.value).toEqual(tileEnergy(recordingCell(), layer));
    expect(shares).toEqual(Array.from({ length: 21 }, (_, unit) => unit / 21));
  });

  test('sampled inputs estimate the energy of all of them', () => {
    const layer = randomLayer({ d: 2000, k: 4, rows: 40, seed: 15, zeroEvery: 3 });
    const all = tileEnergy(toggleCell('array'), layer).energy;
    const some = tileEnergy(toggleCell('array'), layer, { transitions: 1 });
    expect(some).toMatchObject({ simulatedInputs: 256, simulatedColumns: 4 });
    for (const part of ['multiplier', 'adder', 'registers'] as const)
      expect(Math.abs(some.energy[part] / all[part] - 1)).toBeLessThan(tolerances.groupedRandom.relative);
  });

  test('sampled columns and rows estimate the energy of all of them', () => {
    const layer = randomLayer({ d: 30, k: 60, rows: 400, seed: 9, zeroEvery: 3 });
    const all = tileEnergy(toggleCell('array'), layer).energy;
    const some = tileEnergy(toggleCell('array'), layer, { transitions: 30 * 256 * 20 });
    expect(some).toMatchObject({ simulatedColumns: 20, rows: 256 });
    for (const part of ['multiplier', 'adder', 'registers'] as const)
      expect(Math.abs(some.energy[part] / all[part] - 1)).toBeLessThan(tolerances.groupedRandom.relative);
  });
});
