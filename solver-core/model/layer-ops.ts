import type { GraphNode } from './graph.ts';

/** How the operands of a layer's operator are arranged. */
export interface LayerOp {
  /** Input positions of the tensors that hold weights; the first is the one shown. */
  readonly weights: readonly number[];
  /** Input position of the bias; null when the operator has none. */
  readonly bias: number | null;
  /** True when only a constant weight makes the node a layer (a product of two activations is not one). */
  readonly needsConstantWeight: boolean;
  /** Input position of the activations. */
  readonly input: number;
}

const conv: LayerOp = { weights: [1], bias: 2, needsConstantWeight: false, input: 0 };
const recurrent: LayerOp = { weights: [1, 2], bias: 3, needsConstantWeight: false, input: 0 };
const product: LayerOp = { weights: [1], bias: null, needsConstantWeight: true, input: 0 };
const productBias: LayerOp = { ...product, bias: 2 };

/** Operators that bear weights, keyed like the inference rules. */
const layerOps: Readonly<Record<string, LayerOp>> = {
  Conv: conv,
  ConvTranspose: conv,
  ConvInteger: { ...conv, bias: null },
  QLinearConv: { ...conv, weights: [3], bias: 8 },
  RNN: recurrent,
  GRU: recurrent,
  LSTM: { ...recurrent, weights: [1, 2, 7] },
  Gemm: productBias,
  MatMul: product,
  MatMulInteger: product,
  QLinearMatMul: { ...product, weights: [3] },
  'com.microsoft:FusedConv': conv,
  'com.microsoft:FusedGemm': productBias,
  'com.microsoft:FusedMatMul': product,
  'com.microsoft:GemmFastGelu': productBias,
  'com.microsoft:QGemm': { ...product, weights: [3], bias: 6 },
  'com.microsoft:MatMulIntegerToFloat': { ...product, bias: 6 },
  'com.microsoft:DynamicQuantizeMatMul': { ...product, bias: 4 },
  'com.microsoft:MatMulNBits': { ...product, bias: 5 },
  'com.microsoft:Attention': productBias,
};

/** The layer description of a node's operator, or undefined when the operator bears no weights. */
export function layerOpOf(node: GraphNode): LayerOp | undefined {
  const key = node.domain === '' ? node.op : `${node.domain}:${node.op}`;
  return Object.hasOwn(layerOps, key) ? layerOps[key] : undefined;
}

/** Element-wise activations, as ONNX and com.microsoft name them. */
export const activationOps: ReadonlySet<string> = new Set([
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'Selu',
  'Celu',
  'Sigmoid',
  'HardSigmoid',
  'Tanh',
  'Softplus',
  'Softsign',
  'Gelu',
  'HardSwish',
  'Swish',
  'Mish',
  'ThresholdedRelu',
  'Clip',
  'FastGelu',
  'QuickGelu',
]);

/** Operators that follow a layer at almost no cost and belong to it. */
export const followingOps: ReadonlySet<string> = new Set(['BatchNormalization', 'Dropout', 'Identity']);
