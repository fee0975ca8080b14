import type { GraphNode } from './graph.ts';

const states =
  'its output is not linear in its weights, because they act through the states of earlier steps; the layers behind it, such as its readout, can be solved';
const gates =
  'its output is not linear in its weights, because they act through gates and the states of earlier steps; the layers behind it, such as its readout, can be solved';
const integers =
  'its weights are stored as integers with scales, and a solution has fractions; solve the floating-point model first and quantise the result';
const fused = (inside: string): string =>
  `it computes ${inside} in one operator, so its own linear result cannot be reached; export the model without fusing operators`;

/** Why an operator's weights do not come from one ridge problem, and what to do instead. */
const reasons: Readonly<Record<string, string>> = {
  RNN: states,
  GRU: gates,
  LSTM: gates,
  ConvTranspose: 'transposed convolutions are not solved by this version; the layers behind it can be',
  ConvInteger: integers,
  QLinearConv: integers,
  MatMulInteger: integers,
  QLinearMatMul: integers,
  'com.microsoft:QGemm': integers,
  'com.microsoft:MatMulIntegerToFloat': integers,
  'com.microsoft:DynamicQuantizeMatMul': integers,
  'com.microsoft:MatMulNBits': integers,
  'com.microsoft:FusedConv': fused('convolution and activation'),
  'com.microsoft:FusedGemm': fused('product and activation'),
  'com.microsoft:FusedMatMul': fused('transposition and product'),
  'com.microsoft:GemmFastGelu': fused('product and activation'),
  'com.microsoft:Attention':
    'its output is not linear in its weights, because queries, keys and values meet in a softmax; export the model with its projections as MatMul nodes, which can be solved each for itself',
};

/** Why a node that bears weights is not solved in one step, as the end of "cannot be solved: …". */
export function whyNotLinear(node: GraphNode): string {
  const key = node.domain === '' ? node.op : `${node.domain}:${node.op}`;
  return (
    (Object.hasOwn(reasons, key) ? reasons[key] : undefined) ?? `${node.op} is not linear in its weights, as Gemm, MatMul and Conv are`
  );
}
