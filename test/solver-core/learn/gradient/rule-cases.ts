import type { NodeProto } from '../../../../solver-core/onnx/gen/onnx_pb.ts';
import { node } from '../../onnx/build-model.ts';

/** A small network in which one rule carries the gradient, with the same network in PyTorch. */
export interface RuleCase {
  readonly name: string;
  /** Shape of one row of input `x`. */
  readonly row: readonly number[];
  readonly nodes: readonly NodeProto[];
  /** Stored tensors by name. Names that begin with "var" hold positive values, with "int" the given integers. */
  readonly stored: Readonly<Record<string, readonly number[]>>;
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  /** Scores as a PyTorch expression of x and the stored tensors p['name']. */
  readonly torch: string;
  readonly outputs: number;
  readonly loss?: 'cross-entropy' | 'squared-error';
  readonly opset?: number;
}

const dense = (from: string, to: string, w: string, b?: string, more: Record<string, number> = {}): NodeProto =>
  node('Gemm', b === undefined ? [from, w] : [from, w, b], [to], { transB: 1, ...more }, `${to}_gemm`);

/** Gemm, one element-wise operator, Gemm. */
const between = (op: string, torch: string, attributes: Parameters<typeof node>[3] = {}, opset = 17): RuleCase => ({
  name: op,
  row: [5],
  nodes: [dense('x', 'h', 'w1', 'b1'), node(op, ['h'], ['a'], attributes), dense('a', 'y', 'w2', 'b2')],
  stored: { w1: [6, 5], b1: [6], w2: [3, 6], b2: [3] },
  torch: `F.linear(${torch.replace(/\bh\b/g, "F.linear(x, p['w1'], p['b1'])")}, p['w2'], p['b2'])`,
  outputs: 3,
  opset,
});

/** Two convolutions (so that the second passes its gradient on to the first), then a dense layer over all values. */
const convs = (
  name: string,
  row: readonly number[],
  first: { readonly w: readonly number[]; readonly attributes: Parameters<typeof node>[3]; readonly torch: string },
  second: { readonly w: readonly number[]; readonly attributes: Parameters<typeof node>[3]; readonly torch: string },
  flat: number,
): RuleCase => {
  const f = `F.conv${row.length - 1}d`;
  const h = `torch.tanh(${f}(x, p['w1'], p['b1']${first.torch}))`;
  return {
    name,
    row,
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['c1'], first.attributes, 'conv1'),
      node('Tanh', ['c1'], ['a1']),
      node('Conv', ['a1', 'w2', 'b2'], ['c2'], second.attributes, 'conv2'),
      node('Flatten', ['c2'], ['f']),
      dense('f', 'y', 'w3'),
    ],
    stored: { w1: first.w, b1: [first.w[0]!], w2: second.w, b2: [second.w[0]!], w3: [3, flat] },
    torch: `F.linear(${f}(${h}, p['w2'], p['b2']${second.torch}).flatten(1), p['w3'])`,
    outputs: 3,
  };
};

/** A convolution, one pooling operator, a dense layer. */
const pooled = (name: string, op: string, size: number, attributes: Parameters<typeof node>[3], torch: string, flat: number): RuleCase => ({
  name,
  row: [2, size, size],
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], ['c'], { pads: [1, 1, 1, 1] }, 'conv'),
    node(op, ['c'], ['q'], attributes),
    node('Flatten', ['q'], ['f']),
    dense('f', 'y', 'w2', 'b2'),
  ],
  stored: { w1: [3, 2, 3, 3], b1: [3], w2: [4, flat], b2: [4] },
  torch: `F.linear(${torch.replaceAll('C', "F.conv2d(x, p['w1'], p['b1'], padding=1)")}.flatten(1), p['w2'], p['b2'])`,
  outputs: 4,
});

