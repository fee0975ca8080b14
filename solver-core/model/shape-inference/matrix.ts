import { intAttribute } from '../graph.ts';
import type { Dim, Shape } from '../tensor.ts';
import { broadcast, expectThat, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';

/** Shape of a matrix product with NumPy's rules for vectors and stacks; null when a rank is not known. */
export function matMulShape(a: Shape, b: Shape): Shape {
  if (a === null || b === null) return null;
  expectThat(a.length > 0 && b.length > 0, 'a matrix product needs operands of rank 1 or more');
  const left: readonly Dim[] = a.length === 1 ? [1, ...a] : a;
  const right: readonly Dim[] = b.length === 1 ? [...b, 1] : b;
  const inner = left[left.length - 1] ?? null;
  const other = right[right.length - 2] ?? null;
  expectThat(typeof inner !== 'number' || typeof other !== 'number' || inner === other, `inner dimensions ${inner} and ${other} differ`);
  const stack = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  if (stack === null) return null;
  const rows = a.length === 1 ? [] : [left[left.length - 2] ?? null];
  const columns = b.length === 1 ? [] : [right[right.length - 1] ?? null];
  return [...stack, ...rows, ...columns];
}

function matMul(context: InferContext): readonly ValueFacts[] {
  const a = context.input(0);
  const b = context.input(1);
  return [tensorFacts(a?.dtype ?? 'unknown', matMulShape(a?.shape ?? null, b?.shape ?? null))];
}

function gemm(context: InferContext): readonly ValueFacts[] {
  const a = context.input(0);
  const b = context.input(1);
  const left = transposedIf(a?.shape ?? null, intAttribute(context.node, 'transA', 0) !== 0);
  const right = transposedIf(b?.shape ?? null, intAttribute(context.node, 'transB', 0) !== 0);
  return [tensorFacts(a?.dtype ?? 'unknown', matMulShape(left, right))];
}

function transposedIf(shape: Shape, transpose: boolean): Shape {
  if (shape === null) return null;
  expectThat(shape.length === 2, `Gemm needs matrices, got rank ${shape.length}`);
  return transpose ? [shape[1] ?? null, shape[0] ?? null] : shape;
}

/** Matrix products of the ONNX operator set. */
export const matrixRules: RuleTable = { MatMul: matMul, Gemm: gemm };
