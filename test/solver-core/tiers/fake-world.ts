import type { Block } from '../../../solver-core/model/blocks.ts';
import type { ValueInfo } from '../../../solver-core/model/graph.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import type { PlanWorld } from '../../../solver-core/tiers/world.ts';

/** A layer with the members the checker looks at; Gemm layers are solvable, others say why not. */
export function fakeLayer(id: string, op = 'Gemm'): Layer {
  const dense = op === 'Gemm';
  return {
    id,
    op,
    nodeIndex: 0,
    inputShape: [1, 4],
    outputShape: [1, 4],
    macs: 16,
    parameters: 20,
    weightBytes: 80,
    weightBits: 32,
    activationBits: 32,
    inputElements: 4,
    outputElements: 4,
    weight: `${id}.weight`,
    bias: null,
    input: 'in',
    preActivation: 'pre',
    output: 'out',
    activation: null,
    norm: null,
    residual: null,
    averaged: false,
    linear: dense
      ? { inputs: 4, outputs: 4, groups: 1, transposed: true, alpha: 1, beta: 1, weightDims: [4, 4], biasDims: [4], patches: null }
      : null,
    notSolvable: dense ? null : `${op} layers are not solved by this version`,
  };
}

const digits = [
  fakeLayer('/conv1/Conv', 'Conv'),
  fakeLayer('/fc1/Gemm'),
  fakeLayer('/fc2/Gemm'),
  fakeLayer('/fc3/Gemm'),
  fakeLayer('/head/out "a"\\b\u202e'),
];

/** A model of six blocks with two layers each, and a head. */
const deepBlocks: readonly Block[] = Array.from({ length: 6 }, (_, index) => ({
  index,
  name: `blocks.${index}`,
  kind: 'transformer',
  layers: [`/b${index}/up`, `/b${index}/down`],
  roles: new Map([
    [`/b${index}/up`, 'up'],
    [`/b${index}/down`, 'down'],
  ]),
  input: `x${index}`,
  output: `x${index + 1}`,
}));
const deep = [...deepBlocks.flatMap((block) => block.layers.map((id) => fakeLayer(id))), fakeLayer('/head')];

const input = (dtype: ValueInfo['dtype'], ...shape: (number | string)[]): ValueInfo[] => [{ name: 'in', kind: 'tensor', dtype, shape }];

/** Some models, one data file, one text, two targets; everything a plan in the cases can refer to. */
export function fakeWorld(overrides: Partial<PlanWorld> = {}): PlanWorld {
  return {
    model: (path) => {
      if (path === 'digits.onnx') return { layers: digits };
      if (path === 'deep.onnx' || path === 'deep2.onnx')
        return { layers: deep, blocks: deepBlocks, inputs: input('int64', 'batch', 'seq') };
      if (path === 'small.onnx') return { layers: digits.slice(0, 2), blocks: [], inputs: input('float32', 'batch', 1, 28, 28) };
      if (path === 'features.onnx') return { layers: digits, blocks: [], inputs: input('float32', 'batch', 4) };
      if (path === 'wide.onnx') return { layers: digits, blocks: [], inputs: input('float32', 'batch', 784) };
      if (path === 'narrow.onnx') return { layers: digits, blocks: [], inputs: input('float32', 'batch', 64) };
      if (path === 'empty.onnx') return { layers: [] };
      if (path === 'broken.onnx')
        return { problem: { severity: 'error', code: 'onnx-truncated', message: 'the file ends in the middle of a tensor', where: {} } };
      return { problem: { severity: 'error', code: 'missing-file', message: 'no such file', where: {} } };
    },
    fileExists: (path) => ['digits.npz', 'input.txt', 'vocab.json'].includes(path),
    targets: [
      { id: 'ecp5-85f', title: 'Lattice ECP5' },
      { id: 'server-cpu', title: 'Server CPU' },
    ],
    modelsNearby: () => ['digits.onnx', 'empty.onnx', 'broken.onnx', 'other/lenet.onnx'],
    dataNearby: () => ['digits.npz'],
    textsNearby: () => ['input.txt'],
    vocabulariesNearby: () => ['vocab.json'],
    ...overrides,
  };
}
