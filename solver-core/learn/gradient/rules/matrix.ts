import { floatAttribute, intAttribute } from '../../../model/graph.ts';
import { broadcastShape, elementsOf, reducedTo, reshaped, transposed, type GraphBuilder, type Value } from '../builder.ts';
import { forWanted, refuse, type Rule, type RuleTable } from './rule.ts';

/** Last dimension of a matrix or of a stack of them, counted from the end. */
const last = (v: Value, fromEnd = 1): number => v.shape.at(-fromEnd) ?? 1;

/** factor · op(A)·op(B) of two matrices. */
function gemm(b: GraphBuilder, x: Value, y: Value, transA: boolean, transB: boolean, factor: number): Value {
  const shape = [last(x, transA ? 1 : 2), last(y, transB ? 2 : 1)];
  return b.op('Gemm', [x, y], shape, { transA: Number(transA), transB: Number(transB), alpha: { float: factor } });
}

/** Y = alpha·op(A)·op(B) + beta·C. dA = alpha·G·op(B)ᵀ and dB = alpha·op(A)ᵀ·G, transposed back when the operand was; dC = beta·ΣG. */
const gemmRule: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const w = context.operand(1);
  const c = context.input(2);
  if (x.shape.length !== 2 || w.shape.length !== 2) return refuse('its operands are not matrices');
  const transA = intAttribute(node, 'transA', 0) !== 0;
  const transB = intAttribute(node, 'transB', 0) !== 0;
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  const [m, k, n] = [last(x, transA ? 1 : 2), last(x, transA ? 2 : 1), last(w, transB ? 2 : 1)];
  if (k !== last(w, transB ? 1 : 2)) return refuse(`its operands [${x.shape.join()}] and [${w.shape.join()}] do not fit each other`);
  const attributes = { transA: Number(transA), transB: Number(transB), alpha: { float: alpha }, beta: { float: beta } };
  const output = b.op('Gemm', c === undefined ? [x, w] : [x, w, c], [m, n], attributes);
  return {
    output,
    backward: (g) =>
      forWanted(context, [
        () => (transA ? gemm(b, w, g, transB, true, alpha) : gemm(b, g, w, false, !transB, alpha)),
        () => (transB ? gemm(b, g, x, true, transA, alpha) : gemm(b, x, g, !transA, false, alpha)),
        c === undefined ? undefined : () => reducedTo(b, beta === 1 ? g : b.op('Mul', [g, b.scalar(beta)], g.shape), c.shape),
      ]),
  };
};

/** The last two dimensions swapped. */
function swapped(b: GraphBuilder, v: Value): Value {
  const rank = v.shape.length;
  return transposed(
    b,
    v,
    v.shape.map((_, axis) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis)),
  );
}

/** Product of stacks of matrices; the stacks broadcast. */
function stackedProduct(b: GraphBuilder, x: Value, y: Value): Value {
  const stack = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (stack === undefined || last(x) !== last(y, 2))
    return refuse(`its operands [${x.shape.join()}] and [${y.shape.join()}] do not fit each other`);
  return b.op('MatMul', [x, y], [...stack, last(x, 2), last(y)]);
}

/** Y = A·B, stacks included. dA = G·Bᵀ, dB = Aᵀ·G, summed over the stacks that were broadcast. */
const matMul: Rule = (context) => {
  const { builder: b } = context;
  const x = context.operand(0);
  const w = context.operand(1);
  if (x.shape.length < 2 || w.shape.length < 2) return refuse('an operand is a vector; give it two dimensions');
  // A stack of activations against one matrix is one tall product: the weight's gradient needs no stack of its own.
  const rows = elementsOf(x.shape.slice(0, -1));
  const flat = (v: Value): Value => reshaped(b, v, [rows, last(v)]);
  return {
    output: stackedProduct(b, x, w),
    backward: (g) =>
      forWanted(
        context,
        w.shape.length === 2
          ? [() => reshaped(b, gemm(b, flat(g), w, false, true, 1), x.shape), () => gemm(b, flat(x), flat(g), true, false, 1)]
          : [
              () => reducedTo(b, stackedProduct(b, g, swapped(b, w)), x.shape),
              () => reducedTo(b, stackedProduct(b, swapped(b, x), g), w.shape),
            ],
      ),
  };
};

/** Matrix products. Source: numerics of matrix derivatives as in any text; checked against finite differences and autograd. */
export const matrixRules: RuleTable = { Gemm: gemmRule, MatMul: matMul };
