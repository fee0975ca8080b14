import { floatAttribute } from '../../model/graph.ts';
import { broadcast } from './broadcast.ts';
import { given, type Emission, type Emitter } from './emission.ts';
import { unsupported } from './errors.ts';
import * as code from './opcodes.ts';
import { elementsOf, type Value, type ValueKind } from './values.ts';

/** y = f(x), element by element. */
export function applyUnary({ builder }: Emission, fn: number, x: Value, kind: ValueKind = x.kind): Value {
  const y = builder.output(x.dims, kind);
  builder.emit(code.opUnary, fn, y.address, x.address, elementsOf(x.dims));
  return y;
}

/** y = f(a, b) with broadcasting. */
export function applyBinary({ builder }: Emission, fn: number, a: Value, b: Value, kind: ValueKind = a.kind): Value {
  const { dims, rows, n, table, strides } = broadcast(builder, [a, b]);
  const y = builder.output(dims, kind);
  if (elementsOf(dims) > 0)
    builder.emit(code.opBinary, fn, y.address, table, rows, n, a.address, strides[0] ?? 0, b.address, strides[1] ?? 0);
  return y;
}

const unary =
  (fn: number, kind?: ValueKind): Emitter =>
  (e) => [applyUnary(e, fn, given(e, 0), kind ?? given(e, 0).kind)];

const comparison =
  (fn: number, swapped = false): Emitter =>
  (e) => [swapped ? applyBinary(e, fn, given(e, 1), given(e, 0), 'bool') : applyBinary(e, fn, given(e, 0), given(e, 1), 'bool')];

const arithmetic =
  (fn: number): Emitter =>
  (e) => [applyBinary(e, fn, given(e, 0), given(e, 1))];

/** Any number of operands, from the left. */
const chain =
  (fn: number): Emitter =>
  (e) => [e.inputs.slice(1).reduce((left: Value, _, i) => applyBinary(e, fn, left, given(e, i + 1)), given(e, 0))];

/** Whole numbers are divided towards zero. */
const divide: Emitter = (e) => {
  const quotient = applyBinary(e, code.fnDiv, given(e, 0), given(e, 1));
  return [quotient.kind === 'int' ? applyUnary(e, code.fnTruncate, quotient) : quotient];
};

const power: Emitter = (e) => {
  const [x, exponent] = [given(e, 0), given(e, 1)];
  const fixed = exponent.constant && elementsOf(exponent.dims) === 1 && exponent.dims.length <= x.dims.length;
  const value = fixed ? e.builder.numbers(exponent, 'exponents')[0] : undefined;
  if (value === 1) return [e.builder.view(x, x.dims)];
  if (value === 2) return [applyBinary(e, code.fnMul, x, x)];
  if (value === 3) return [applyBinary(e, code.fnMul, applyBinary(e, code.fnMul, x, x), x)];
  if (value === 0.5) return [applyUnary(e, code.fnSqrt, x)];
  return [applyBinary(e, code.fnPow, x, exponent)];
};

/** Limits are attributes up to operator set 10, inputs later. */
const clip: Emitter = (e) => {
  const limit = (index: number, name: string): Value | undefined => {
    if (e.inputs[index] !== undefined) return e.inputs[index];
    const attribute = floatAttribute(e.node, name, NaN);
    return Number.isNaN(attribute) ? undefined : e.builder.constant([], 'float', [attribute]);
  };
  let value = given(e, 0);
  const [low, high] = [limit(1, 'min'), limit(2, 'max')];
  if (low !== undefined) value = applyBinary(e, code.fnMax, value, low);
  if (high !== undefined) value = applyBinary(e, code.fnMin, value, high);
  return [e.builder.view(value, value.dims)];
};

const where: Emitter = (e) => {
  const operands = [given(e, 0), given(e, 1), given(e, 2)];
  const { dims, rows, n, table, strides } = broadcast(e.builder, operands);
  const y = e.builder.output(dims, operands[1]?.kind ?? 'float');
  const pairs = operands.flatMap((value, i) => [value.address, strides[i] ?? 0]);
  if (elementsOf(dims) > 0) e.builder.emit(code.opWhere, 0, y.address, table, rows, n, ...pairs);
  return [y];
};

/** a·b + c·d in one pass where every operand has rows of its own. */
const mulMulAdd: Emitter = (e) => {
  const operands = [given(e, 0), given(e, 1), given(e, 2), given(e, 3)] as const;
  const [a, b, c, d] = operands;
  const all = broadcast(e.builder, operands);
  if (all.strides.every((stride) => stride !== 0)) {
    const y = e.builder.output(all.dims, a.kind);
    if (elementsOf(all.dims) > 0)
      e.builder.emit(code.opMulMulAdd, 0, y.address, all.table, all.rows, all.n, ...operands.map((value) => value.address));
    return [y];
  }
  return [applyBinary(e, code.fnAdd, applyBinary(e, code.fnMul, a, b), applyBinary(e, code.fnMul, c, d))];
};

/** Between whole numbers, truth and floats; float16 would round, so it is not taken for float32. */
const cast: Emitter = (e) => {
  const x = given(e, 0);
  const to = e.node.attributes.get('to');
  const type = to?.kind === 'int' ? to.value : 0;
  if (type === 1 || type === 11) return [e.builder.view(x, x.dims, 0, 'float')];
  if (type === 9) return [x.kind === 'bool' ? e.builder.view(x, x.dims) : applyUnary(e, code.fnNonZero, x, 'bool')];
  if (type === 6 || type === 7)
    return [x.kind === 'float' ? applyUnary(e, code.fnTruncate, x, 'int') : e.builder.view(x, x.dims, 0, 'int')];
  throw unsupported(e.node, `a cast to element type ${type}`);
};

/** Emitters by operator. */
export const elementwise: Readonly<Record<string, Emitter>> = {
  Neg: unary(code.fnNeg),
  Abs: unary(code.fnAbs),
  Sqrt: unary(code.fnSqrt),
  Exp: unary(code.fnExp),
  Log: unary(code.fnLog),
  Sigmoid: unary(code.fnSigmoid),
  Tanh: unary(code.fnTanh),
  Relu: unary(code.fnRelu),
  Erf: unary(code.fnErf),
  Reciprocal: unary(code.fnReciprocal),
  Floor: unary(code.fnFloor),
  Ceil: unary(code.fnCeil),
  Not: unary(code.fnNot, 'bool'),
  Add: arithmetic(code.fnAdd),
  Sub: arithmetic(code.fnSub),
  Mul: arithmetic(code.fnMul),
  Div: divide,
  Pow: power,
  Max: chain(code.fnMax),
  Min: chain(code.fnMin),
  Sum: chain(code.fnAdd),
  Greater: comparison(code.fnGreater),
  GreaterOrEqual: comparison(code.fnGreaterOrEqual),
  Less: comparison(code.fnGreater, true),
  LessOrEqual: comparison(code.fnGreaterOrEqual, true),
  Equal: comparison(code.fnEqual),
  And: comparison(code.fnAnd),
  Or: comparison(code.fnOr),
  Clip: clip,
  Where: where,
  MulMulAdd: mulMulAdd,
  Cast: cast,
};