/** A dense layer, then y = f(h, stored operands), then a dense layer. */
const withOperand = (name: string, op: string, swap: boolean, operand: readonly number[], torch: string): RuleCase => ({
  name,
  row: [4, 5],
  nodes: [
    node('MatMul', ['x', 'w1'], ['h'], {}, 'mm'),
    node(op, swap ? ['varc', 'h'] : ['h', 'varc'], ['a']),
    node('Flatten', ['a'], ['f']),
    dense('f', 'y', 'w2'),
  ],
  stored: { w1: [5, 6], varc: operand, w2: [3, 24] },
  torch: `F.linear((${torch.replaceAll('h', "(x @ p['w1'])")}).flatten(1), p['w2'])`,
  outputs: 3,
});

export const ruleCases: readonly RuleCase[] = [
  {
    name: 'Gemm, all transposed, scaled',
    row: [4],
    nodes: [
      node('Gemm', ['x', 'w1', 'b1'], ['h'], { transB: 0, alpha: { float: 0.5 }, beta: { float: 2 } }, 'g1'),
      node('Transpose', ['h'], ['ht'], { perm: [1, 0] }),
      node('Gemm', ['ht', 'w2', 'b2'], ['y'], { transA: 1, transB: 1, alpha: { float: 1.5 } }, 'g2'),
    ],
    stored: { w1: [4, 5], b1: [1, 5], w2: [3, 5], b2: [3] },
    torch: `1.5 * (0.5 * x @ p['w1'] + 2 * p['b1']) @ p['w2'].T + p['b2']`,
    outputs: 3,
  },
  {
    name: 'MatMul over a stack, bias added',
    row: [4, 5],
    nodes: [
      node('MatMul', ['x', 'w1'], ['h'], {}, 'm1'),
      node('Add', ['h', 'b1'], ['hb']),
      node('Relu', ['hb'], ['a']),
      node('Flatten', ['a'], ['f']),
      node('MatMul', ['f', 'w2'], ['y'], {}, 'm2'),
    ],
    stored: { w1: [5, 6], b1: [6], w2: [24, 3] },
    torch: `torch.relu(x @ p['w1'] + p['b1']).flatten(1) @ p['w2']`,
    outputs: 3,
  },
  {
    name: 'MatMul of two computed stacks (attention), Softmax inside',
    row: [4, 5],
    nodes: [
      node('MatMul', ['x', 'wq'], ['q'], {}, 'mq'),
      node('MatMul', ['x', 'wk'], ['k'], {}, 'mk'),
      node('MatMul', ['x', 'wv'], ['v'], {}, 'mv'),
      node('Transpose', ['k'], ['kt'], { perm: [0, 2, 1] }),
      node('MatMul', ['q', 'kt'], ['s']),
      node('Softmax', ['s'], ['a'], { axis: -1 }),
      node('MatMul', ['a', 'v'], ['o']),
      node('ReduceMean', ['o'], ['m'], { axes: [1], keepdims: 0 }),
      dense('m', 'y', 'w2'),
    ],
    stored: { wq: [5, 6], wk: [5, 6], wv: [5, 6], w2: [3, 6] },
    torch: `F.linear((torch.softmax((x @ p['wq']) @ (x @ p['wk']).transpose(1, 2), -1) @ (x @ p['wv'])).mean(1), p['w2'])`,
    outputs: 3,
  },
  {
    name: 'MatMul with a stack of weights',
    row: [2, 4, 5],
    nodes: [
      node('MatMul', ['x', 'w1'], ['h'], {}, 'm1'),
      node('Tanh', ['h'], ['a']),
      node('MatMul', ['a', 'w2'], ['k'], {}, 'm2'),
      node('Flatten', ['k'], ['f']),
      dense('f', 'y', 'w3'),
    ],
    stored: { w1: [2, 5, 3], w2: [2, 3, 2], w3: [3, 16] },
    torch: `F.linear((torch.tanh(x @ p['w1']) @ p['w2']).flatten(1), p['w3'])`,
    outputs: 3,
  },
  withOperand('Add with broadcasting', 'Add', false, [4, 1], `h + p['varc']`),
  withOperand('Sub from a stored operand', 'Sub', true, [6], `p['varc'] - h`),
  withOperand('Mul with a scalar', 'Mul', false, [], `h * p['varc']`),
  {
    name: 'Mul and Div of computed values, read twice',
    row: [5],
    nodes: [
      dense('x', 'h', 'w1'),
      dense('x', 'k', 'w2', 'b2'),
      node('Sigmoid', ['k'], ['s']),
      node('Mul', ['h', 's'], ['m']),
      node('Mul', ['m', 'm'], ['mm']),
      node('Div', ['mm', 's'], ['d']),
      node('Sub', ['d', 'h'], ['e']),
      dense('e', 'y', 'w3'),
    ],
    stored: { w1: [6, 5], w2: [6, 5], b2: [6], w3: [3, 6] },
    torch: `(lambda h, s: F.linear((h * s) ** 2 / s - h, p['w3']))(F.linear(x, p['w1']), torch.sigmoid(F.linear(x, p['w2'], p['b2'])))`,
    outputs: 3,
  },
  between('Relu', 'torch.relu(h)'),
  between('LeakyRelu', 'F.leaky_relu(h, 0.2)', { alpha: { float: 0.2 } }),
  between('Sigmoid', 'torch.sigmoid(h)'),
  between('Tanh', 'torch.tanh(h)'),
  between('Softplus', 'F.softplus(h)'),
  between('Erf', 'torch.erf(h)'),
  between('Exp', 'torch.exp(h)'),
  between('Neg', '-(h)'),
  between('Identity', '(h)'),
  between('Dropout', '(h)'),
  between('Softmax', 'torch.softmax(h, 1)', { axis: 1 }),
  between('LogSoftmax', 'F.log_softmax(h, 1)', { axis: -1 }),
  {
    name: 'Sqrt',
    row: [5],
    nodes: [dense('x', 'h', 'w1', 'b1'), node('Exp', ['h'], ['e']), node('Sqrt', ['e'], ['a']), dense('a', 'y', 'w2')],
    stored: { w1: [6, 5], b1: [6], w2: [3, 6] },
    torch: `F.linear(torch.sqrt(torch.exp(F.linear(x, p['w1'], p['b1']))), p['w2'])`,
    outputs: 3,
  },
  {
    name: 'Clip',
    row: [5],
    nodes: [dense('x', 'h', 'w1', 'b1'), node('Clip', ['h', 'varlow', 'varhigh'], ['a']), dense('a', 'y', 'w2')],
    stored: { w1: [6, 5], b1: [6], varlow: [], varhigh: [], w2: [3, 6] },
    torch: `F.linear(torch.clamp(F.linear(x, p['w1'], p['b1']), float(p['varlow']), float(p['varhigh'])), p['w2'])`,
    outputs: 3,
  },
  {
    name: 'Reshape of a model exported for one row',
    row: [4],
    nodes: [dense('x', 'h', 'w1'), node('Tanh', ['h'], ['a']), node('Reshape', ['a', 'intshape'], ['r']), dense('r', 'y', 'w2')],
    stored: { w1: [5, 4], intshape: [2], w2: [3, 5] },
    integers: { intshape: [1, -1] },
    torch: `F.linear(torch.tanh(F.linear(x, p['w1'])), p['w2'])`,
    outputs: 3,
  },
  {
    name: 'Reshape, Squeeze, Unsqueeze, Transpose',
    row: [12],
    nodes: [
      dense('x', 'h', 'w1'),
      node('Reshape', ['h', 'intshape'], ['r']),
      node('Transpose', ['r'], ['t'], { perm: [0, 2, 1] }),
      node('Unsqueeze', ['t', 'intaxes'], ['u']),
      node('Tanh', ['u'], ['a']),
      node('Squeeze', ['a', 'intaxes'], ['s']),
      node('Flatten', ['s'], ['f']),
      dense('f', 'y', 'w2'),
    ],
    stored: { w1: [12, 12], intshape: [3], intaxes: [1], w2: [3, 12] },
    integers: { intshape: [0, 3, -1], intaxes: [1] },
    torch: `F.linear(torch.tanh(F.linear(x, p['w1']).reshape(-1, 3, 4).transpose(1, 2)).flatten(1), p['w2'])`,
    outputs: 3,
  },
  convs(
    'Conv, padded',
    [2, 6, 5],
    { w: [4, 2, 3, 3], attributes: { pads: [1, 1, 1, 1] }, torch: ', padding=1' },
    { w: [3, 4, 3, 3], attributes: {}, torch: '' },
    36,
  ),
  convs(
    'Conv, strided with a missed row',
    [2, 8, 8],
    { w: [4, 2, 3, 3], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] }, torch: ', stride=2, padding=1' },
    { w: [3, 4, 2, 3], attributes: { strides: [2, 1], pads: [0, 1, 0, 1] }, torch: ', stride=(2, 1), padding=(0, 1)' },
    24,
  ),
  convs(
    'Conv, stride above kernel, two missed rows',
    [2, 9, 9],
    { w: [4, 2, 1, 1], attributes: {}, torch: '' },
    { w: [3, 4, 1, 2], attributes: { strides: [3, 4] }, torch: ', stride=(3, 4)' },
    18,
  ),
  convs(
    'Conv, dilated, strided',
    [2, 11, 9],
    { w: [4, 2, 3, 3], attributes: { pads: [1, 1, 1, 1] }, torch: ', padding=1' },
    {
      w: [3, 4, 3, 2],
      attributes: { strides: [2, 3], dilations: [2, 3], pads: [1, 0, 1, 0] },
      torch: ', stride=(2, 3), dilation=(2, 3), padding=(1, 0)',
    },
    30,
  ),
  convs(
    'Conv, grouped and depthwise',
    [4, 6, 6],
    { w: [6, 2, 3, 3], attributes: { group: 2, pads: [1, 1, 1, 1] }, torch: ', groups=2, padding=1' },
    { w: [6, 1, 3, 3], attributes: { group: 6, strides: [2, 2], pads: [1, 1, 1, 1] }, torch: ', groups=6, stride=2, padding=1' },
    54,
  ),
  convs(
    'Conv in one dimension',
    [3, 12],
    { w: [4, 3, 3], attributes: { pads: [1, 1] }, torch: ', padding=1' },
    { w: [5, 4, 4], attributes: { strides: [3] }, torch: ', stride=3' },
    15,
  ),
  {
    ...convs(
      'Conv, unequal padding by auto_pad',
      [2, 7, 6],
      { w: [4, 2, 3, 3], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] }, torch: '' },
      { w: [3, 4, 2, 2], attributes: { auto_pad: 'SAME_LOWER' }, torch: '' },
      36,
    ),
    torch: `F.linear(F.conv2d(F.pad(torch.tanh(F.conv2d(F.pad(x, (0, 1, 1, 1)), p['w1'], p['b1'], stride=2)), (1, 0, 1, 0)), p['w2'], p['b2']).flatten(1), p['w3'])`,
  },
  pooled('MaxPool, apart', 'MaxPool', 6, { kernel_shape: [2, 2], strides: [2, 2] }, 'F.max_pool2d(C, 2)', 27),
  pooled('MaxPool, apart, a row left over', 'MaxPool', 7, { kernel_shape: [2, 2], strides: [2, 2] }, 'F.max_pool2d(C, 2)', 27),
  pooled(
    'MaxPool, overlapping and padded',
    'MaxPool',
    6,
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    'F.max_pool2d(C, 3, 2, 1)',
    27,
  ),
  pooled('AveragePool', 'AveragePool', 6, { kernel_shape: [2, 2], strides: [2, 2] }, 'F.avg_pool2d(C, 2)', 27),
  pooled(
    'AveragePool, overlapping, padding not counted',
    'AveragePool',
    7,
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    'F.avg_pool2d(C, 3, 2, 1, count_include_pad=False)',
    48,
  ),
  pooled(
    'AveragePool, padding counted, a row left over',
    'AveragePool',
    6,
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0], count_include_pad: 1 },
    'F.avg_pool2d(F.pad(C, (1, 0, 1, 0)), 3, 2)',
    27,
  ),
  pooled('GlobalAveragePool', 'GlobalAveragePool', 5, {}, 'C.mean((2, 3))', 3),
  {
    name: 'BatchNormalization, scale and bias trained',
    row: [2, 5, 5],
    nodes: [
      node('Conv', ['x', 'w1'], ['c'], {}, 'conv'),
      node('BatchNormalization', ['c', 'scale', 'shift', 'mean', 'variance'], ['n'], { epsilon: { float: 1e-3 } }),
      node('Relu', ['n'], ['a']),
      node('Flatten', ['a'], ['f']),
      dense('f', 'y', 'w2'),
    ],
    stored: { w1: [3, 2, 3, 3], scale: [3], shift: [3], mean: [3], variance: [3], w2: [3, 27] },
    torch: `F.linear(torch.relu(F.batch_norm(F.conv2d(x, p['w1']), p['mean'].detach(), p['variance'].detach(), p['scale'], p['shift'], False, 0.1, 1e-3)).flatten(1), p['w2'])`,
    outputs: 3,
  },
  {
    name: 'LayerNormalization',
    row: [4, 5],
    nodes: [
      node('MatMul', ['x', 'w1'], ['h'], {}, 'mm'),
      node('LayerNormalization', ['h', 'scale', 'shift'], ['n'], { axis: -1 }),
      node('Flatten', ['n'], ['f']),
      dense('f', 'y', 'w2'),
    ],
    stored: { w1: [5, 6], scale: [6], shift: [6], w2: [3, 24] },
    torch: `F.linear(F.layer_norm(x @ p['w1'], (6,), p['scale'], p['shift']).flatten(1), p['w2'])`,
    outputs: 3,
  },
  {
    name: 'residual sum with a shortcut convolution',
    row: [2, 6, 6],
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['c1'], { pads: [1, 1, 1, 1], strides: [2, 2] }, 'c1'),
      node('Relu', ['c1'], ['a1']),
      node('Conv', ['a1', 'w2'], ['c2'], { pads: [1, 1, 1, 1] }, 'c2'),
      node('Conv', ['x', 'w3'], ['s'], { strides: [2, 2] }, 'short'),
      node('Add', ['c2', 's'], ['r']),
      node('Relu', ['r'], ['a2']),
      node('GlobalAveragePool', ['a2'], ['g']),
      node('Flatten', ['g'], ['f']),
      dense('f', 'y', 'w4', 'b4'),
    ],
    stored: { w1: [4, 2, 3, 3], b1: [4], w2: [4, 4, 3, 3], w3: [4, 2, 1, 1], w4: [3, 4], b4: [3] },
    torch: `F.linear(torch.relu(F.conv2d(torch.relu(F.conv2d(x, p['w1'], p['b1'], stride=2, padding=1)), p['w2'], padding=1) + F.conv2d(x, p['w3'], stride=2)).mean((2, 3)), p['w4'], p['b4'])`,
    outputs: 3,
  },
  {
    name: 'closing Softmax, fused with the loss',
    row: [5],
    nodes: [dense('x', 'z', 'w1', 'b1'), node('Softmax', ['z'], ['y'], { axis: 1 })],
    stored: { w1: [4, 5], b1: [4] },
    torch: `F.linear(x, p['w1'], p['b1'])`,
    outputs: 4,
  },
  {
    name: 'squared error',
    row: [5],
    nodes: [dense('x', 'h', 'w1', 'b1'), node('Tanh', ['h'], ['a']), dense('a', 'y', 'w2', 'b2')],
    stored: { w1: [6, 5], b1: [6], w2: [2, 6], b2: [2] },
    torch: `F.linear(torch.tanh(F.linear(x, p['w1'], p['b1'])), p['w2'], p['b2'])`,
    outputs: 2,
    loss: 'squared-error',
  },
  {
    name: 'a weight used twice',
    row: [5],
    nodes: [dense('x', 'h', 'w1'), node('Tanh', ['h'], ['a']), dense('a', 'k', 'w1'), dense('k', 'y', 'w2')],
    stored: { w1: [5, 5], w2: [3, 5] },
    torch: `F.linear(F.linear(torch.tanh(F.linear(x, p['w1'])), p['w1']), p['w2'])`,
    outputs: 3,
  },
];
