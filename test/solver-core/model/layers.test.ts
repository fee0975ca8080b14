import { describe, expect, test } from 'vitest';
import { findLayers } from '../../../solver-core/model/layers.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import { positionsOf } from '../../../solver-core/model/positions.ts';
import { inferShapes } from '../../../solver-core/model/shape-inference/infer.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { hasShared, shared } from '../../shared.ts';
import { floats, graph, int64s, modelBytes, node, value } from '../onnx/build-model.ts';
import { bytesOf, fixtures, materialModels } from '../onnx/material.ts';

function layersOf(bytes: Uint8Array, named: Readonly<Record<string, number>> = {}): Layer[] {
  const model = readModel(bytes).value;
  if (model === undefined) throw new Error('no model');
  return findLayers(model.graph, inferShapes(model.graph, { named }));
}

const sample = (name: string): Uint8Array => bytesOf([...fixtures, ...materialModels].find((s) => s.name === name)?.path ?? '');
const total = (layers: readonly Layer[], what: 'macs' | 'parameters' | 'weightBytes'): number =>
  layers.reduce((sum, l) => sum + (l[what] ?? NaN), 0);

/** The form of a Gemm with transB as PyTorch exports it. */
const dense = (inputs: number, outputs: number) => ({
  inputs,
  outputs,
  groups: 1,
  transposed: true,
  alpha: 1,
  beta: 1,
  weightDims: [outputs, inputs],
  biasDims: [outputs],
  patches: null,
});

