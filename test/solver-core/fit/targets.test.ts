import { describe, expect, test } from 'vitest';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { cpuBackend, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { inputTensors } from '../../../solver-core/fit/activations.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { labelTargets } from '../../../solver-core/fit/rows.ts';
import { lastDimensionRows } from '../../../solver-core/fit/source-rows.ts';
import { availableTargets, targetStrategy } from '../../../solver-core/fit/targets/registry.ts';
import type { TargetLayer } from '../../../solver-core/fit/targets/strategy.ts';
import { quiet } from './problems.ts';

const [rows, d, h, classes] = [90, 6, 11, 3];
const x = Float32Array.from(normals(createRandom(1, 'x'), rows * d), (v) => Math.max(0, v + 1));
const values = Int32Array.from({ length: rows }, (_, i) => i % classes);
const input = lastDimensionRows(
  inputTensors({ rows, inputShape: [d], x, labels: { kind: 'class', values, classes } }, { name: 'x', shape: ['n', d] }),
  d,
);
const layer: TargetLayer = {
  id: 'fc',
  outputs: h,
  bias: true,
  activation: 'Relu',
  seed: 7,
  input,
  labels: labelTargets({ kind: 'class', values, classes }, classes),
  context: quiet,
  lambda: undefined,
  numerics: plainNumerics(),
  solve: (problem) => cpuBackend().solve(problem, quiet),
  teacher: () => Promise.reject(new Error('no teacher here')),
};

async function targets(kind: 'labels' | 'forward-projection', changes: Partial<TargetLayer> = {}): Promise<Float32Array> {
  const how = await targetStrategy(kind)!.prepare({ ...layer, ...changes });
  if (how.kind !== 'solve') throw new Error('these targets are solved for');
  const z = new Float32Array(rows * h);
  how.fill(x, rows, 0, z);
  return z;
}

test('labels: rows of one class have one target, and the rank is the number of classes', async () => {
  const z = await targets('labels');
  for (let r = classes; r < rows; r++) expect(z.subarray(r * h, (r + 1) * h)).toEqual(z.subarray((r - classes) * h, (r - classes + 1) * h));
  const { rank } = new SingularValueDecomposition(Matrix.from1DArray(rows, h, Array.from(z)), { autoTranspose: true });
  expect(rank).toBeGreaterThanOrEqual(classes);
  const distinct = new Set(Array.from({ length: rows }, (_, r) => z.subarray(r * h, (r + 1) * h).join()));
  expect(distinct.size).toBe(classes);
});

describe('forward projection', () => {
  test('is the sum of the signs of two projections, the inputs centred', async () => {
    const z = await targets('forward-projection');
    const q = normals(createRandom(7, 'inputs fc'), d * h);
    const u = normals(createRandom(7, 'labels fc'), classes * h);
    const mean = Array.from(
      { length: d },
      (_, j) => Array.from({ length: rows }, (__, r) => x[r * d + j]!).reduce((a, b) => a + b, 0) / rows,
    );
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < h; o++) {
        let own = 0;
        for (let j = 0; j < d; j++) own += (x[r * d + j]! - mean[j]!) * q[j * h + o]!;
        expect(z[r * h + o]).toBe(Math.sign(own) + Math.sign(u[values[r]! * h + o]!));
      }
    }
  });

  test('every unit divides the rows of a class, because the inputs are centred', async () => {
    const z = await targets('forward-projection');
    for (let o = 0; o < h; o++) {
      const signs = new Set(Array.from({ length: rows / classes }, (_, i) => z[i * classes * h + o]));
      expect(signs.size).toBeGreaterThan(1);
    }
  });

  test('rows can be asked for in any pieces', async () => {
    const whole = await targets('forward-projection');
    const how = await targetStrategy('forward-projection')!.prepare(layer);
    const pieces = new Float32Array(rows * h);
    for (const [first, count] of [
      [40, 50],
      [0, 1],
      [1, 39],
    ] as const) {
      if (how.kind === 'solve') how.fill(x.subarray(first * d), count, first, pieces.subarray(first * h));
    }
    expect(pieces).toEqual(whole);
  });

  test('labels that are numbers divide the rows too, whatever their offset', async () => {
    const numbers = Float32Array.from({ length: rows }, (_, r) => 1000 + (r % 5));
    const z = await targets('forward-projection', { labels: labelTargets({ kind: 'regression', values: numbers, outputs: 1 }, 1) });
    const shifted = await targets('forward-projection', {
      labels: labelTargets({ kind: 'regression', values: numbers.map((v) => v - 1000), outputs: 1 }, 1),
    });
    expect(shifted).toEqual(z);
    for (let o = 0; o < h; o++) expect(new Set(Array.from({ length: rows }, (_, r) => z[r * h + o])).size).toBeGreaterThan(2);
  });

  test('seed and layer give other targets', async () => {
    const z = await targets('forward-projection');
    expect(await targets('forward-projection')).toEqual(z);
    expect(await targets('forward-projection', { seed: 8 })).not.toEqual(z);
    expect(await targets('forward-projection', { id: 'other' })).not.toEqual(z);
  });
});

test('random: half of the units pass a ReLU on average, and nothing depends on the labels', async () => {
  const how = await targetStrategy('random')!.prepare({ ...layer, outputs: 400 });
  if (how.kind !== 'weights') throw new Error('random layers are not solved');
  let positive = 0;
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < 400; o++) {
      let v = how.b[o]!;
      for (let j = 0; j < d; j++) v += x[r * d + j]! * how.w[j * 400 + o]!;
      if (v > 0) positive++;
    }
  }
  expect(positive / (rows * 400)).toBeGreaterThan(0.4);
  expect(positive / (rows * 400)).toBeLessThan(0.6);
});

test('every kind of targets has a strategy', () => {
  expect(availableTargets()).toEqual(['labels', 'forward-projection', 'autoencode', 'teacher', 'pca', 'random']);
});
