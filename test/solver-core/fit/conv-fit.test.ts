import { describe, expect, test } from 'vitest';
import { cpuBackend, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { fitTiers } from '../../../solver-core/fit/fit-tiers.ts';
import type { FitRequest, FitResult } from '../../../solver-core/fit/fit-tiers.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import type { Backend, RidgeProblem } from '../../../solver-core/fit/backend.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { lower, openModel, planOf } from './digits.ts';
import type { OpenedModel } from './digits.ts';
import { oracleRidge } from './oracle.ts';
import { quiet, relativeError } from './problems.ts';

const [samples, size, classes] = [24, 8, 3];

function images(channels: number, seed: string): LabelledRows {
  const x = Float32Array.from(normals(createRandom(8, seed), samples * channels * size * size));
  const values = Int32Array.from({ length: samples }, (_, i) => i % classes);
  return { rows: samples, inputShape: [channels, size, size], x, labels: { kind: 'class', values, classes } };
}

function fit(model: OpenedModel, data: LabelledRows, plan: FitRequest['plan'], changes: Partial<FitRequest> = {}): Promise<FitResult> {
  return fitTiers({
    editor: model.editor,
    input: model.input,
    layers: model.layers,
    plan,
    data,
    backend: cpuBackend(),
    numerics: plainNumerics(),
    runtime: ortRuntime(),
    context: quiet,
    ...changes,
  });
}

/** The targets a backend was asked to solve for, problem by problem. */
function watching(problems: { x: Float64Array; y: Float64Array; rows: number; problem: RidgeProblem }[]): Backend {
  const cpu = cpuBackend();
  return {
    ...cpu,
    async solve(problem, context) {
      const [x, y]: [number[], number[]] = [[], []];
      for await (const chunk of problem.source.chunks()) {
        x.push(...chunk.x.subarray(0, chunk.rows * problem.source.columns));
        y.push(...chunk.y.subarray(0, chunk.rows * problem.source.outputs));
      }
      problems.push({ x: Float64Array.from(x), y: Float64Array.from(y), rows: problem.source.rows, problem });
      return cpu.solve(problem, context);
    },
  };
}

/** Patches by plain loops: kernel 3, stride 2, one zero of padding on every side. */
function plainPatches(data: LabelledRows, channels: number, group: number, perGroup: number): Float64Array {
  const out: number[] = [];
  const at = (n: number, c: number, y: number, x: number): number =>
    y < 0 || x < 0 || y >= size || x >= size ? 0 : data.x[((n * channels + c) * size + y) * size + x]!;
  for (let n = 0; n < samples; n++)
    for (let oy = 0; oy < size / 2; oy++)
      for (let ox = 0; ox < size / 2; ox++)
        for (let c = group * perGroup; c < (group + 1) * perGroup; c++)
          for (let ky = 0; ky < 3; ky++) for (let kx = 0; kx < 3; kx++) out.push(at(n, c, 2 * oy + ky - 1, 2 * ox + kx - 1));
  return Float64Array.from(out);
}

/** Conv, ReLU, mean over the map, Gemm. */
function network(channels: number, groups: number, outputs: number): OpenedModel {
  const random = normals(createRandom(3, 'weights'), 4096);
  return openModel(
    modelBytes({
      input: [value('x', ['n', channels, size, size])],
      output: [value('y')],
      initializer: [
        floats('k', [outputs, channels / groups, 3, 3], (i) => random[i]!),
        floats('kb', [outputs], (i) => random[i + 900]!),
        floats('w', [outputs, classes], (i) => random[i + 1000]!),
        floats('b', [classes]),
      ],
      node: [
        node('Conv', ['x', 'k', 'kb'], ['c'], { pads: [1, 1, 1, 1], strides: [2, 2], group: groups }, 'conv'),
        node('Relu', ['c'], ['r']),
        node('GlobalAveragePool', ['r'], ['p']),
        node('Flatten', ['p'], ['f']),
        node('Gemm', ['f', 'w', 'b'], ['y'], {}, 'head'),
      ],
    }),
  );
}

describe('a convolution that is solved', () => {
  test.each([
    { name: 'in one group', channels: 2, groups: 1, outputs: 4 },
    { name: 'in two groups', channels: 4, groups: 2, outputs: 6 },
    { name: 'channel by channel', channels: 3, groups: 3, outputs: 3 },
  ])('$name has the weights of the singular value solution over plain patches', async ({ channels, groups, outputs }) => {
    const data = images(channels, 'images');
    const model = network(channels, groups, outputs);
    const seen: Parameters<typeof watching>[0] = [];
    const lambda = 3;
    const plan = planOf([lower(['conv'], { lambda })]);
    const result = await fit(model, data, plan, { backend: watching(seen) });
    const perGroup = channels / groups;
    const [d, k, n] = [perGroup * 9, outputs / groups, samples * 16];
    expect(result.layers[0]).toMatchObject({ id: 'conv', rows: n, columns: d + 1, outputs, targets: 'forward-projection' });
    expect(result.weights.get('k')!.dims).toEqual([outputs, perGroup, 3, 3]);
    expect(seen.length).toBe(groups);
    const targets = new Set<string>();
    for (const [group, { x, y, rows }] of seen.entries()) {
      expect(rows).toBe(n);
      expect(x).toEqual(plainPatches(data, channels, group, perGroup));
      targets.add(y.join());
      const { w, b } = oracleRidge({ n, d, k, x, y }, lambda, true);
      const stored = Float64Array.from({ length: d * k }, (_, i) => {
        const [j, o] = [Math.floor(i / k), i % k];
        return result.weights.get('k')!.data[(group * k + o) * d + j]!;
      });
      expect(relativeError(stored, w)).toBeLessThan(tolerances.outputsFp32.absolute);
      expect(relativeError(result.weights.get('kb')!.data.subarray(group * k, (group + 1) * k), b)).toBeLessThan(
        tolerances.outputsFp32.absolute,
      );
    }
    // Every group has random targets of its own.
    expect(targets.size).toBe(groups);
  });

  test('the same bits come out when maps do not fit the memory budget', async () => {
    const data = images(4, 'images');
    const model = network(4, 2, 6);
    const plan = planOf([lower(['conv', 'head'])]);
    const [kept, again] = [await fit(model, data, plan), await fit(model, data, plan, { budgetBytes: 100 })];
    for (const [name, tensor] of kept.weights) expect(again.weights.get(name)).toEqual(tensor);
  });

  test('label targets are those of the sample at every position', async () => {
    const data = images(2, 'images');
    const seen: Parameters<typeof watching>[0] = [];
    await fit(network(2, 2, 8), data, planOf([lower(['conv'], { targets: 'labels' })]), { backend: watching(seen) });
    const { y } = seen[0]!;
    expect(seen[1]!.y).not.toEqual(y);
    for (let r = 0; r < samples * 16; r++) {
      const sameClass = (Math.floor(r / 16) % classes) * 16;
      expect(y.slice(r * 4, r * 4 + 4)).toEqual(y.slice(sameClass * 4, sameClass * 4 + 4));
    }
  });

  test('a Conv that answers the labels at its only position is the direct solution', async () => {
    const data = images(2, 'images');
    const random = normals(createRandom(3, 'weights'), 4096);
    const model = openModel(
      modelBytes({
        input: [value('x', ['n', 2, size, size])],
        output: [value('y')],
        initializer: [floats('k', [classes, 2, size, size], (i) => random[i]!), floats('kb', [1, classes, 1, 1])],
        node: [node('Conv', ['x', 'k'], ['c'], {}, 'conv'), node('Add', ['c', 'kb'], ['s']), node('Flatten', ['s'], ['y'])],
      }),
    );
    const lambda = 5;
    const result = await fit(model, data, planOf([lower(['conv'], { lambda })]));
    const d = 2 * size * size;
    const y = Float64Array.from({ length: samples * classes }, (_, i) => (Math.floor(i / classes) % classes === i % classes ? 1 : 0));
    const { w, b } = oracleRidge({ n: samples, d, k: classes, x: Float64Array.from(data.x), y }, lambda, true);
    const transposed = Float64Array.from({ length: d * classes }, (_, i) => w[(i % d) * classes + Math.floor(i / d)]!);
    expect(relativeError(result.weights.get('k')!.data, transposed)).toBeLessThan(tolerances.outputsFp32.absolute);
    // An Add keeps its own shape.
    expect(result.weights.get('kb')!.dims).toEqual([1, classes, 1, 1]);
    expect(relativeError(result.weights.get('kb')!.data, b)).toBeLessThan(tolerances.outputsFp32.absolute);
    // Fewer rows than columns: λ decides, nothing is NaN.
    expect(result.layers[0]!.solution!.relativeResidual).toBeLessThan(tolerances.ridgeRefined.relative);
  });
});

describe('what stands behind a convolution', () => {
  test('a Conv whose maps are averaged answers the labels through its mean patches', async () => {
    const data = images(2, 'images');
    const random = normals(createRandom(3, 'weights'), 4096);
    const model = openModel(
      modelBytes({
        input: [value('x', ['n', 2, size, size])],
        output: [value('y')],
        initializer: [floats('k', [classes, 2, 3, 3], (i) => random[i]!), floats('kb', [classes])],
        node: [
          node('Conv', ['x', 'k', 'kb'], ['c'], { pads: [1, 1, 1, 1], strides: [2, 2] }, 'conv'),
          node('GlobalAveragePool', ['c'], ['p']),
          node('Flatten', ['p'], ['y']),
        ],
      }),
    );
    const lambda = 0.1;
    const result = await fit(model, data, planOf([lower(['conv'], { lambda })]));
    expect(result.layers[0]).toMatchObject({ rows: samples, targets: 'one-hot' });
    const patches = plainPatches(data, 2, 0, 2);
    const [d, k] = [18, classes];
    const x = new Float64Array(samples * d);
    patches.forEach((v, i) => (x[Math.floor(i / d / 16) * d + (i % d)]! += v / 16));
    const y = Float64Array.from({ length: samples * k }, (_, i) => (Math.floor(i / k) % classes === i % k ? 1 : 0));
    const { w, b } = oracleRidge({ n: samples, d, k, x, y }, lambda, true);
    const transposed = Float64Array.from({ length: d * k }, (_, i) => w[(i % d) * k + Math.floor(i / d)]!);
    expect(relativeError(result.weights.get('k')!.data, transposed)).toBeLessThan(tolerances.outputsFp32.absolute);
    expect(relativeError(result.weights.get('kb')!.data, b)).toBeLessThan(tolerances.outputsFp32.absolute);
  });

  test('a batch normalisation gets the mean and the variance of what it now reads', async () => {
    const data = images(2, 'images');
    const random = normals(createRandom(3, 'weights'), 4096);
    const [k, shift] = [4, 3];
    const model = openModel(
      modelBytes({
        input: [value('x', ['n', 2, size, size])],
        output: [value('y')],
        initializer: [
          floats('k', [k, 2, 3, 3], (i) => random[i]!),
          floats('scale', [k], () => 2),
          floats('shift', [k], () => shift),
          floats('mean', [k], () => 17),
          floats('variance', [k], () => 5),
          floats('w', [k, classes], (i) => random[i + 1000]!),
        ],
        node: [
          node('Conv', ['x', 'k'], ['c'], { pads: [1, 1, 1, 1], strides: [2, 2] }, 'conv'),
          node('BatchNormalization', ['c', 'scale', 'shift', 'mean', 'variance'], ['n']),
          node('Relu', ['n'], ['r']),
          node('GlobalAveragePool', ['r'], ['p']),
          node('Flatten', ['p'], ['f']),
          node('MatMul', ['f', 'w'], ['y'], {}, 'head'),
        ],
      }),
    );
    expect(model.layers[0]).toMatchObject({ activation: 'Relu', norm: { input: 'c', mean: 'mean', variance: 'variance', channels: k } });
    const result = await fit(model, data, planOf([lower(['conv'], { lambda: 1 })]));
    expect([...result.weights.keys()]).toEqual(['k', 'mean', 'variance']);
    // What the normalisation gives now has mean `shift` and standard deviation `scale` in every channel, says ONNX Runtime.
    const runner = await ortRuntime().open(model.editor.encode(result.weights, ['n']));
    const n = (await runner.run(new Map([['x', { dims: [samples, 2, size, size], data: data.x }]]), ['n'])).get('n')!;
    await runner.dispose();
    for (let c = 0; c < k; c++) {
      const own = Float64Array.from(n.data).filter((_, i) => Math.floor(i / 16) % k === c);
      const mean = own.reduce((a, v) => a + v, 0) / own.length;
      const deviation = Math.sqrt(own.reduce((a, v) => a + (v - mean) ** 2, 0) / own.length);
      expect(own.length).toBe(samples * 16);
      expect(Math.abs(mean - shift)).toBeLessThan(tolerances.outputsFp32.absolute);
      expect(Math.abs(deviation - 2)).toBeLessThan(tolerances.normDeviation.absolute);
    }
  });

  test('what the layer computes in the model as it was given is offered to teachers, row by row', async () => {
    const data = images(4, 'images');
    const model = network(4, 2, 6);
    // Targets that are the layer's own outputs give its own weights back when λ is small, although it lost them here.
    const fitted = new Map([['k', { dims: [6, 2, 3, 3], data: new Float32Array(6 * 2 * 9) }]]);
    const problems: Parameters<typeof watching>[0] = [];
    const result = await fit(model, data, planOf([lower(['conv'], { targets: 'teacher', lambda: 1e-9 })]), {
      backend: watching(problems),
      fitted,
    });
    expect(result.layers[0]!.targets).toBe('teacher');
    expect(problems.map((p) => p.rows)).toEqual([samples * 16, samples * 16]);
    const random = normals(createRandom(3, 'weights'), 4096);
    expect(relativeError(result.weights.get('k')!.data, random.subarray(0, 6 * 2 * 9))).toBeLessThan(tolerances.outputsFp32.absolute);
    expect(relativeError(result.weights.get('kb')!.data, random.subarray(900, 906))).toBeLessThan(tolerances.outputsFp32.absolute);
  });

  test('behind a skip connection a teacher asks for what the skip leaves of the sum', async () => {
    const data = images(2, 'images');
    const random = normals(createRandom(3, 'weights'), 4096);
    const model = openModel(
      modelBytes({
        input: [value('x', ['n', 2, size, size])],
        output: [value('y')],
        initializer: [
          floats('k', [4, 2, 3, 3], (i) => random[i]!),
          floats('kb', [4]),
          floats('k2', [4, 4, 3, 3], (i) => random[i + 100]!),
          floats('kb2', [4]),
          floats('w', [4, classes], (i) => random[i + 1000]!),
        ],
        node: [
          node('Conv', ['x', 'k', 'kb'], ['c'], { pads: [1, 1, 1, 1] }, 'below'),
          node('Relu', ['c'], ['r']),
          node('Conv', ['r', 'k2', 'kb2'], ['d'], { pads: [1, 1, 1, 1] }, 'conv'),
          node('Add', ['d', 'r'], ['s']),
          node('GlobalAveragePool', ['s'], ['p']),
          node('Flatten', ['p'], ['f']),
          node('MatMul', ['f', 'w'], ['y'], {}, 'head'),
        ],
      }),
    );
    const seen: Parameters<typeof watching>[0] = [];
    const plan = planOf([lower(['below'], { targets: 'random' }), lower(['conv'], { targets: 'teacher' })]);
    const result = await fit(model, data, plan, { backend: watching(seen) });
    expect(seen.length).toBe(1);
    const run = async (weights: FitResult['weights'], name: string): Promise<Float32Array> => {
      const runner = await ortRuntime().open(model.editor.encode(weights, [name]));
      const out = (await runner.run(new Map([['x', { dims: [samples, 2, size, size], data: data.x }]]), [name])).get(name)!;
      await runner.dispose();
      return out.data;
    };
    const [sum, skip] = [await run(new Map(), 's'), await run(result.weights, 'r')];
    // [n, channel, position] there, [n and position, channel] here.
    const positions = size * size;
    const expected = Float64Array.from({ length: sum.length }, (_, i) => {
      const [n, p, c] = [Math.floor(i / 4 / positions), Math.floor(i / 4) % positions, i % 4];
      const at = (n * 4 + c) * positions + p;
      return Math.fround(sum[at]! - skip[at]!);
    });
    expect(seen[0]!.y).toEqual(expected);
  });
});
