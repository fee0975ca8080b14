import { intAttribute, intsAttribute } from '../../model/graph.ts';
import { broadcastDims, merge, stridesIn } from './broadcast.ts';
import { axisOf, given, type Emission, type Emitter } from './emission.ts';
import { runFailed, unsupported } from './errors.ts';
import * as code from './opcodes.ts';
import { elementsOf, type Value } from './values.ts';

/** Most dimensions of what is moved, once those of size 1 are dropped. */
const maxRank = 16;

/** Copies elements: `from` and `to` are elements to go on by along each of `dims`. */
function copyStrided(
  e: Emission,
  target: number,
  source: number,
  dims: readonly number[],
  from: readonly number[],
  to: readonly number[],
): void {
  if (elementsOf(dims) === 0) return;
  const merged = merge(dims, [from, to]);
  if (merged.dims.length > maxRank) throw unsupported(e.node, `more than ${maxRank} dimensions`);
  const sizes = merged.dims.length === 0 ? [1] : merged.dims;
  const words = sizes.flatMap((size, d) => [size, 4 * (merged.strides[0]?.[d] ?? 1), 4 * (merged.strides[1]?.[d] ?? 1)]);
  e.builder.emit(code.opCopy, target, source, e.builder.table([sizes.length, ...words]));
}

/** Elements to go on by in a tensor without gaps. */
function plainStrides(dims: readonly number[]): number[] {
  return dims.map((_, d) => elementsOf(dims.slice(d + 1)));
}

/** The tensor with its dimensions in another order; a view where memory stays as it is. */
export function transposed(e: Emission, x: Value, order: readonly number[]): Value {
  const dims = order.map((d) => x.dims[d] ?? 1);
  const moved = order.filter((d) => x.dims[d] !== 1);
  if (moved.every((d, i) => i === 0 || d > (moved[i - 1] ?? -1))) return e.builder.view(x, dims);
  const y = e.builder.output(dims, x.kind);
  const strides = plainStrides(x.dims);
  copyStrided(
    e,
    y.address,
    x.address,
    dims,
    order.map((d) => strides[d] ?? 1),
    plainStrides(dims),
  );
  return y;
}

const transpose: Emitter = (e) => {
  const x = given(e, 0);
  const order = intsAttribute(e.node, 'perm') ?? x.dims.map((_, d) => x.dims.length - 1 - d);
  if ([...order].sort((a, b) => a - b).some((d, i) => d !== i) || order.length !== x.dims.length)
    throw unsupported(e.node, 'its order of dimensions');
  return [transposed(e, x, order)];
};

const concat: Emitter = (e) => {
  const parts = e.inputs.filter((value) => value !== undefined);
  const first = given(e, 0);
  const axis = axisOf(e, intAttribute(e.node, 'axis', 0), first.dims.length);
  for (const { dims } of parts)
    if (dims.length !== first.dims.length || dims.some((size, d) => d !== axis && size !== first.dims[d]))
      throw runFailed(`shapes ${parts.map((p) => `[${p.dims.join(', ')}]`).join(', ')} cannot be joined along dimension ${axis}`);
  const dims = first.dims.map((size, d) => (d === axis ? parts.reduce((sum, part) => sum + (part.dims[axis] ?? 0), 0) : size));
  const y = e.builder.output(dims, first.kind);
  const to = plainStrides(dims);
  let offset = 0;
  for (const part of parts) {
    copyStrided(e, y.address + 4 * offset, part.address, part.dims, plainStrides(part.dims), to);
    offset += (part.dims[axis] ?? 0) * (to[axis] ?? 1);
  }
  return [y];
};

/** A part of a tensor from `start`, every `step`-th along each dimension; a view where it has no gaps. */
function part(e: Emission, x: Value, start: readonly number[], dims: readonly number[], step: readonly number[]): Value {
  const strides = plainStrides(x.dims);
  const offset = start.reduce((sum, s, d) => sum + s * (strides[d] ?? 1), 0);
  const cut = dims.findIndex((size) => size !== 1);
  const whole = dims.every((size, d) => size === 1 || d <= cut || size === x.dims[d]) && step.every((s, d) => s === 1 || dims[d] === 1);
  if (whole && elementsOf(dims) > 0) return e.builder.view(x, dims, offset);
  const y = e.builder.output(dims, x.kind);
  const from = strides.map((s, d) => s * (step[d] ?? 1));
  copyStrided(e, y.address, x.address + 4 * offset, dims, from, plainStrides(dims));
  return y;
}

