import { describe, expect, test } from 'vitest';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { compileUpperPart } from '../../../../solver-core/learn/gradient/compile.ts';
import { createEngine } from '../../../../solver-core/learn/gradient/engine.ts';
import type { GradientEngine } from '../../../../solver-core/learn/gradient/engine.ts';
import { createGradientLearner, findUpperPart } from '../../../../solver-core/learn/gradient/index.ts';
import type { UpperPart } from '../../../../solver-core/learn/gradient/index.ts';
import { buildModel } from '../../../../solver-core/onnx/index.ts';
import { tolerances } from '../../../tolerances.ts';
import { modelBytes, networks, optionsOf, runtime, tensorsOf } from './networks.ts';
import type { Network } from './networks.ts';

const rows = 5;

interface Opened {
  readonly engine: GradientEngine;
  readonly part: UpperPart;
  readonly parameters: readonly Float32Array[];
  readonly x: Float32Array;
}

function open(network: Network, loss: 'cross-entropy' | 'squared-error'): Opened {
  const { model, layers, tier } = optionsOf(modelBytes(network));
  const part = findUpperPart(model.graph, layers, tier.layers).value!;
  const tensors = tensorsOf(network);
  const frozen = new Map([...tensors].filter(([name]) => !part.parameters.includes(name)));
  const parameterShapes = part.parameters.map((name) => network.shapes[name]!);
  const engine = createEngine({ graph: model.graph, part, frozen, parameterShapes, loss, runtime }).value!;
  const width = network.inputShape.reduce((product, dim) => product * dim, 1);
  const x = Float32Array.from(normals(createRandom(5, 'x'), rows * width));
  return { engine, part, parameters: part.parameters.map((name) => tensors.get(name)!.data.slice()), x };
}

function targetsOf(network: Network, loss: 'cross-entropy' | 'squared-error'): Float32Array {
  const random = createRandom(7, 'targets');
  if (loss === 'squared-error') return Float32Array.from(normals(random, rows * network.outputs));
  const targets = new Float32Array(rows * network.outputs);
  for (let r = 0; r < rows; r++) targets[r * network.outputs + random.below(network.outputs)] = 1;
  return targets;
}

describe.each(Object.entries(networks))('%s', (_name, network) => {
  test.each(['cross-entropy', 'squared-error'] as const)(
    'the gradient along random directions is that of differences of the loss (%s)',
    async (loss) => {
      const { engine, parameters, x, part } = open(network, loss);
      const target = targetsOf(network, loss);
      const { gradients } = await engine.step(parameters, x, target, rows);
      expect(gradients.map((g) => g.length)).toEqual(parameters.map((p) => p.length));
      for (const [i, parameter] of parameters.entries()) {
        const direction = Float32Array.from(normals(createRandom(11, `direction ${part.parameters[i]}`), parameter.length));
        const along = gradients[i]!.reduce((sum, g, j) => sum + g * direction[j]!, 0);
        const lossAt = async (step: number): Promise<number> => {
          const moved = parameters.map((p, k) => (k === i ? p.map((v, j) => v + step * direction[j]!) : p));
          return (await engine.step(moved, x, target, rows)).loss;
        };
        const h = tolerances.differenceStep.step / Math.sqrt(parameter.length);
        const difference = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
        const scale = Math.max(1, Math.hypot(...gradients[i]!) * Math.sqrt(2));
        expect(Math.abs(along - difference) / scale, `parameter ${part.parameters[i]}`).toBeLessThan(tolerances.differenceStep.relative);
      }
      await engine.dispose();
    },
  );

  test('the multiply-adds of a step are about three times those of a forward pass', () => {
    const { model, layers, tier } = optionsOf(modelBytes(network));
    const part = findUpperPart(model.graph, layers, tier.layers).value!;
    const tensors = tensorsOf(network);
    const frozen = new Map([...tensors].filter(([name]) => !part.parameters.includes(name)));
    const request = {
      graph: model.graph,
      part,
      frozen,
      parameterShapes: part.parameters.map((n) => network.shapes[n]!),
      outputs: network.outputs,
      batch: 8,
    };
    const forward = compileUpperPart({ ...request, purpose: { kind: 'scores' } }).value!.macs;
    const step = compileUpperPart({ ...request, purpose: { kind: 'step', loss: 'cross-entropy' } }).value!.macs;
    // The first layer needs no gradient of its input: between 2 (one layer) and 3 (many), method 8.
    expect(step / forward).toBeGreaterThanOrEqual(2);
    expect(step / forward).toBeLessThan(4);
  });
});

test('the cost of a dense stack is that of the rule: twice the forward pass for the first trained layer, three times for the others', () => {
  const network: Network = {
    inputShape: [20],
    outputs: 5,
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h1'] },
      { op: 'Relu', inputs: ['h1'], outputs: ['h2'] },
      { op: 'Gemm', inputs: ['h2', 'w2', 'b2'], outputs: ['y'] },
    ],
    shapes: { w1: [20, 30], b1: [30], w2: [30, 5], b2: [5] },
  };
  expect(open(network, 'cross-entropy').engine.stepMacs(64)).toBe(64 * (2 * 20 * 30 + 3 * 30 * 5));
});

test('an operator without a rule is refused by node and name, never differentiated wrongly', async () => {
  const bytes = buildModel({
    name: 'network',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1'], outputs: ['h1'] },
      { op: 'Round', inputs: ['h1'], outputs: ['h2'] },
      { op: 'Gemm', inputs: ['h2', 'w2'], outputs: ['y'] },
    ],
    tensors: [
      { name: 'w1', dims: [4, 3], data: new Float32Array(12) },
      { name: 'w2', dims: [3, 2], data: new Float32Array(6) },
    ],
  });
  const { value, diagnostics } = await createGradientLearner(optionsOf(bytes));
  expect(value).toBeUndefined();
  expect(diagnostics[0]).toMatchObject({ code: 'op-not-differentiable', message: expect.stringContaining('Round') as string });
});
