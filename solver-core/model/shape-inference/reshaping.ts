import { intAttribute, intsAttribute } from '../graph.ts';
import type { Dim, Shape } from '../tensor.ts';
import {
  broadcast,
  expectThat,
  integerInput,
  multiply,
  normalAxis,
  tensorFacts,
  type InferContext,
  type RuleTable,
  type ValueFacts,
} from './facts.ts';
import { isNumeric, pick } from './folding.ts';

/** The input with another shape and the same elements in the same order. */
function reshaped(context: InferContext, shape: Shape): readonly ValueFacts[] {
  const x = context.input(0);
  return [tensorFacts(x?.dtype ?? 'unknown', shape, shape === null ? null : (x?.values ?? null))];
}

function reshape(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0)?.shape ?? null;
  const target = context.input(1) === undefined ? (intsAttribute(context.node, 'shape') ?? null) : integerInput(context, 1);
  if (target === null || target === undefined) {
    const rank = context.input(1)?.shape?.[0];
    return reshaped(context, typeof rank === 'number' && rank <= 64 ? new Array<Dim>(rank).fill(null) : null);
  }
  const keepZero = intAttribute(context.node, 'allowzero', 0) !== 0;
  const dims = target.map((d, i): Dim => (d === 0 && !keepZero ? (x?.[i] ?? null) : d));
  const open = dims.indexOf(-1);
  if (open < 0) {
    const [from, to] = [x === null ? null : multiply(x), multiply(dims)];
    expectThat(from === null || to === null || from === to, `${from} elements cannot take the shape [${dims.join(', ')}]`);
    return reshaped(context, dims);
  }
  expectThat(dims.indexOf(-1, open + 1) < 0, 'the new shape has more than one -1');
  const total = x === null ? null : multiply(x);
  const rest = multiply(dims.filter((_, i) => i !== open));
  if (total === null || rest === null) return reshaped(context, dims.with(open, null));
  expectThat(rest > 0 ? total % rest === 0 : total === 0, `${total} elements cannot be split into groups of ${rest}`);
  return reshaped(context, dims.with(open, rest === 0 ? 0 : total / rest));
}

function flatten(context: InferContext): readonly ValueFacts[] {
  const shape = context.input(0)?.shape ?? null;
  if (shape === null) return reshaped(context, null);
  const axis = intAttribute(context.node, 'axis', 1);
  const split = axis < 0 ? axis + shape.length : axis;
  expectThat(split >= 0 && split <= shape.length, `axis ${axis} is outside a tensor of rank ${shape.length}`);
  return reshaped(context, [multiply(shape.slice(0, split)), multiply(shape.slice(split))]);
}

function transpose(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  if (x === undefined || shape === null) return [tensorFacts(x?.dtype ?? 'unknown', null)];
  const perm = intsAttribute(context.node, 'perm') ?? shape.map((_, i) => shape.length - 1 - i);
  expectThat(
    perm.length === shape.length && new Set(perm).size === perm.length && perm.every((p) => p >= 0 && p < shape.length),
    `perm [${perm.join(', ')}] does not fit rank ${shape.length}`,
  );
  const out = perm.map((p) => shape[p] ?? null);
  let values: readonly number[] | null = null;
  if (x.values !== null && isNumeric(shape) && isNumeric(out)) {
    // Element picked per source axis: the source axis perm[k] moves with output axis k.
    const moved = perm.map((p) => strideOf(shape, p));
    values = Array.from({ length: x.values.length }, (_, i) => x.values?.[sourceOf(i, out, moved)] ?? NaN);
  }
  return [tensorFacts(x.dtype, out, values)];
}

function strideOf(shape: readonly number[], axis: number): number {
  return shape.slice(axis + 1).reduce((a, b) => a * b, 1);
}

function sourceOf(index: number, shape: readonly number[], strides: readonly number[]): number {
  let rest = index;
  let source = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    source += (rest % size) * (strides[axis] ?? 0);
    rest = Math.floor(rest / size);
  }
  return source;
}

