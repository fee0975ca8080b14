import type { Network } from './networks.ts';

/** LeNet-5 for 28 x 28 pixels. */
export const lenet: Network = {
  inputShape: [1, 28, 28],
  outputs: 10,
  nodes: [
    { op: 'Conv', inputs: ['x', 'w1', 'b1'], outputs: ['c1'], attributes: { kernel_shape: [5, 5], pads: [2, 2, 2, 2] } },
    { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
    { op: 'MaxPool', inputs: ['r1'], outputs: ['p1'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Conv', inputs: ['p1', 'w2', 'b2'], outputs: ['c2'], attributes: { kernel_shape: [5, 5] } },
    { op: 'Relu', inputs: ['c2'], outputs: ['r2'] },
    { op: 'MaxPool', inputs: ['r2'], outputs: ['p2'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Flatten', inputs: ['p2'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'w3', 'b3'], outputs: ['g1'], attributes: { transB: 1 } },
    { op: 'Relu', inputs: ['g1'], outputs: ['r3'] },
    { op: 'Gemm', inputs: ['r3', 'w4', 'b4'], outputs: ['g2'], attributes: { transB: 1 } },
    { op: 'Relu', inputs: ['g2'], outputs: ['r4'] },
    { op: 'Gemm', inputs: ['r4', 'w5', 'b5'], outputs: ['y'], attributes: { transB: 1 } },
  ],
  shapes: {
    w1: [6, 1, 5, 5],
    b1: [6],
    w2: [16, 6, 5, 5],
    b2: [16],
    w3: [120, 400],
    b3: [120],
    w4: [84, 120],
    b4: [84],
    w5: [10, 84],
    b5: [10],
  },
};
