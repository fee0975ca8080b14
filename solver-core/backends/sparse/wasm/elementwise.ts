// Element-wise steps. Buffers have room for 16 bytes behind their end, so whole vectors are read and written; rows are written in order, so
// that what runs over the end of one is written over by the next.
import {
  fnAbs,
  fnAdd,
  fnAnd,
  fnCeil,
  fnDiv,
  fnEqual,
  fnErf,
  fnExp,
  fnFloor,
  fnGreater,
  fnGreaterOrEqual,
  fnLog,
  fnMax,
  fnMin,
  fnMul,
  fnNeg,
  fnNonZero,
  fnNot,
  fnOr,
  fnPow,
  fnReciprocal,
  fnRelu,
  fnSigmoid,
  fnSqrt,
  fnSub,
  fnTanh,
  fnTruncate,
} from '../opcodes';
import { erf4, exp4, log4, pow4, sigmoid4, tanh4 } from './exp';

// @ts-ignore: a decorator of AssemblyScript
@inline
function truth(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function apply1(fn: i32, x: v128): v128 {
  const zero = f32x4.splat(0);
  if (fn == fnNeg) return f32x4.neg(x);
  if (fn == fnAbs) return f32x4.abs(x);
  if (fn == fnSqrt) return f32x4.sqrt(x);
  if (fn == fnExp) return exp4(x);
  if (fn == fnSigmoid) return sigmoid4(x);
  if (fn == fnTanh) return tanh4(x);
  // The maximum of WebAssembly is several times slower; NaN stays NaN.
  if (fn == fnRelu) return v128.andnot(x, f32x4.lt(x, zero));
  if (fn == fnErf) return erf4(x);
  if (fn == fnReciprocal) return f32x4.div(f32x4.splat(1), x);
  if (fn == fnFloor) return f32x4.floor(x);
  if (fn == fnCeil) return f32x4.ceil(x);
  if (fn == fnNot) return truth(f32x4.eq(x, zero));
  if (fn == fnTruncate) return f32x4.trunc(x);
  if (fn == fnNonZero) return truth(f32x4.ne(x, zero));
  return log4(x);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function loop1(fn: i32, y: usize, x: usize, bytes: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, apply1(fn, v128.load(x + j)));
}

/** Step: function, y, x, n. */
export function unary(step: usize): void {
  const y = <usize>load<u32>(step, 8),
    x = <usize>load<u32>(step, 12),
    bytes = (<usize>load<u32>(step, 16)) << 2;
  switch (load<i32>(step, 4)) {
    case fnNeg:
      return loop1(fnNeg, y, x, bytes);
    case fnAbs:
      return loop1(fnAbs, y, x, bytes);
    case fnSqrt:
      return loop1(fnSqrt, y, x, bytes);
    case fnExp:
      return loop1(fnExp, y, x, bytes);
    case fnSigmoid:
      return loop1(fnSigmoid, y, x, bytes);
    case fnTanh:
      return loop1(fnTanh, y, x, bytes);
    case fnRelu:
      return loop1(fnRelu, y, x, bytes);
    case fnErf:
      return loop1(fnErf, y, x, bytes);
    case fnReciprocal:
      return loop1(fnReciprocal, y, x, bytes);
    case fnFloor:
      return loop1(fnFloor, y, x, bytes);
    case fnCeil:
      return loop1(fnCeil, y, x, bytes);
    case fnNot:
      return loop1(fnNot, y, x, bytes);
    case fnTruncate:
      return loop1(fnTruncate, y, x, bytes);
    case fnNonZero:
      return loop1(fnNonZero, y, x, bytes);
    case fnLog:
      return loop1(fnLog, y, x, bytes);
    default:
      return;
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function apply2(fn: i32, a: v128, b: v128): v128 {
  const zero = f32x4.splat(0);
  if (fn == fnAdd) return f32x4.add(a, b);
  if (fn == fnSub) return f32x4.sub(a, b);
  if (fn == fnMul) return f32x4.mul(a, b);
  if (fn == fnDiv) return f32x4.div(a, b);
  if (fn == fnMax) return f32x4.max(a, b);
  if (fn == fnMin) return f32x4.min(a, b);
  if (fn == fnGreater) return truth(f32x4.gt(a, b));
  if (fn == fnGreaterOrEqual) return truth(f32x4.ge(a, b));
  if (fn == fnEqual) return truth(f32x4.eq(a, b));
  if (fn == fnAnd) return truth(v128.and(f32x4.ne(a, zero), f32x4.ne(b, zero)));
  if (fn == fnOr) return truth(v128.or(f32x4.ne(a, zero), f32x4.ne(b, zero)));
  return pow4(a, b);
}

/** Strides are 16 (a row of values) or 0 (one value for all). */
// @ts-ignore: a decorator of AssemblyScript
@inline
function loop2(fn: i32, y: usize, a: usize, sa: usize, b: usize, sb: usize, bytes: usize): void {
  if (sa != 0 && sb != 0) {
    for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, apply2(fn, v128.load(a + j), v128.load(b + j)));
  } else if (sa != 0) {
    const v = v128.load_splat<f32>(b);
    for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, apply2(fn, v128.load(a + j), v));
  } else {
    const v = v128.load_splat<f32>(a);
    if (sb != 0) for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, apply2(fn, v, v128.load(b + j)));
    else for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, apply2(fn, v, v128.load_splat<f32>(b)));
  }
}