describe('dense layers', () => {
  test('mlp_digits: three solvable layers with their tensors', () => {
    const layers = layersOf(sample('mlp_digits'));
    expect(layers.map((l) => [l.id, l.macs, l.parameters, l.linear, l.activation])).toEqual([
      ['/net/net.0/Gemm', 64 * 64, 64 * 64 + 64, dense(64, 64), 'Relu'],
      ['/net/net.2/Gemm', 64 * 32, 64 * 32 + 32, dense(64, 32), 'Relu'],
      ['/net/net.4/Gemm', 32 * 10, 32 * 10 + 10, dense(32, 10), null],
    ]);
    expect(layers[0]).toMatchObject({
      weight: 'net.0.weight',
      bias: 'net.0.bias',
      input: 'input',
      preActivation: '/net/net.0/Gemm_output_0',
      output: '/net/net.1/Relu_output_0',
      nodeIndex: 0,
      weightBytes: 4160 * 4,
      weightBits: 32,
      activationBits: 32,
      inputElements: 64,
      outputElements: 64,
      notSolvable: null,
    });
  });

  test('MACs grow with the batch, parameters do not', () => {
    const [one, seven] = [layersOf(sample('mlp_digits')), layersOf(sample('mlp_digits'), { batch: 7 })];
    expect(total(seven, 'macs')).toBe(7 * total(one, 'macs'));
    expect(total(seven, 'parameters')).toBe(total(one, 'parameters'));
  });

  const x = value('x', [2, 3]);
  const single = (init: Parameters<typeof modelBytes>[0]): Layer | undefined =>
    layersOf(modelBytes({ input: [x], output: [value('y')], ...init }))[0];

  test('MatMul with an Add behind it takes the bias, in either order of operands', () => {
    for (const inputs of [
      ['m', 'b'],
      ['b', 'm'],
    ]) {
      const layer = single({
        initializer: [floats('w', [3, 4]), floats('b', [4])],
        node: [node('MatMul', ['x', 'w'], ['m']), node('Add', inputs, ['s']), node('Dropout', ['s'], ['d']), node('Sigmoid', ['d'], ['y'])],
      });
      expect(layer).toMatchObject({
        bias: 'b',
        preActivation: 's',
        output: 'y',
        activation: 'Sigmoid',
        parameters: 16,
        linear: { inputs: 3, outputs: 4, transposed: false },
      });
    }
  });

  test('a skip connection that is added is found, a bias or a widened operand is not', () => {
    const add = (other: string, initializer = [floats('w', [3, 3])]) =>
      single({ initializer, node: [node('MatMul', ['x', 'w'], ['m']), node('Add', [other, 'm'], ['s']), node('Relu', ['s'], ['y'])] })
        ?.residual;
    expect(add('x')).toEqual({ skip: 'x', sum: 's' });
    expect(add('c', [floats('w', [3, 3]), floats('c', [2, 3])])).toBe(null);
    expect(add('m')).toBe(null);
    const wide = single({
      input: [x, value('z', [4, 2, 3])],
      initializer: [floats('w', [3, 3])],
      node: [node('MatMul', ['x', 'w'], ['m']), node('Add', ['m', 'z'], ['y'])],
    });
    expect(wide?.residual).toBe(null);
  });

  test('a residual Add is not a bias', () => {
    const layer = single({ initializer: [floats('w', [3, 3])], node: [node('MatMul', ['x', 'w'], ['m']), node('Add', ['m', 'x'], ['y'])] });
    expect(layer).toMatchObject({ bias: null, preActivation: 'm', output: 'm' });
  });

  test('a weight behind a Transpose of its own is solvable, transposed', () => {
    const layer = single({
      initializer: [floats('w', [4, 3])],
      node: [node('Transpose', ['w'], ['t'], { perm: [1, 0] }), node('MatMul', ['x', 't'], ['y'])],
    });
    expect(layer).toMatchObject({ weight: 'w', linear: { inputs: 3, outputs: 4, transposed: true } });
  });

  test('a weight that is only reshaped is solvable, stored as it was', () => {
    const layer = single({
      initializer: [floats('w', [1, 3, 2, 2]), int64s('s', [3, 4])],
      node: [node('Reshape', ['w', 's'], ['r']), node('MatMul', ['x', 'r'], ['y'])],
    });
    expect(layer).toMatchObject({
      weight: 'w',
      linear: { inputs: 3, outputs: 4, transposed: false, weightDims: [1, 3, 2, 2] },
    });
    // A Transpose behind the Reshape is another order.
    const turned = single({
      initializer: [floats('w', [1, 4, 3]), int64s('s', [4, 3])],
      node: [node('Reshape', ['w', 's'], ['r']), node('Transpose', ['r'], ['t']), node('MatMul', ['x', 't'], ['y'])],
    });
    expect(turned?.notSolvable).toContain('passes through Transpose, Reshape');
  });

  test('the activation chain stops where a value has two readers or leaves the graph', () => {
    const nodes = [node('MatMul', ['x', 'w'], ['m']), node('Relu', ['m'], ['y'])];
    expect(single({ initializer: [floats('w', [3, 3])], node: [...nodes, node('Neg', ['m'], ['z'])] })).toMatchObject({
      output: 'm',
      activation: null,
    });
    expect(single({ initializer: [floats('w', [3, 3])], node: nodes, output: [value('m'), value('y')] })).toMatchObject({
      output: 'm',
      activation: null,
    });
    expect(single({ initializer: [floats('w', [3, 3])], node: nodes })).toMatchObject({ output: 'y', activation: 'Relu' });
  });

  test.each([
    [
      'shared weight',
      { initializer: [floats('w', [3, 3])], node: [node('MatMul', ['x', 'w'], ['m']), node('MatMul', ['m', 'w'], ['y'])] },
      'more than one place',
    ],
    [
      'shared bias',
      {
        initializer: [floats('w', [3, 3]), floats('v', [3, 3]), floats('b', [3])],
        node: [node('Gemm', ['x', 'w', 'b'], ['m']), node('Gemm', ['m', 'v', 'b'], ['y'])],
      },
      'bias is used in more than one place',
    ],
    ['transposed input', { initializer: [floats('w', [2, 3])], node: [node('Gemm', ['x', 'w'], ['y'], { transA: 1 })] }, 'transA'],
    ['stack of matrices', { initializer: [floats('w', [2, 3, 3])], node: [node('MatMul', ['x', 'w'], ['y'])] }, '3 dimensions, not 2'],
    [
      'computed weight',
      { initializer: [int64s('s', [3, 4])], node: [node('ConstantOfShape', ['s'], ['w']), node('MatMul', ['x', 'w'], ['y'])] },
      'computed by ConstantOfShape',
    ],
    [
      'scalar bias',
      { initializer: [floats('w', [3, 4]), floats('b', [1])], node: [node('Gemm', ['x', 'w', 'b'], ['y'])] },
      'one value for each of the 4 outputs',
    ],
    ['alpha 0', { initializer: [floats('w', [3, 4])], node: [node('Gemm', ['x', 'w'], ['y'], { alpha: { float: 0 } })] }, 'alpha is 0'],
    [
      'weight is a graph output',
      { initializer: [floats('w', [3, 4])], node: [node('MatMul', ['x', 'w'], ['y'])], output: [value('y'), value('w')] },
      'more than one place',
    ],
  ] as const)('%s: not solvable, and says why', (_name, init, reason) => {
    const layer = single(init as unknown as Parameters<typeof modelBytes>[0]);
    expect(layer?.linear).toBe(null);
    expect(layer?.notSolvable).toContain(reason);
  });

  const map = value('x', [1, 4, 9, 9]);
  test.each([
    ['GRU', [floats('w', [1, 6, 3]), floats('r', [1, 6, 2])], ['x', 'w', 'r'], {}, 'gates and the states of earlier steps'],
    ['LSTM', [floats('w', [1, 8, 3]), floats('r', [1, 8, 2])], ['x', 'w', 'r'], {}, 'gates and the states of earlier steps'],
    ['RNN', [floats('w', [1, 2, 3]), floats('r', [1, 2, 2])], ['x', 'w', 'r'], {}, 'states of earlier steps'],
    ['ConvTranspose', [floats('w', [4, 2, 3, 3])], ['x', 'w'], {}, 'transposed convolutions'],
    ['ConvInteger', [int64s('w', [1], [1, 4, 1, 1])], ['x', 'w'], {}, 'quantise the result'],
    ['com.microsoft:FusedConv', [floats('w', [2, 4, 3, 3])], ['x', 'w'], {}, 'without fusing'],
    ['com.microsoft:MatMulNBits', [floats('w', [4, 3])], ['x', 'w'], {}, 'quantise the result'],
    ['com.microsoft:Attention', [floats('w', [4, 12])], ['x', 'w'], {}, 'softmax'],
    ['Conv', [floats('w', [2, 4, 3, 3])], ['x', 'w'], { auto_pad: 'SOME' }, 'auto_pad'],
    ['Conv', [floats('w', [2, 4, 3, 3])], ['x', 'w'], { kernel_shape: [5, 5] }, 'kernel_shape [5, 5] differs'],
    ['Conv', [floats('w', [2, 4, 3, 3])], ['x', 'w'], { pads: [-1, 0, 0, 0] }, 'out of range'],
    ['Conv', [floats('w', [3, 2, 3, 3])], ['x', 'w'], { group: 2 }, '3 outputs do not divide into 2 groups'],
  ] as const)('%s: why it is not solved, and what to do', (op, initializer, inputs, attributes, reason) => {
    const [domain, name] = op.includes(':') ? (op.split(':') as [string, string]) : ['', op];
    const layer = single({
      input: [map],
      initializer: [...initializer],
      node: [{ ...node(name, inputs, ['y'], attributes), domain }],
    });
    expect(layer?.linear).toBe(null);
    expect(layer?.notSolvable).toContain(reason);
  });

  test('beta counts for the operand C only, not for a bias that an Add brings', () => {
    const stored = [floats('w', [4, 3]), floats('b', [3])];
    const input = [value('x', ['n', 4])];
    const beta = { beta: { float: 0.25 } };
    const added = single({ input, initializer: stored, node: [node('Gemm', ['x', 'w'], ['p'], beta), node('Add', ['p', 'b'], ['y'])] });
    expect([added?.bias, added?.linear?.beta]).toEqual(['b', 1]);
    const own = single({ input, initializer: stored, node: [node('Gemm', ['x', 'w', 'b'], ['y'], beta)] });
    expect([own?.bias, own?.linear?.beta]).toEqual(['b', 0.25]);
  });

  test('a grouped, strided convolution with its window', () => {
    const layer = single({
      input: [map],
      initializer: [floats('w', [6, 2, 3, 5]), floats('b', [6])],
      node: [node('Conv', ['x', 'w', 'b'], ['y'], { group: 2, strides: [2, 1], auto_pad: 'SAME_LOWER' })],
    });
    expect(layer?.linear).toEqual({
      inputs: 30,
      outputs: 6,
      groups: 2,
      transposed: true,
      alpha: 1,
      beta: 1,
      weightDims: [6, 2, 3, 5],
      biasDims: [6],
      patches: { kernel: [3, 5], strides: [2, 1], dilations: [1, 1], padding: 'same-lower' },
    });
    expect(positionsOf(layer!)).toBe(45);
    expect(layer?.averaged).toBe(false);
  });

  test.each([
    ['GlobalAveragePool', {}, true],
    ['ReduceMean', { axes: [2, 3] }, true],
    ['ReduceMean', { axes: [-1, -2] }, true],
    ['ReduceMean', { axes: [1, 2, 3] }, false],
    ['GlobalMaxPool', {}, false],
  ] as const)('maps that only %s %j reads are averaged: %s', (op, attributes, averaged) => {
    const layer = single({
      input: [map],
      initializer: [floats('w', [6, 4, 3, 3])],
      node: [node('Conv', ['x', 'w'], ['c']), node('Identity', ['c'], ['i']), node(op, ['i'], ['y'], attributes)],
    });
    expect(layer?.averaged).toBe(averaged);
  });

  test('only the last layer answers through a mean', () => {
    const [first, last] = layersOf(
      modelBytes({
        output: [value('y')],
        input: [map],
        initializer: [floats('w', [6, 4, 3, 3]), floats('v', [3, 6])],
        node: [
          node('Conv', ['x', 'w'], ['c']),
          node('GlobalAveragePool', ['c'], ['p']),
          node('Flatten', ['p'], ['f']),
          node('Gemm', ['f', 'v'], ['y'], { transB: 1 }),
        ],
      }),
    );
    expect([first?.averaged, last?.averaged]).toEqual([false, false]);
  });

  test('a shared or trained normalisation keeps its statistics', () => {
    const norm = (change: Record<string, number>, more: ReturnType<typeof node>[] = []) =>
      single({
        input: [map],
        initializer: [floats('w', [4, 4, 1, 1]), ...['s', 'b', 'm', 'v'].map((n) => floats(n, [4]))],
        node: [node('Conv', ['x', 'w'], ['c']), node('BatchNormalization', ['c', 's', 'b', 'm', 'v'], ['y'], change), ...more],
      })?.norm;
    expect(norm({})).toEqual({ input: 'c', mean: 'm', variance: 'v', channels: 4 });
    expect(norm({ training_mode: 1 })).toBe(null);
    expect(norm({}, [node('Identity', ['m'], ['z'])])).toBe(null);
  });

  test('a product of two activations is not a layer', () => {
    expect(single({ node: [node('Transpose', ['x'], ['t']), node('MatMul', ['x', 't'], ['y'])] })).toBe(undefined);
  });

  test('ids are unique even when names repeat', () => {
    const layers = layersOf(
      modelBytes({
        input: [x],
        output: [value('c')],
        initializer: ['u', 'v', 'w'].map((name) => floats(name, [3, 3])),
        node: [
          node('MatMul', ['x', 'u'], ['a'], {}, 'same'),
          node('MatMul', ['a', 'v'], ['b'], {}, 'same'),
          node('MatMul', ['b', 'w'], ['c']),
        ],
      }),
    );
    expect(layers.map((l) => l.id)).toEqual(['same', 'b', 'c']);
  });

  test('layers in a Scan body count once per step and are not solvable', () => {
    const body = graph({
      input: [value('h', [3]), value('s', [3])],
      output: [value('g'), value('o')],
      node: [node('MatMul', ['s', 'w'], ['m']), node('Add', ['h', 'm'], ['g']), node('Identity', ['g'], ['o'])],
    });
    const layers = layersOf(
      modelBytes({
        input: [value('h0', [3]), value('x', [5, 3])],
        initializer: [floats('w', [3, 3])],
        node: [node('Scan', ['h0', 'x'], ['h1', 'y'], { num_scan_inputs: 1, body: { graph: body } }, 'scan')],
        output: [value('y')],
      }),
    );
    expect(layers.map((l) => [l.id, l.nodeIndex, l.macs, l.parameters, l.linear])).toEqual([['m', 0, 5 * 9, 9, null]]);
  });
});

