import { intAttribute } from '../graph.ts';
import { broadcast, tensorFacts, type InferContext, type InferRule, type RuleTable, type ValueFacts } from './facts.ts';
import { matMulShape } from './matrix.ts';
import { dtypeFromOnnx } from './onnx-types.ts';

function quantize(context: InferContext): readonly ValueFacts[] {
  const to = intAttribute(context.node, 'output_dtype', 0);
  const dtype = to !== 0 ? dtypeFromOnnx(to) : (context.input(2)?.dtype ?? 'uint8');
  return [tensorFacts(dtype, context.input(0)?.shape ?? null)];
}

function dequantize(context: InferContext): readonly ValueFacts[] {
  const to = intAttribute(context.node, 'output_dtype', 0);
  const dtype = to !== 0 ? dtypeFromOnnx(to) : (context.input(1)?.dtype ?? 'float32');
  return [tensorFacts(dtype, context.input(0)?.shape ?? null)];
}

/** y uint8, its scale and its zero point. */
function dynamicQuantize(context: InferContext): readonly ValueFacts[] {
  return [tensorFacts('uint8', context.input(0)?.shape ?? null), tensorFacts('float32', []), tensorFacts('uint8', [])];
}

function product(right: number, dtype: (context: InferContext) => ValueFacts['dtype']): InferRule {
  return (context) => [tensorFacts(dtype(context), matMulShape(context.input(0)?.shape ?? null, context.input(right)?.shape ?? null))];
}

/** Two quantised operands, each with scale and zero point. */
function quantizedPair(context: InferContext): readonly ValueFacts[] {
  return [tensorFacts(context.input(0)?.dtype ?? 'unknown', broadcast([context.input(0)?.shape ?? null, context.input(3)?.shape ?? null]))];
}

/** [..., K] times packed weights of K x N. */
function matMulNBits(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  return [tensorFacts(x?.dtype ?? 'unknown', shape === null ? null : shape.with(-1, intAttribute(context.node, 'N', 0)))];
}

const sameQuantized: InferRule = (context) => [tensorFacts(context.input(0)?.dtype ?? 'unknown', context.input(0)?.shape ?? null)];

/** Quantised operators of ONNX and of com.microsoft. */
export const quantizationRules: RuleTable = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
  MatMulInteger: product(1, () => 'int32'),
  QLinearMatMul: product(3, (context) => context.input(7)?.dtype ?? 'unknown'),
  'com.microsoft:QuantizeLinear': quantize,
  'com.microsoft:DequantizeLinear': dequantize,
  'com.microsoft:QLinearAdd': quantizedPair,
  'com.microsoft:QLinearMul': quantizedPair,
  'com.microsoft:QLinearLeakyRelu': sameQuantized,
  'com.microsoft:QLinearSigmoid': sameQuantized,
  'com.microsoft:QLinearSoftmax': sameQuantized,
  'com.microsoft:MatMulIntegerToFloat': product(1, (context) => context.input(2)?.dtype ?? 'float32'),
  'com.microsoft:DynamicQuantizeMatMul': product(1, () => 'float32'),
  'com.microsoft:MatMulNBits': matMulNBits,
};
