import { intAttribute, type GraphNode } from './graph.ts';
import type { ValueFacts } from './shape-inference/facts.ts';
import type { Shape } from './tensor.ts';
import { shapeElements } from './elements.ts';

/** Facts of a node's inputs and of its first output. */
export interface MacOperands {
  readonly inputs: readonly (ValueFacts | undefined)[];
  readonly output: ValueFacts | undefined;
}

type MacRule = (node: GraphNode, operands: MacOperands) => number | null;

/**
 * Strict multiply-adds of one run of a layer's operator: the products of its matrix or convolution form, nothing for
 * bias, activation or normalisation. 1 MAC = 2 FLOP. null when a shape is unknown or the operator is not a layer.
 */
export function layerMacs(node: GraphNode, operands: MacOperands): number | null {
  const macs = rules[node.domain === '' ? node.op : `${node.domain}:${node.op}`]?.(node, operands) ?? null;
  return macs !== null && Number.isSafeInteger(macs) ? macs : null;
}

function product(...factors: (number | null)[]): number | null {
  let out = 1;
  for (const f of factors) {
    if (f === null) return null;
    out *= f;
  }
  return out;
}

function dim(shape: Shape | undefined, index: number): number | null {
  const value = shape?.at(index);
  return typeof value === 'number' ? value : null;
}

/** Every output element sums over the channels of its group and the kernel: |y| · (C/g · k…), with weight [M, C/g, k…]. */
const convolution =
  (weight: number): MacRule =>
  (_node, { inputs, output }) => {
    const w = inputs[weight]?.shape ?? null;
    return product(shapeElements(output?.shape ?? null), w === null ? null : shapeElements(w.slice(1)));
  };

/** Every input element is spread over the output channels of its group and the kernel: |x| · (M/g · k…), with weight [C, M/g, k…]. */
const transposedConvolution: MacRule = (_node, { inputs }) => {
  const w = inputs[1]?.shape ?? null;
  return product(shapeElements(inputs[0]?.shape ?? null), w === null ? null : shapeElements(w.slice(1)));
};

/** |y| · K, with K the last dimension of the left operand. */
const matrixProduct: MacRule = (_node, { inputs, output }) =>
  product(shapeElements(output?.shape ?? null), dim(inputs[0]?.shape ?? null, -1));

const gemm: MacRule = (node, { inputs, output }) =>
  product(shapeElements(output?.shape ?? null), dim(inputs[0]?.shape ?? null, intAttribute(node, 'transA', 0) !== 0 ? 0 : 1));

/** steps · batch · directions · gates·hidden · (inputs + hidden): W [dirs, gates·hidden, inputs], R [dirs, gates·hidden, hidden]. */
const recurrent: MacRule = (_node, { inputs }) => {
  const x = inputs[0]?.shape ?? null;
  const w = inputs[1]?.shape ?? null;
  const r = inputs[2]?.shape ?? null;
  const width = dim(w, 2);
  const hidden = dim(r, 2);
  return product(dim(x, 0), dim(x, 1), dim(w, 0), dim(w, 1), width === null || hidden === null ? null : width + hidden);
};

const matMulNBits: MacRule = (node, { output }) => product(shapeElements(output?.shape ?? null), intAttribute(node, 'K', NaN));

/** Projection to q, k, v: batch · steps · inputs · (dq + dk + dv), then scores and their product with v over the past too. */
const fusedAttention: MacRule = (_node, { inputs, output }) => {
  const x = inputs[0]?.shape ?? null;
  const w = inputs[1]?.shape ?? null;
  const past = dim(inputs[4]?.shape ?? null, 3) ?? 0;
  const batch = dim(x, 0);
  const steps = dim(x, 1);
  const width = dim(output?.shape ?? null, 2);
  const columns = dim(w, 1);
  const projection = product(batch, steps, dim(x, 2), columns);
  if (projection === null || width === null || columns === null || steps === null || batch === null) return null;
  // q and k have the same width; v has that of the output.
  const queryWidth = (columns - width) / 2;
  return projection + batch * steps * (steps + past) * (queryWidth + width);
};

const rules: Readonly<Record<string, MacRule>> = {
  Conv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: transposedConvolution,
  MatMul: matrixProduct,
  MatMulInteger: matrixProduct,
  QLinearMatMul: matrixProduct,
  Gemm: gemm,
  RNN: recurrent,
  GRU: recurrent,
  LSTM: recurrent,
  'com.microsoft:FusedConv': convolution(1),
  'com.microsoft:FusedGemm': gemm,
  'com.microsoft:FusedMatMul': matrixProduct,
  'com.microsoft:GemmFastGelu': matrixProduct,
  'com.microsoft:QGemm': gemm,
  'com.microsoft:MatMulIntegerToFloat': matrixProduct,
  'com.microsoft:DynamicQuantizeMatMul': matrixProduct,
  'com.microsoft:MatMulNBits': matMulNBits,
  'com.microsoft:Attention': fusedAttention,
};
