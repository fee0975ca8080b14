import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import type { ModelRuntime } from '../../../../solver-core/fit/model-runner.ts';
import { findLayers, inferShapes } from '../../../../solver-core/model/index.ts';
import type { UpperTier } from '../../../../solver-core/model/plan.ts';
import { createGradientLearner } from '../../../../solver-core/learn/gradient/index.ts';
import type { GradientLearner, GradientOptions, GradientTask } from '../../../../solver-core/learn/gradient/index.ts';
import { buildModel, readModel } from '../../../../solver-core/onnx/index.ts';
import type { BuiltNode, BuiltTensor } from '../../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../../solver-core/runtime/ort.ts';
import { upper } from '../../fit/digits.ts';

/** A network as its nodes from "x" to "y" with the stored tensors they read. */
export interface Network {
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly nodes: readonly BuiltNode[];
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export const runtime: ModelRuntime = ortRuntime();

const size = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Stored tensors with values of order 0.5; names that start with "variance" are positive. */
export function tensorsOf(network: Network): ReadonlyMap<string, BuiltTensor & { readonly data: Float32Array }> {
  return new Map(
    Object.entries(network.shapes).map(([name, dims]) => {
      const values = normals(createRandom(3, name), size(dims)).map((v) => (name.startsWith('variance') ? 0.5 + v * v : 0.5 * v));
      return [name, { name, dims, data: Float32Array.from(values) }];
    }),
  );
}

export function modelBytes(network: Network): Uint8Array {
  return buildModel({
    name: 'network',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', ...network.inputShape] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', network.outputs] }],
    nodes: network.nodes,
    tensors: [...tensorsOf(network).values()],
    opset: 17,
  });
}

export async function learnerOf(
  bytes: Uint8Array,
  changes: Partial<UpperTier> = {},
  task: GradientTask = 'class',
  more: Partial<GradientOptions> = {},
): Promise<GradientLearner> {
  const { value, diagnostics } = await createGradientLearner(optionsOf(bytes, changes, task, more));
  if (value === undefined) throw new Error(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
  return value;
}

export function optionsOf(
  bytes: Uint8Array,
  changes: Partial<UpperTier> = {},
  task: GradientTask = 'class',
  more: Partial<GradientOptions> = {},
): GradientOptions {
  const model = readModel(bytes).value;
  if (model === undefined) throw new Error('the network does not open');
  const layers = findLayers(model.graph, inferShapes(model.graph));
  const tier = upper(
    layers.map((layer) => layer.id),
    { learner: 'adam', ...changes },
  );
  return { model, layers, tier, task, runtime, ...more };
}

/** One network per family of rules. */
export const networks: Readonly<Record<string, Network>> = {
  'dense layers, transposed and scaled': {
    inputShape: [6],
    outputs: 4,
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h1'], attributes: { transB: 1, alpha: { float: 0.7 }, beta: { float: 1.3 } } },
      { op: 'Tanh', inputs: ['h1'], outputs: ['h2'] },
      { op: 'MatMul', inputs: ['h2', 'w2'], outputs: ['h3'] },
      { op: 'Add', inputs: ['h3', 'b2'], outputs: ['h4'] },
      { op: 'Sigmoid', inputs: ['h4'], outputs: ['h5'] },
      { op: 'Gemm', inputs: ['h5', 'w3', 'b3'], outputs: ['y'] },
    ],
    shapes: { w1: [5, 6], b1: [5], w2: [5, 7], b2: [7], w3: [7, 4], b3: [4] },
  },
  'a convolution with strides, dilations, pads and groups': {
    inputShape: [4, 9, 8],
    outputs: 3,
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'w1', 'b1'],
        outputs: ['h1'],
        attributes: { group: 2, strides: [2, 2], dilations: [2, 1], pads: [1, 0, 2, 1], kernel_shape: [3, 2] },
      },
      { op: 'LeakyRelu', inputs: ['h1'], outputs: ['h2'], attributes: { alpha: { float: 0.1 } } },
      { op: 'Conv', inputs: ['h2', 'w2'], outputs: ['h3'], attributes: { kernel_shape: [2, 2], pads: [0, 0, 1, 1] } },
      { op: 'GlobalAveragePool', inputs: ['h3'], outputs: ['h4'] },
      { op: 'Flatten', inputs: ['h4'], outputs: ['h5'] },
      { op: 'Gemm', inputs: ['h5', 'w3', 'b3'], outputs: ['y'] },
    ],
    shapes: { w1: [6, 2, 3, 2], b1: [6], w2: [5, 6, 2, 2], w3: [5, 3], b3: [3] },
  },
  'pooling, apart and overlapping': {
    inputShape: [2, 8, 8],
    outputs: 3,
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1', 'b1'], outputs: ['h1'], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      { op: 'MaxPool', inputs: ['h1'], outputs: ['h2'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: 'Conv', inputs: ['h2', 'w2'], outputs: ['h3'], attributes: { kernel_shape: [2, 2], pads: [1, 1, 0, 0] } },
      { op: 'AveragePool', inputs: ['h3'], outputs: ['h4'], attributes: { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] } },
      { op: 'MaxPool', inputs: ['h4'], outputs: ['h5'], attributes: { kernel_shape: [3, 3], strides: [1, 1] } },
      { op: 'Flatten', inputs: ['h5'], outputs: ['h6'] },
      { op: 'Gemm', inputs: ['h6', 'w3', 'b3'], outputs: ['y'] },
    ],
    shapes: { w1: [4, 2, 3, 3], b1: [4], w2: [3, 4, 2, 2], w3: [12, 3], b3: [3] },
  },
  'batch normalisation and a residual': {
    inputShape: [3, 5, 5],
    outputs: 4,
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1'], outputs: ['h1'], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      { op: 'BatchNormalization', inputs: ['h1', 'scale', 'shift', 'mean', 'variance'], outputs: ['h2'] },
      { op: 'Relu', inputs: ['h2'], outputs: ['h3'] },
      { op: 'Conv', inputs: ['h3', 'w2', 'b2'], outputs: ['h4'], attributes: { kernel_shape: [1, 1] } },
      { op: 'Add', inputs: ['h4', 'h2'], outputs: ['h5'] },
      { op: 'Tanh', inputs: ['h5'], outputs: ['h6'] },
      { op: 'Flatten', inputs: ['h6'], outputs: ['h7'] },
      { op: 'Gemm', inputs: ['h7', 'w3', 'b3'], outputs: ['y'] },
    ],
    shapes: { w1: [3, 3, 3, 3], scale: [3], shift: [3], mean: [3], variance: [3], w2: [3, 3, 1, 1], b2: [3], w3: [75, 4], b3: [4] },
  },
  'a softmax at the end': {
    inputShape: [5],
    outputs: 3,
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h1'] },
      { op: 'Softmax', inputs: ['h1'], outputs: ['y'], attributes: { axis: 1 } },
    ],
    shapes: { w1: [5, 3], b1: [3] },
  },
};