/**
 * Multiply-adds derived by hand from the published architectures: each entry is (output positions) x (kernel x inputs) x outputs.
 * resnet50: He et al. 2016, table 1, stride in the 3x3 convolution; the sum 4.089e9 is the figure published for this variant.
 */
function resnet50(): number {
  let macs = 112 * 112 * (49 * 3) * 64;
  const stages = [
    [56, 64, 3],
    [28, 128, 4],
    [14, 256, 6],
    [7, 512, 3],
  ] as const;
  let inputs = 64;
  for (const [size, width, blocks] of stages) {
    for (let b = 0; b < blocks; b++) {
      const before = b === 0 && size !== 56 ? size * 2 : size;
      macs += before * before * inputs * width + size * size * 9 * width * width + size * size * width * 4 * width;
      if (b === 0) macs += size * size * inputs * 4 * width;
      inputs = 4 * width;
    }
  }
  return macs + 2048 * 1000;
}

/** SqueezeNet 1.1 with valid pooling: 111 after the first convolution (no padding), then 55, 27, 13. */
function squeezenet(): number {
  let macs = 111 * 111 * (9 * 3) * 64;
  const fires = [
    [55, 64, 16, 64],
    [55, 128, 16, 64],
    [27, 128, 32, 128],
    [27, 256, 32, 128],
    [13, 256, 48, 192],
    [13, 384, 48, 192],
    [13, 384, 64, 256],
    [13, 512, 64, 256],
  ] as const;
  for (const [size, inputs, squeeze, expand] of fires) macs += size * size * (inputs * squeeze + squeeze * expand + 9 * squeeze * expand);
  return macs + 13 * 13 * 512 * 1000;
}

