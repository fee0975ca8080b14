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

/** One model, one data file, two targets; everything a plan in the cases can refer to. */
export function fakeWorld(overrides: Partial<PlanWorld> = {}): PlanWorld {
  return {
    model: (path) => {
      if (path === 'digits.onnx') return { layers: digits };
      if (path === 'empty.onnx') return { layers: [] };
      if (path === 'broken.onnx')
        return { problem: { severity: 'error', code: 'onnx-truncated', message: 'the file ends in the middle of a tensor', where: {} } };
      return { problem: { severity: 'error', code: 'missing-file', message: 'no such file', where: {} } };
    },
    fileExists: (path) => path === 'digits.npz',
    targets: [
      { id: 'ecp5-85f', title: 'Lattice ECP5' },
      { id: 'server-cpu', title: 'Server CPU' },
    ],
    modelsNearby: () => ['digits.onnx', 'empty.onnx', 'broken.onnx', 'other/lenet.onnx'],
    dataNearby: () => ['digits.npz'],
    ...overrides,
  };
}