function row2(fn: i32, y: usize, a: usize, sa: usize, b: usize, sb: usize, bytes: usize): void {
  switch (fn) {
    case fnAdd:
      return loop2(fnAdd, y, a, sa, b, sb, bytes);
    case fnSub:
      return loop2(fnSub, y, a, sa, b, sb, bytes);
    case fnMul:
      return loop2(fnMul, y, a, sa, b, sb, bytes);
    case fnDiv:
      return loop2(fnDiv, y, a, sa, b, sb, bytes);
    case fnMax:
      return loop2(fnMax, y, a, sa, b, sb, bytes);
    case fnMin:
      return loop2(fnMin, y, a, sa, b, sb, bytes);
    case fnGreater:
      return loop2(fnGreater, y, a, sa, b, sb, bytes);
    case fnGreaterOrEqual:
      return loop2(fnGreaterOrEqual, y, a, sa, b, sb, bytes);
    case fnEqual:
      return loop2(fnEqual, y, a, sa, b, sb, bytes);
    case fnAnd:
      return loop2(fnAnd, y, a, sa, b, sb, bytes);
    case fnOr:
      return loop2(fnOr, y, a, sa, b, sb, bytes);
    case fnPow:
      return loop2(fnPow, y, a, sa, b, sb, bytes);
    default:
      return;
  }
}

/** Step: function, y, table (0: one row), rows, n, a, stride a, b, stride b. The table holds byte offsets of a and b per row. */
export function binary(step: usize): void {
  const fn = load<i32>(step, 4);
  let y = <usize>load<u32>(step, 8),
    table = <usize>load<u32>(step, 12);
  const rows = load<i32>(step, 16),
    bytes = (<usize>load<u32>(step, 20)) << 2,
    a = <usize>load<u32>(step, 24),
    sa = <usize>load<u32>(step, 28),
    b = <usize>load<u32>(step, 32),
    sb = <usize>load<u32>(step, 36);
  if (table == 0) return row2(fn, y, a, sa, b, sb, bytes);
  for (let r = 0; r < rows; r++) {
    row2(fn, y, a + <usize>load<u32>(table), sa, b + <usize>load<u32>(table, 4), sb, bytes);
    y += bytes;
    table += 8;
  }
}

/** Step: -, y, table, rows, n, condition, stride, a, stride, b, stride. */
export function where(step: usize): void {
  let y = <usize>load<u32>(step, 8),
    table = <usize>load<u32>(step, 12);
  const rows = load<i32>(step, 16),
    bytes = (<usize>load<u32>(step, 20)) << 2,
    sc = <usize>load<u32>(step, 28),
    sa = <usize>load<u32>(step, 36),
    sb = <usize>load<u32>(step, 44);
  for (let r = 0; r < rows; r++) {
    let c = <usize>load<u32>(step, 24),
      a = <usize>load<u32>(step, 32),
      b = <usize>load<u32>(step, 40);
    if (table != 0) {
      c += <usize>load<u32>(table);
      a += <usize>load<u32>(table, 4);
      b += <usize>load<u32>(table, 8);
      table += 12;
    }
    for (let j: usize = 0; j < bytes; j += 16) {
      const mask = f32x4.ne(sc != 0 ? v128.load(c + j) : v128.load_splat<f32>(c), f32x4.splat(0));
      const va = sa != 0 ? v128.load(a + j) : v128.load_splat<f32>(a);
      const vb = sb != 0 ? v128.load(b + j) : v128.load_splat<f32>(b);
      v128.store(y + j, v128.bitselect(va, vb, mask));
    }
    y += bytes;
  }
}

/** Step: -, y, table, rows, n, a, b, c, d, all rows of values. y <- a · b + c · d, rounded as three operations. */
export function mulMulAdd(step: usize): void {
  let y = <usize>load<u32>(step, 8),
    table = <usize>load<u32>(step, 12);
  const rows = load<i32>(step, 16),
    bytes = (<usize>load<u32>(step, 20)) << 2;
  for (let r = 0; r < rows; r++) {
    let a = <usize>load<u32>(step, 24),
      b = <usize>load<u32>(step, 28),
      c = <usize>load<u32>(step, 32),
      d = <usize>load<u32>(step, 36);
    if (table != 0) {
      a += <usize>load<u32>(table);
      b += <usize>load<u32>(table, 4);
      c += <usize>load<u32>(table, 8);
      d += <usize>load<u32>(table, 12);
      table += 16;
    }
    for (let j: usize = 0; j < bytes; j += 16) {
      const left = f32x4.mul(v128.load(a + j), v128.load(b + j));
      v128.store(y + j, f32x4.add(left, f32x4.mul(v128.load(c + j), v128.load(d + j))));
    }
    y += bytes;
  }
}
