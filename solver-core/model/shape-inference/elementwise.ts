import type { Dtype } from '../tensor.ts';
import { broadcast, multiply, tensorFacts, type InferContext, type InferRule, type RuleTable, type ValueFacts } from './facts.ts';

/** Same shape and type as the first input. */
export function sameAsInput(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  return [tensorFacts(x?.dtype ?? 'unknown', x?.shape ?? null)];
}

/** Same shape and values: the operator only passes its input on. */
function passOn(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  return [
    { ...tensorFacts(x?.dtype ?? 'unknown', x?.shape ?? null, x?.values ?? null), ...(x?.isSequence === true ? { isSequence: true } : {}) },
  ];
}

function unary(fold: ((x: number, isInteger: boolean) => number) | undefined): InferRule {
  return (context) => {
    const x = context.input(0);
    const dtype = x?.dtype ?? 'unknown';
    const values = fold === undefined || x?.values === null || x === undefined ? null : x.values.map((v) => fold(v, isIntegerType(dtype)));
    return [tensorFacts(dtype, x?.shape ?? null, values)];
  };
}

/** Broadcasts all inputs; the result has the type of the first, or `dtype`. */
function broadcasting(fold: ((a: number, b: number, isInteger: boolean) => number) | undefined, dtype?: Dtype): InferRule {
  return (context) => {
    const inputs = context.node.inputs.map((_, i) => context.input(i)).filter((f) => f !== undefined);
    const shape = broadcast(inputs.map((f) => f.shape));
    const type = inputs[0]?.dtype ?? 'unknown';
    let values: readonly number[] | null = null;
    if (fold !== undefined && shape !== null && inputs.every((f) => f.values !== null)) {
      const isInteger = isIntegerType(type);
      const operands = inputs.map((f): Operand => ({ shape: numericShape(f.shape), values: f.values ?? [] }));
      values = foldAll(operands, (x, y) => fold(x, y, isInteger));
    }
    return [tensorFacts(dtype ?? type, shape, values)];
  };
}

interface Operand {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

function numericShape(shape: readonly unknown[] | null): readonly number[] {
  return (shape ?? []).map((d) => (typeof d === 'number' ? d : 1));
}

/** Most elements that folding computes for one node. */
const maxFoldedResult = 4096;

function foldAll(operands: readonly Operand[], f: (x: number, y: number) => number): readonly number[] | null {
  let result = operands[0];
  for (const next of operands.slice(1)) result = result === undefined ? undefined : foldPair(result, next, f);
  return result?.values ?? null;
}

function foldPair(a: Operand, b: Operand, f: (x: number, y: number) => number): Operand | undefined {
  const shape = numericShape(broadcast([a.shape, b.shape]));
  const n = multiply(shape) ?? 0;
  if (n > maxFoldedResult) return undefined;
  const values = new Array<number>(n);
  for (let i = 0; i < n; i++)
    values[i] = f(a.values[sourceIndex(i, shape, a.shape)] ?? NaN, b.values[sourceIndex(i, shape, b.shape)] ?? NaN);
  return { shape, values };
}

/** Position in an operand of element `index` of the broadcast result. */
export function sourceIndex(index: number, shape: readonly number[], source: readonly number[]): number {
  let rest = index;
  let position = 0;
  let stride = 1;
  for (let k = 1; k <= shape.length; k++) {
    const size = shape[shape.length - k] ?? 1;
    const at = rest % size;
    rest = Math.floor(rest / size);
    const own = source[source.length - k];
    if (own === undefined) continue;
    if (own !== 1) position += at * stride;
    stride *= own;
  }
  return position;
}

export function isIntegerType(dtype: Dtype): boolean {
  return dtype.startsWith('int') || dtype.startsWith('uint');
}

/** ONNX integer division truncates toward zero. */
const divide = (a: number, b: number, isInteger: boolean): number => (isInteger ? Math.trunc(a / b) : a / b);

/** Same-shape and broadcasting operators of the ONNX operator set. */
export const elementwiseRules: RuleTable = {
  ...Object.fromEntries(
    [
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
      'Erf',
      'Exp',
      'Log',
      'Reciprocal',
      'Sin',
      'Cos',
      'Tan',
      'Asin',
      'Acos',
      'Atan',
      'Sinh',
      'Cosh',
      'Asinh',
      'Acosh',
      'Atanh',
      'Shrink',
      'Softmax',
      'LogSoftmax',
      'Hardmax',
      'LpNormalization',
      'MeanVarianceNormalization',
      'LRN',
      'InstanceNormalization',
      'GroupNormalization',
      'RMSNormalization',
      'CumSum',
      'CumProd',
      'ReverseSequence',
      'Clip',
      'BitwiseNot',
      'Trilu',
      'RotaryEmbedding',
    ].map((op) => [op, sameAsInput] as const),
  ),
  Identity: passOn,
  Abs: unary(Math.abs),
  Neg: unary((x) => -x),
  Ceil: unary(Math.ceil),
  Floor: unary(Math.floor),
  Sqrt: unary((x, isInteger) => (isInteger ? Math.floor(Math.sqrt(x)) : Math.sqrt(x))),
  Round: unary(undefined),
  Sign: unary(Math.sign),
  Add: broadcasting((a, b) => a + b),
  Sub: broadcasting((a, b) => a - b),
  Mul: broadcasting((a, b) => a * b),
  Div: broadcasting(divide),
  Mod: broadcasting((a, b) => a - b * Math.floor(a / b)),
  Pow: broadcasting((a, b) => a ** b),
  Max: broadcasting((a, b) => Math.max(a, b)),
  Min: broadcasting((a, b) => Math.min(a, b)),
  Sum: broadcasting((a, b) => a + b),
  Mean: broadcasting(undefined),
  BitShift: broadcasting(undefined),
  BitwiseAnd: broadcasting(undefined),
  BitwiseOr: broadcasting(undefined),
  BitwiseXor: broadcasting(undefined),
  And: broadcasting((a, b) => (a !== 0 && b !== 0 ? 1 : 0), 'bool'),
  Or: broadcasting((a, b) => (a !== 0 || b !== 0 ? 1 : 0), 'bool'),
  Xor: broadcasting((a, b) => ((a !== 0) !== (b !== 0) ? 1 : 0), 'bool'),
  Equal: broadcasting((a, b) => (a === b ? 1 : 0), 'bool'),
  Less: broadcasting((a, b) => (a < b ? 1 : 0), 'bool'),
  LessOrEqual: broadcasting((a, b) => (a <= b ? 1 : 0), 'bool'),
  Greater: broadcasting((a, b) => (a > b ? 1 : 0), 'bool'),
  GreaterOrEqual: broadcasting((a, b) => (a >= b ? 1 : 0), 'bool'),
};
