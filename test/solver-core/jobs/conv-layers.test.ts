import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { evalJob } from '../../../solver-core/jobs/eval.ts';
import { fitJob } from '../../../solver-core/jobs/fit.ts';
import { planEnergy } from '../../../solver-core/jobs/plan-energy.ts';
import { readPlan } from '../../../solver-core/jobs/read-plan.ts';
import type { FitDocument } from '../../../solver-core/protocol/index.ts';
import { hasShared, projectRoot, shared } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { hasNumpy, numpy } from '../data/numpy.ts';
import { floats, int64s, modelBytes, node, value } from '../onnx/build-model.ts';

let folder = '';
const environment = () => createEnvironment('0', join(folder, 'cli.cjs'));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-conv-'));
  cpSync(join(projectRoot, 'examples/digits/digits.npz'), join(folder, 'digits.npz'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An untrained network on the digits: 64 numbers as 8 x 8 image, Conv 3 x 3 to 24 maps, depthwise Conv, pool, Gemm. */
function digitsNetwork(): Uint8Array {
  const random = normals(createRandom(11, 'network'), 24 * 9 * 2 + 24 * 16 * 10);
  return modelBytes({
    input: [value('x', ['n', 64])],
    output: [value('y', ['n', 10])],
    initializer: [
      int64s('s', [-1, 1, 8, 8]),
      floats('k', [24, 1, 3, 3], (i) => 0.3 * random[i]!),
      floats('kb', [24]),
      floats('d', [24, 1, 3, 3], (i) => 0.3 * random[i + 216]!),
      floats('db', [24]),
      floats('w', [24 * 16, 10], (i) => 0.05 * random[i + 432]!),
      floats('b', [10]),
    ],
    node: [
      node('Reshape', ['x', 's'], ['image']),
      node('Conv', ['image', 'k', 'kb'], ['c'], { pads: [1, 1, 1, 1] }, 'conv'),
      node('Relu', ['c'], ['cr']),
      node('Conv', ['cr', 'd', 'db'], ['e'], { pads: [1, 1, 1, 1], group: 24 }, 'depthwise'),
      node('Relu', ['e'], ['er']),
      node('MaxPool', ['er'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['p'], ['f']),
      node('Gemm', ['f', 'w', 'b'], ['y'], {}, 'head'),
    ],
  });
}

interface Case {
  readonly name: string;
  readonly data: string;
  readonly split: string;
  readonly layers: string;
  readonly targets: string;
}

function planFile(of: Case): string {
  const path = join(folder, `${of.name}.tiers`);
  writeFileSync(
    path,
    `model "${of.name}.onnx"
data "${of.data}" inputs x labels y split ${of.split} seed 1
target "ecp5-85f"
backend cpu
lower tier features {
  layers ${of.layers}
  solve ridge
  targets ${of.targets}
}
`,
  );
  return path;
}

const fit = (path: string): Promise<FitDocument> => fitJob(environment(), { path }, {});

describe('an untrained network with convolutions', () => {
  const digits: Case = {
    name: 'digits-cnn',
    data: 'digits.npz',
    split: '0.8',
    layers: '"conv" .. "head"',
    targets: 'forward-projection seed 7',
  };

  test('is fitted without a gradient; what was written answers as the record says', async () => {
    writeFileSync(join(folder, 'digits-cnn.onnx'), digitsNetwork());
    const path = planFile(digits);
    const record = await fit(path);
    expect(record.layers.map((l) => [l.id, l.rows, l.columns, l.outputs, l.targets])).toEqual([
      ['conv', 1437 * 64, 10, 24, 'forward-projection'],
      ['depthwise', 1437 * 64, 10, 24, 'forward-projection'],
      ['head', 1437, 385, 10, 'one-hot'],
    ]);
    expect(record.layers[1]!.method).toContain('24 groups');
    expect(record.evaluation!.before).toBeLessThan(0.3);
    expect(record.evaluation!.after).toBeGreaterThan(0.95);
    const all = await evalJob(environment(), { model: record.output, data: join(folder, 'digits.npz') }, {});
    expect(all.value).toBeGreaterThan(0.95);

    // Joules of the convolutions by the record and by the plan are the same figures.
    const energy = (await planEnergy(environment(), await readPlan(path), (await readPlan(path)).plan!)).value!;
    for (const [i, layer] of record.layers.entries()) {
      const solve = energy.layers[i]!.retraining.solve;
      expect(solve).not.toBeNull();
      expect(Math.abs(solve!.value / layer.energy!.value - 1)).toBeLessThan(tolerances.fitByFormula.relative);
    }
  });
});

/** The 2000 training images of the small Fashion-MNIST as floats 0..1, the form its networks were trained on. */
function fashion(): void {
  numpy(
    folder,
    `
import gzip
read = lambda name: gzip.open(${JSON.stringify(shared('material/data/fashion-mnist-small/'))} + name).read()
x = np.frombuffer(read('train-images-idx3-ubyte.gz'), np.uint8, offset=16).reshape(-1, 1, 28, 28).astype(np.float32) / 255
y = np.frombuffer(read('train-labels-idx1-ubyte.gz'), np.uint8, offset=8).astype(np.int64)
np.savez(${JSON.stringify(join(folder, 'fashion.npz'))}, x=x, y=y)
`,
  );
}

describe.skipIf(!hasShared || !hasNumpy)('trained networks of the material', () => {
  beforeAll(() => {
    fashion();
    for (const name of ['lenet5_fashion', 'resnet8_fashion'])
      cpSync(shared(`material/models/own/${name}.onnx`), join(folder, `${name}.onnx`));
  });
  const data = { data: 'fashion.npz', split: '0.25' };

  test('LeNet-5 with every layer fitted anew from the labels', async () => {
    const path = planFile({
      ...data,
      split: '0.75',
      name: 'lenet5_fashion',
      layers: '"/conv1/Conv" .. "/fc3/Gemm"',
      targets: 'forward-projection seed 7',
    });
    const record = await fit(path);
    expect(record.layers.map((l) => l.rows)).toEqual([1500 * 784, 1500 * 100, 1500, 1500, 1500]);
    // Nothing of the trained weights is used; 10 % would be chance.
    expect(record.evaluation!.after).toBeGreaterThan(0.7);
  });

  // The first convolution loses all it had learned; what the others are solved for absorbs most of it, skip connections included.
  test.each([
    { name: 'lenet5_fashion', first: '"/conv1/Conv"', rest: '"/conv2/Conv" .. "/fc2/Gemm"', split: '0.75', count: 4 },
    {
      name: 'resnet8_fashion',
      first: '"/conv/Conv"',
      rest: '"/layers/layers.0/c1/Conv" .. "/layers/layers.2/sc/sc.0/Conv"',
      split: '0.25',
      count: 9,
    },
  ])('$name with a random first convolution keeps its function by $count layers', { timeout: 120_000 }, async (of) => {
    const path = planFile({ ...data, split: of.split, name: of.name, layers: of.first, targets: 'random seed 7' });
    appendFileSync(path, `lower tier rest {\n  layers ${of.rest}\n  solve ridge\n  targets teacher\n}\n`);
    const record = await fit(path);
    expect(record.layers.map((l) => l.targets)).toEqual(['random', ...new Array<string>(of.count - 1).fill('teacher')]);
    expect(record.evaluation!.before - record.evaluation!.after).toBeLessThan(tolerances.absorbedLayer.absolute);
  });
});