/** Starts and ends are inputs from operator set 10 on, attributes before. */
const slice: Emitter = (e) => {
  const x = given(e, 0);
  const rank = x.dims.length;
  const numbers = (index: number, name: string): readonly number[] | undefined => {
    const value = e.inputs[index];
    return value === undefined ? intsAttribute(e.node, name) : e.builder.wholeNumbers(value, name);
  };
  const starts = numbers(1, 'starts') ?? [];
  const ends = numbers(2, 'ends') ?? [];
  const axes = numbers(3, 'axes') ?? starts.map((_, i) => i);
  const steps = numbers(4, 'steps') ?? starts.map(() => 1);
  const [start, dims, step] = [x.dims.map(() => 0), [...x.dims], x.dims.map(() => 1)];
  axes.forEach((given, i) => {
    const axis = axisOf(e, given, rank);
    const size = x.dims[axis] ?? 0;
    const by = steps[i] ?? 1;
    if (by === 0) throw runFailed('a slice has step 0');
    const clamp = (v: number): number => Math.min(by > 0 ? size : size - 1, Math.max(by > 0 ? 0 : -1, v < 0 ? v + size : v));
    const [from, to] = [clamp(starts[i] ?? 0), clamp(ends[i] ?? 0)];
    start[axis] = from;
    step[axis] = by;
    dims[axis] = Math.max(0, Math.ceil((to - from) / by));
  });
  return [part(e, x, start, dims, step)];
};

const split: Emitter = (e) => {
  const x = given(e, 0);
  const axis = axisOf(e, intAttribute(e.node, 'axis', 0), x.dims.length);
  const size = x.dims[axis] ?? 0;
  const parts = e.node.outputs.length;
  const stored = e.inputs[1] === undefined ? intsAttribute(e.node, 'split') : e.builder.wholeNumbers(e.inputs[1], 'sizes');
  const each = Math.ceil(size / parts);
  const sizes = stored ?? Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  if (sizes.reduce((a, b) => a + b, 0) !== size || sizes.length !== parts || sizes.some((part) => !(part >= 0)))
    throw runFailed(`a dimension of ${size} cannot be split into [${sizes.join(', ')}]`);
  let at = 0;
  return sizes.map((count) => {
    const start = x.dims.map((_, d) => (d === axis ? at : 0));
    at += count;
    return part(
      e,
      x,
      start,
      x.dims.map((s, d) => (d === axis ? count : s)),
      x.dims.map(() => 1),
    );
  });
};

const expand: Emitter = (e) => {
  const x = given(e, 0);
  const dims = broadcastDims([x.dims, e.builder.wholeNumbers(given(e, 1), 'sizes')]);
  if (elementsOf(dims) === elementsOf(x.dims)) return [e.builder.view(x, dims)];
  const y = e.builder.output(dims, x.kind);
  copyStrided(e, y.address, x.address, dims, stridesIn(x.dims, dims), plainStrides(dims));
  return [y];
};

/** A single entry at a constant index is a view; otherwise rows are copied. */
const gather: Emitter = (e) => {
  const [x, indices] = [given(e, 0), given(e, 1)];
  const axis = axisOf(e, intAttribute(e.node, 'axis', 0), x.dims.length);
  const size = x.dims[axis] ?? 0;
  const outer = elementsOf(x.dims.slice(0, axis));
  const inner = elementsOf(x.dims.slice(axis + 1));
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  const n = elementsOf(indices.dims);
  if (indices.constant && n === 1 && outer === 1) {
    const index = e.builder.wholeNumbers(indices, 'indices')[0] ?? 0;
    const at = index < 0 ? index + size : index;
    if (!(at >= 0 && at < size)) throw runFailed(`index ${index} is outside of a dimension of ${size}`);
    return [e.builder.view(x, dims, at * inner)];
  }
  const y = e.builder.output(dims, x.kind);
  if (size === 0 && elementsOf(dims) > 0) throw runFailed('nothing can be picked from an empty dimension');
  if (elementsOf(dims) > 0) e.builder.emit(code.opPick, y.address, x.address, indices.address, outer, size, n, inner * 4);
  return [y];
};

/** Emitters by operator. */
export const movement: Readonly<Record<string, Emitter>> = {
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Expand: expand,
  Gather: gather,
};
