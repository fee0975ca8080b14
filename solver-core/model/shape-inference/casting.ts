import { intAttribute, stringAttribute } from '../graph.ts';
import type { Dtype } from '../tensor.ts';
import { broadcast, multiply, tensorFacts, type InferContext, type InferRule, type RuleTable, type ValueFacts } from './facts.ts';
import { isIntegerType, sourceIndex } from './elementwise.ts';
import { isNumeric } from './folding.ts';
import { dtypeFromOnnx } from './onnx-types.ts';

function castTo(x: ValueFacts | undefined, dtype: Dtype): readonly ValueFacts[] {
  const values = x?.values?.map((v) => (dtype === 'bool' ? Number(v !== 0) : isIntegerType(dtype) ? Math.trunc(v) : v)) ?? null;
  return [tensorFacts(dtype, x?.shape ?? null, values)];
}

function cast(context: InferContext): readonly ValueFacts[] {
  // Operator set 1 named the type in words.
  const word = stringAttribute(context.node, 'to', '').toLowerCase();
  const to = intAttribute(context.node, 'to', 0);
  return castTo(context.input(0), to !== 0 ? dtypeFromOnnx(to) : word === 'float' ? 'float32' : word === 'int64' ? 'int64' : 'unknown');
}

function where(context: InferContext): readonly ValueFacts[] {
  const [condition, a, b] = [0, 1, 2].map((i) => context.input(i));
  const shape = broadcast([condition?.shape ?? null, a?.shape ?? null, b?.shape ?? null]);
  const dtype = a?.dtype ?? 'unknown';
  const operands = [condition, a, b];
  if (shape === null || !isNumeric(shape) || (multiply(shape) ?? Infinity) > 4096 || operands.some((f) => (f?.values ?? null) === null))
    return [tensorFacts(dtype, shape)];
  const at = (f: ValueFacts | undefined, i: number): number => f?.values?.[sourceIndex(i, shape, (f.shape ?? []).map(Number))] ?? NaN;
  const values = Array.from({ length: multiply(shape) ?? 0 }, (_, i) => (at(condition, i) !== 0 ? at(a, i) : at(b, i)));
  return [tensorFacts(dtype, shape, values)];
}

const toBool =
  (fold?: (x: number) => number): InferRule =>
  (context) => {
    const x = context.input(0);
    return [tensorFacts('bool', x?.shape ?? null, fold === undefined ? null : (x?.values?.map(fold) ?? null))];
  };

/** Conversions and choices. */
export const castingRules: RuleTable = {
  Cast: cast,
  CastLike: (context) => castTo(context.input(0), context.input(1)?.dtype ?? 'unknown'),
  BitCast: (context) => [tensorFacts(dtypeFromOnnx(intAttribute(context.node, 'to', 0)), context.input(0)?.shape ?? null)],
  Where: where,
  Not: toBool((x) => Number(x === 0)),
  IsNaN: toBool(),
  IsInf: toBool(),
};
