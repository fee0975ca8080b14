import { expect, test } from 'vitest';
import { cpuBackend, cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { fitTiers } from '../../../solver-core/fit/fit-tiers.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { lower, openModel, planOf } from './digits.ts';
import { quiet } from './problems.ts';

const [samples, size, classes, filters] = [40, 8, 3, 6];
const positions = size * size;

/** Two channels of smooth noise, so that neighbours agree as in pictures. */
function images(): LabelledRows {
  const noise = normals(createRandom(8, 'images'), samples * 2 * positions);
  const x = Float32Array.from(noise, (v, i) => v + 0.8 * (noise[i - 1] ?? 0) + 0.8 * (noise[i - size] ?? 0) + 2);
  const values = Int32Array.from({ length: samples }, (_, i) => i % classes);
  return { rows: samples, inputShape: [2, size, size], x, labels: { kind: 'class', values, classes } };
}

const model = openModel(
  modelBytes({
    input: [value('x', ['n', 2, size, size])],
    output: [value('y')],
    initializer: [floats('k', [filters, 2, 3, 3]), floats('kb', [filters]), floats('w', [filters, classes]), floats('b', [classes])],
    node: [
      node('Conv', ['x', 'k', 'kb'], ['c'], {}, 'conv'),
      node('Relu', ['c'], ['r']),
      node('GlobalAveragePool', ['r'], ['p']),
      node('Flatten', ['p'], ['f']),
      node('Gemm', ['f', 'w', 'b'], ['y'], {}, 'head'),
    ],
  }),
);

test('filters in a convolution: ONNX Runtime computes whitened maps, and each again with its sign turned', async () => {
  const data = images();
  const fitted = await fitTiers({
    editor: model.editor,
    input: model.input,
    layers: model.layers,
    plan: planOf([lower(['conv'], { targets: 'pca' }), { ...lower(['head'], { lambda: 'auto' }), name: 'head' }]),
    data,
    backend: cpuBackend(),
    numerics: cpuNumerics(),
    runtime: ortRuntime(),
    context: quiet,
  });
  expect(fitted.layers[0]).toMatchObject({ targets: 'pca', solution: null, rows: samples * 36 });
  expect(fitted.layers[1]!.solution!.quality!.lambdaFrom).toBe('gcv');

  const k = fitted.weights.get('k')!.data;
  for (let channel = 0; channel < filters * 2; channel++) {
    const sum = k.subarray(channel * 9, channel * 9 + 9).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum)).toBeLessThan(tolerances.outputsFp32.absolute);
  }
  const runner = await ortRuntime().open(model.editor.encode(fitted.weights, ['c']));
  const maps = (await runner.run(new Map([['x', { dims: [samples, 2, size, size], data: data.x }]]), ['c'])).get('c')!.data;
  await runner.dispose();
  const product = (a: number, b: number): number => {
    let s = 0;
    for (let n = 0; n < samples; n++)
      for (let p = 0; p < 36; p++) s += maps[(n * filters + a) * 36 + p]! * maps[(n * filters + b) * 36 + p]!;
    return s / (samples * 36);
  };
  const half = filters / 2;
  for (let a = 0; a < half; a++) {
    const variance = product(a, a);
    expect(variance).toBeGreaterThan(0.5);
    expect(variance).toBeLessThan(1);
    expect(Math.abs(product(a, a + half) + variance)).toBeLessThan(tolerances.outputsFp32.absolute);
    for (let b = 0; b < a; b++) expect(Math.abs(product(a, b))).toBeLessThan(tolerances.outputsFp32.absolute);
  }
});
