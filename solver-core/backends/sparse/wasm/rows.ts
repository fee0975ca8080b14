// Steps over whole rows: normalisation, softmax, reductions. Sums are of four interleaved parts, then of the rest.
import { exp4 } from './exp';
import { fnLargest, fnMean, fnSmallest, fnSum } from '../opcodes';

// @ts-ignore: a decorator of AssemblyScript
@inline
function lanes(s: v128): f32 {
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

function sum(x: usize, bytes: usize): f32 {
  const even = bytes & ~15;
  let s = f32x4.splat(0);
  for (let j: usize = 0; j < even; j += 16) s = f32x4.add(s, v128.load(x + j));
  let total = lanes(s);
  for (let j = even; j < bytes; j += 4) total += load<f32>(x + j);
  return total;
}

function extreme(x: usize, bytes: usize, largest: bool): f32 {
  let best = load<f32>(x);
  for (let j: usize = 4; j < bytes; j += 4) best = largest ? max(best, load<f32>(x + j)) : min(best, load<f32>(x + j));
  return best;
}

function squares(x: usize, bytes: usize, mean: f32): f32 {
  const even = bytes & ~15;
  const m = f32x4.splat(mean);
  let s = f32x4.splat(0);
  for (let j: usize = 0; j < even; j += 16) {
    const d = f32x4.sub(v128.load(x + j), m);
    s = f32x4.add(s, f32x4.mul(d, d));
  }
  let total = lanes(s);
  for (let j = even; j < bytes; j += 4) {
    const d = load<f32>(x + j) - mean;
    total += d * d;
  }
  return total;
}

/** Step: y, x, rows, n, scale, bias (0: none), epsilon. */
export function layerNorm(step: usize): void {
  let y = <usize>load<u32>(step, 4),
    x = <usize>load<u32>(step, 8);
  const rows = load<i32>(step, 12),
    n = load<i32>(step, 16),
    scale = <usize>load<u32>(step, 20),
    bias = <usize>load<u32>(step, 24),
    epsilon = load<f32>(step, 28);
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    const mean = sum(x, bytes) / <f32>n;
    const inverse = f32x4.splat(<f32>1 / sqrt<f32>(squares(x, bytes, mean) / <f32>n + epsilon));
    const m = f32x4.splat(mean);
    for (let j: usize = 0; j < bytes; j += 16) {
      let v = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + j), m), inverse), v128.load(scale + j));
      if (bias != 0) v = f32x4.add(v, v128.load(bias + j));
      v128.store(y + j, v);
    }
    x += bytes;
    y += bytes;
  }
}

/** Step: y, x, rows, n. */
export function softmax(step: usize): void {
  let y = <usize>load<u32>(step, 4),
    x = <usize>load<u32>(step, 8);
  const rows = load<i32>(step, 12),
    bytes = (<usize>load<u32>(step, 16)) << 2;
  if (bytes == 0) return;
  for (let r = 0; r < rows; r++) {
    const top = f32x4.splat(extreme(x, bytes, true));
    for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, exp4(f32x4.sub(v128.load(x + j), top)));
    const inverse = f32x4.splat(<f32>1 / sum(y, bytes));
    for (let j: usize = 0; j < bytes; j += 16) v128.store(y + j, f32x4.mul(v128.load(y + j), inverse));
    x += bytes;
    y += bytes;
  }
}

/** Step: function, y, x, rows, n (at least 1). One number per row. */
export function reduce(step: usize): void {
  const fn = load<i32>(step, 4);
  let y = <usize>load<u32>(step, 8),
    x = <usize>load<u32>(step, 12);
  const rows = load<i32>(step, 16),
    n = load<i32>(step, 20);
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    let v: f32 = 0;
    if (fn == fnSum) v = sum(x, bytes);
    else if (fn == fnMean) v = sum(x, bytes) / <f32>n;
    else if (fn == fnLargest) v = extreme(x, bytes, true);
    else if (fn == fnSmallest) v = extreme(x, bytes, false);
    store<f32>(y, v);
    x += bytes;
    y += 4;
  }
}