/** Axes from the attribute (older operator sets) or the second input; undefined when not given, null when not known. */
export function axesOf(context: InferContext, inputIndex = 1): readonly number[] | null | undefined {
  return intsAttribute(context.node, 'axes') ?? integerInput(context, inputIndex);
}

function squeeze(context: InferContext): readonly ValueFacts[] {
  const shape = context.input(0)?.shape ?? null;
  const axes = axesOf(context);
  if (shape === null || axes === null) return reshaped(context, null);
  if (axes === undefined)
    return reshaped(
      context,
      shape.filter((d) => d !== 1),
    );
  const removed = new Set(axes.map((a) => normalAxis(a, shape.length)));
  for (const axis of removed)
    expectThat(shape[axis] === 1 || typeof shape[axis] !== 'number', `dimension ${axis} has size ${shape[axis]}, not 1`);
  return reshaped(
    context,
    shape.filter((_, i) => !removed.has(i)),
  );
}

function unsqueeze(context: InferContext): readonly ValueFacts[] {
  const shape = context.input(0)?.shape ?? null;
  const axes = axesOf(context);
  if (shape === null || axes === null || axes === undefined) return reshaped(context, null);
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((a) => normalAxis(a, rank)));
  expectThat(added.size === axes.length, 'axes repeat');
  const rest = [...shape];
  return reshaped(
    context,
    Array.from({ length: rank }, (_, i): Dim => (added.has(i) ? 1 : (rest.shift() ?? null))),
  );
}

function expand(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const target = integerInput(context, 1);
  if (x === undefined || target === null || target === undefined) return [tensorFacts(x?.dtype ?? 'unknown', null)];
  const shape = broadcast([x.shape, target]);
  return [tensorFacts(x.dtype, shape, repeated(x, shape))];
}

/** Values of a broadcast copy, when small. */
function repeated(x: ValueFacts, shape: Shape): readonly number[] | null {
  const source = x.shape;
  if (x.values === null || source === null || shape === null || !isNumeric(source) || !isNumeric(shape)) return null;
  if ((multiply(shape) ?? Infinity) > 4096) return null;
  const padded = [...new Array<number>(shape.length - source.length).fill(1), ...source];
  return pick(x.values, padded, shape, (axis, p) => (padded[axis] === 1 ? 0 : p));
}

function tile(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const repeats = integerInput(context, 1);
  if (shape === null || repeats === null || repeats === undefined)
    return [tensorFacts(x?.dtype ?? 'unknown', shape === null ? null : shape.map(() => null))];
  expectThat(repeats.length === shape.length, `${repeats.length} repeats for rank ${shape.length}`);
  return [
    tensorFacts(
      x?.dtype ?? 'unknown',
      shape.map((d, i): Dim => (typeof d === 'number' ? d * (repeats[i] ?? 1) : null)),
    ),
  ];
}

function depthToSpace(context: InferContext): readonly ValueFacts[] {
  return blockMove(context, (b) => [1 / (b * b), b, b]);
}

function spaceToDepth(context: InferContext): readonly ValueFacts[] {
  return blockMove(context, (b) => [b * b, 1 / b, 1 / b]);
}

function blockMove(context: InferContext, factors: (block: number) => readonly number[]): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  if (shape === null) return [tensorFacts(x?.dtype ?? 'unknown', null)];
  expectThat(shape.length === 4, `rank 4 is needed, got ${shape.length}`);
  const by = factors(intAttribute(context.node, 'blocksize', 1));
  return [
    tensorFacts(
      x?.dtype ?? 'unknown',
      shape.map((d, i): Dim => (i === 0 ? d : typeof d === 'number' ? Math.floor(d * (by[i - 1] ?? 1) + 1e-9) : null)),
    ),
  ];
}

/** Operators that arrange the same elements in another shape. */
export const reshapingRules: RuleTable = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