describe.skipIf(!hasShared)('multiply-adds and parameters of known architectures', () => {
  test('ResNet-50 at 224: 4.089e9', () => {
    const layers = layersOf(sample('light_resnet50'));
    expect(resnet50()).toBe(4_089_184_256);
    expect(total(layers, 'macs')).toBe(resnet50());
    // 25 557 032 published parameters less the 2 x 26 560 scales and shifts of BatchNormalization.
    expect(total(layers, 'parameters')).toBe(25_557_032 - 53_120);
  });

  test('SqueezeNet 1.1', () => {
    const layers = layersOf(sample('light_squeezenet'));
    expect(total(layers, 'macs')).toBe(squeezenet());
    expect(total(layers, 'parameters')).toBe(1_235_496);
  });

  test('LeNet-5: 416 520 and 61 706', () => {
    const layers = layersOf(sample('lenet5_fashion'));
    expect(total(layers, 'macs')).toBe(28 * 28 * 25 * 6 + 10 * 10 * 25 * 6 * 16 + 400 * 120 + 120 * 84 + 84 * 10);
    expect(total(layers, 'parameters')).toBe(61_706);
  });

  test('ResNet-8 folds its normalisation away without a change in multiply-adds', () => {
    const expected =
      784 * 9 * 16 + 2 * 784 * 9 * 256 + 196 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32) + 49 * (9 * 32 * 64 + 9 * 64 * 64 + 32 * 64) + 640;
    expect(total(layersOf(sample('resnet8_fashion')), 'macs')).toBe(expected);
    expect(total(layersOf(sample('resnet8_fashion_bn')), 'macs')).toBe(expected);
  });

  test('an LSTM that gives only its last state has that state as output', () => {
    const [layer] = layersOf(bytesOf(shared('material/models/third-party/onnx-backend/test_lstm_with_peepholes/model.onnx')));
    expect(layer).toMatchObject({ id: 'Y_h', preActivation: 'Y_h', outputShape: [1, 2, 3], outputElements: 6 });
  });

  test('GRU: steps x three gates x hidden x (inputs + hidden)', () => {
    const layers = layersOf(sample('gru_fsdd'));
    expect(layers.map((l) => l.macs)).toEqual([40 * 3 * 48 * (20 + 48), 480]);
    expect(total(layers, 'parameters')).toBe(10_570);
  });

  test('transformer: six blocks of four projections and two dense layers, and the head, per token', () => {
    const layers = layersOf(sample('opt_char'), { seq: 9, batch: 2 });
    expect(total(layers, 'macs')).toBe(18 * (6 * (4 * 160 * 160 + 2 * 160 * 640) + 160 * 65));
    expect(layers.every((l) => l.linear !== null)).toBe(true);
  });

  test('quantised weights behind DequantizeLinear count 8 bits', () => {
    const layers = layersOf(sample('ort_qdq_with_multi_consumer_dq_nodes'));
    expect(layers.map((l) => [l.weightBits, l.activationBits])).toEqual(new Array(6).fill([8, 8]));
    expect(layers[0]?.weightBytes).toBe(36_864 + 4 * 128);
  });
});
