import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { macCell } from '../../../../solver-core/energy/switching/gate-simulation.ts';
import { layerEnergyTable, predictedEnergy } from '../../../../solver-core/energy/switching/layer-table.ts';
import { tileEnergy } from '../../../../solver-core/energy/switching/tile.ts';
import type { CellEnergy } from '../../../../solver-core/energy/switching/types.ts';
import { splitRows } from '../../../../solver-core/fit/index.ts';
import type { FitRows, LabelledRows } from '../../../../solver-core/fit/index.ts';
import { createEnvironment } from '../../../../solver-core/jobs/environment.ts';
import { integerLayers } from '../../../../solver-core/jobs/integer-layers.ts';
import type { CalibratedLayer } from '../../../../solver-core/jobs/integer-layers.ts';
import { openModel } from '../../../../solver-core/jobs/open-model.ts';
import { openRows, takeRows } from '../../../../solver-core/jobs/open-rows.ts';
import { runnableModel } from '../../../../solver-core/jobs/runnable-model.ts';
import { isInMemory } from '../../../../solver-core/fit/index.ts';
import { ortRuntime } from '../../../../solver-core/runtime/ort.ts';
import { hasShared, projectRoot, shared } from '../../../shared.ts';
import { tolerances } from '../../../tolerances.ts';

const whole = (e: CellEnergy): number => e.multiplier + e.adder + e.registers;
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** The layers on one half of the rows, and on the other half with the scales of the first. */
async function halves(
  model: string,
  data: FitRows,
): Promise<{ readonly one: readonly CalibratedLayer[]; readonly other: readonly CalibratedLayer[] }> {
  if (!isInMemory(data)) throw new Error('the rows of this test are few');
  const opened = runnableModel(await openModel(createEnvironment('0', join(projectRoot, 'dist/cli.cjs')), model));
  const split = splitRows(data.rows, 0.5, 1);
  const context = { host: { nowMs: () => 0, pause: () => Promise.resolve() } };
  const request = { ...opened, runtime: ortRuntime(), context };
  const one = await integerLayers({ ...request, data: takeRows(data, split.fit) });
  const scales = new Map(one.layers.map((l) => [l.id, l.input]));
  const other = await integerLayers({ ...request, data: takeRows(data, split.heldOut), scales });
  return { one: one.layers, other: other.layers };
}

/** Error of the grouped figure of each layer, from one half of the rows, against whole tiles on the other half. */
function errors(
  of: Awaited<ReturnType<typeof halves>>,
  id: 'array' | 'booth',
  change: (weights: Int8Array) => Int8Array = (w) => w,
): number[] {
  const cell = macCell(id);
  return of.one.map((layer, i) => {
    const weights = change(layer.weights);
    const predicted = predictedEnergy(layerEnergyTable(cell, { ...layer, weights }), weights);
    const simulated = tileEnergy(cell, { ...of.other[i]!, weights }, { transitions: 2 ** 18 });
    return Math.abs(whole(predicted) / whole(simulated.energy) - 1);
  });
}

describe('mlp_digits: the grouped model against whole tiles, gate by gate', () => {
  let layers: Awaited<ReturnType<typeof halves>>;
  beforeAll(async () => {
    const rows = await openRows(join(projectRoot, 'examples/digits/digits.npz'), {});
    layers = await halves(join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx'), rows.rows);
  });

  test.each(['array', 'booth'] as const)('%s cell, weights as they are', (id) => {
    const found = errors(layers, id);
    expect(found).toHaveLength(3);
    expect(mean(found)).toBeLessThan(tolerances.groupedLayers.relative);
  });

  test('array cell, smaller weights pruned and the table made again', () => {
    const found = errors(layers, 'array', (weights) => weights.map((w) => (Math.abs(w) < 20 ? 0 : w)));
    expect(mean(found)).toBeLessThan(tolerances.groupedLayers.relative);
  });

  test('pixels that are never set are class 0 of the first layer', () => {
    const { inputClass } = layerEnergyTable(macCell('shift'), layers.one[0]!, { samples: 1 });
    // Column 0 of the 8 x 8 images holds no ink in any of the rows but for a few.
    expect(inputClass[0]).toBe(0);
    expect(inputClass.filter((c) => c === 0).length).toBeGreaterThan(2);
    expect(inputClass.filter((c) => c === 0).length).toBeLessThan(20);
  });
});

describe.skipIf(!hasShared)('networks of the material: the grouped model against whole tiles', () => {
  const fashion = (): LabelledRows => {
    const idx = (name: string): Buffer => gunzipSync(readFileSync(shared(`material/data/fashion-mnist-small/${name}`)));
    const values = Int32Array.from(idx('train-labels-idx1-ubyte.gz').subarray(8));
    const x = Float32Array.from(idx('train-images-idx3-ubyte.gz').subarray(16), (v) => v / 255);
    return { rows: values.length, inputShape: [1, 28, 28], x, labels: { kind: 'class', values, classes: 10 } };
  };

  test.each([
    { name: 'lenet5_fashion', count: 5 },
    { name: 'resnet8_fashion', count: 10 },
  ])('$name', async ({ name, count }) => {
    const found = errors(await halves(shared(`material/models/own/${name}.onnx`), fashion()), 'array');
    expect(found).toHaveLength(count);
    expect(mean(found)).toBeLessThan(tolerances.groupedLayers.relative);
  });
});
