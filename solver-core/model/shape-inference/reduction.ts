import { intAttribute } from '../graph.ts';
import type { Dim } from '../tensor.ts';
import { integerInput, normalAxis, tensorFacts, type InferContext, type InferRule, type RuleTable, type ValueFacts } from './facts.ts';
import { axesOf } from './reshaping.ts';

type Fold = (values: readonly number[]) => number;

function reduce(fold?: Fold): InferRule {
  return (context) => {
    const x = context.input(0);
    const dtype = x?.dtype ?? 'unknown';
    const shape = x?.shape ?? null;
    const axes = axesOf(context);
    const keep = intAttribute(context.node, 'keepdims', 1) !== 0;
    if (shape === null) return [tensorFacts(dtype, null)];
    if (axes === null) return [tensorFacts(dtype, keep ? shape.map(() => null) : null)];
    if ((axes === undefined || axes.length === 0) && intAttribute(context.node, 'noop_with_empty_axes', 0) !== 0)
      return [tensorFacts(dtype, shape, x?.values ?? null)];
    const all = axes === undefined || axes.length === 0;
    const gone = new Set(all ? shape.map((_, i) => i) : axes.map((a) => normalAxis(a, shape.length)));
    const out = keep ? shape.map((d, i): Dim => (gone.has(i) ? 1 : d)) : shape.filter((_, i) => !gone.has(i));
    const values = x?.values ?? null;
    const folds = fold !== undefined && values !== null && gone.size === shape.length;
    return [tensorFacts(dtype, out, folds ? [fold(values)] : null)];
  };
}

function argOf(context: InferContext): readonly ValueFacts[] {
  const shape = context.input(0)?.shape ?? null;
  if (shape === null) return [tensorFacts('int64', null)];
  const axis = normalAxis(intAttribute(context.node, 'axis', 0), shape.length);
  const keep = intAttribute(context.node, 'keepdims', 1) !== 0;
  return [tensorFacts('int64', keep ? shape.with(axis, 1) : shape.toSpliced(axis, 1))];
}

function topK(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const k = context.input(1) === undefined ? intAttribute(context.node, 'k', 1) : (integerInput(context, 1)?.[0] ?? null);
  const out = shape === null ? null : shape.with(normalAxis(intAttribute(context.node, 'axis', -1), shape.length), k);
  return [tensorFacts(x?.dtype ?? 'unknown', out), tensorFacts('int64', out)];
}

const sum: Fold = (values) => values.reduce((a, b) => a + b, 0);

/** Reductions along axes. */
export const reductionRules: RuleTable = {
  ...Object.fromEntries(
    ['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMean', 'ReduceSumSquare'].map((op) => [op, reduce()] as const),
  ),
  ReduceSum: reduce(sum),
  ReduceProd: reduce((values) => values.reduce((a, b) => a * b, 1)),
  ReduceMax: reduce((values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
  ReduceMin: reduce((values) => values.reduce((a, b) => Math.min(a, b), Infinity)),
  ArgMax: argOf,
  ArgMin: argOf,
  TopK: topK,
};
