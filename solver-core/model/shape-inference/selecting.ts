import { intAttribute, intsAttribute } from '../graph.ts';
import type { Dim, Shape } from '../tensor.ts';
import { expectThat, integerInput, normalAxis, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';
import { isNumeric, pick } from './folding.ts';

function gather(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const indices = context.input(1);
  const [data, at] = [x?.shape ?? null, indices?.shape ?? null];
  if (x === undefined || data === null || at === null) return [tensorFacts(x?.dtype ?? 'unknown', null)];
  expectThat(data.length >= 1, 'Gather needs data of rank 1 or more');
  const axis = normalAxis(intAttribute(context.node, 'axis', 0), data.length);
  const shape = [...data.slice(0, axis), ...at, ...data.slice(axis + 1)];
  let values: readonly number[] | null = null;
  const positions = indices?.values ?? null;
  if (x.values !== null && positions !== null && isNumeric(data)) {
    const size = data[axis] ?? 1;
    const flat = [...data.slice(0, axis), positions.length, ...data.slice(axis + 1)];
    const n = flat.reduce((a, b) => a * b, 1);
    if (n <= 4096) values = pick(x.values, data, flat, (k, p) => (k === axis ? wrapped(positions[p] ?? 0, size) : p));
  }
  return [tensorFacts(x.dtype, shape, values)];
}

function wrapped(position: number, size: number): number {
  return position < 0 ? position + size : position;
}

function gatherElements(context: InferContext): readonly ValueFacts[] {
  return [tensorFacts(context.input(0)?.dtype ?? 'unknown', context.input(1)?.shape ?? null)];
}

function gatherNd(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const [data, indices] = [x?.shape ?? null, context.input(1)?.shape ?? null];
  const depth = indices?.at(-1);
  if (data === null || indices === null || typeof depth !== 'number') return [tensorFacts(x?.dtype ?? 'unknown', null)];
  const batch = intAttribute(context.node, 'batch_dims', 0);
  expectThat(batch + depth <= data.length, `indices of depth ${depth} do not fit rank ${data.length}`);
  return [tensorFacts(x?.dtype ?? 'unknown', [...indices.slice(0, -1), ...data.slice(batch + depth)])];
}

/** Same shape as the data that is written into. */
function scatter(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  return [tensorFacts(x?.dtype ?? 'unknown', x?.shape ?? null)];
}

interface SliceSpec {
  readonly axes: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
}

/** Attributes before operator set 10, inputs since. null when a list is not known. */
function sliceSpec(context: InferContext, rank: number): SliceSpec | null {
  const starts = intsAttribute(context.node, 'starts') ?? integerInput(context, 1) ?? null;
  const ends = intsAttribute(context.node, 'ends') ?? integerInput(context, 2) ?? null;
  const given = intsAttribute(context.node, 'axes') ?? integerInput(context, 3);
  const steps = integerInput(context, 4);
  if (starts === null || ends === null || given === null || steps === null) return null;
  const axes = (given ?? starts.map((_, i) => i)).map((a) => normalAxis(a, rank));
  return { axes, starts, ends, steps: steps ?? starts.map(() => 1) };
}

function slice(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  if (x === undefined || shape === null) return [tensorFacts(x?.dtype ?? 'unknown', null)];
  const spec = sliceSpec(context, shape.length);
  if (spec === null) return [tensorFacts(x.dtype, unknownAlong(shape, context))];
  const out: Dim[] = [...shape];
  const first = shape.map(() => 0);
  const step = shape.map(() => 1);
  spec.axes.forEach((axis, i) => {
    const size = shape[axis];
    if (typeof size !== 'number') return;
    const by = spec.steps[i] ?? 1;
    expectThat(by !== 0, 'a step is 0');
    const { start, length } = sliceAlong(size, spec.starts[i] ?? 0, spec.ends[i] ?? size, by);
    out[axis] = length;
    first[axis] = start;
    step[axis] = by;
  });
  let values: readonly number[] | null = null;
  if (x.values !== null && isNumeric(shape) && isNumeric(out))
    values = pick(x.values, shape, out, (axis, p) => (first[axis] ?? 0) + p * (step[axis] ?? 1));
  return [tensorFacts(x.dtype, out, values)];
}

/** ONNX clamps start and end to the tensor, by the direction of the step. */
function sliceAlong(size: number, from: number, to: number, step: number): { start: number; length: number } {
  const low = step > 0 ? 0 : -1;
  const start = clamp(from < 0 ? from + size : from, 0, step > 0 ? size : size - 1);
  // Exporters write the largest integer for "to the end"; runtimes take it so for negative steps, too.
  if (step < 0 && (to === 2 ** 31 - 1 || to >= 2 ** 63 - 1024)) return { start, length: size === 0 ? 0 : Math.ceil((start + 1) / -step) };
  const end = clamp(to < 0 ? to + size : to, low, step > 0 ? size : size - 1);
  return { start, length: Math.max(0, Math.ceil((end - start) / step)) };
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

function unknownAlong(shape: readonly Dim[], context: InferContext): Shape {
  const axes = intsAttribute(context.node, 'axes') ?? integerInput(context, 3) ?? null;
  if (axes === null) return shape.map(() => null);
  const touched = new Set(axes.map((a) => normalAxis(a, shape.length)));
  return shape.map((d, i) => (touched.has(i) ? null : d));
}

function concat(context: InferContext): readonly ValueFacts[] {
  const inputs = context.node.inputs.map((_, i) => context.input(i)).filter((f) => f !== undefined);
  const dtype = inputs[0]?.dtype ?? 'unknown';
  const shapes = inputs.map((f) => f.shape);
  const first = shapes.find((s) => s !== null) ?? null;
  if (first === null || shapes.some((s) => s === null)) return [tensorFacts(dtype, null)];
  const axis = normalAxis(intAttribute(context.node, 'axis', 1), first.length);
  expectThat(
    shapes.every((s) => s?.length === first.length),
    'the parts have different ranks',
  );
  const out = first.map((d, k): Dim => {
    const sizes = shapes.map((s) => s?.[k] ?? null);
    if (k === axis) return sizes.every((s) => typeof s === 'number') ? sizes.reduce((a, b) => a + b, 0) : null;
    for (const s of sizes)
      expectThat(typeof s !== 'number' || typeof d !== 'number' || s === d, `dimension ${k} differs between the parts (${d} and ${s})`);
    return sizes.find((s) => typeof s === 'number') ?? d;
  });
  return [tensorFacts(dtype, out, joined(inputs, out, axis))];
}

function joined(inputs: readonly ValueFacts[], out: readonly Dim[], axis: number): readonly number[] | null {
  if (!isNumeric(out) || out.reduce((a, b) => a * b, 1) > 4096 || inputs.some((f) => f.values === null)) return null;
  const outer = out.slice(0, axis).reduce((a, b) => a * b, 1);
  const values: number[] = [];
  for (let i = 0; i < outer; i++) {
    for (const f of inputs) {
      const run = (f.values?.length ?? 0) / Math.max(outer, 1);
      values.push(...(f.values ?? []).slice(i * run, (i + 1) * run));
    }
  }
  return values;
}

function split(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const n = context.node.outputs.length;
  if (x === undefined || shape === null) return new Array<ValueFacts>(n).fill(tensorFacts(x?.dtype ?? 'unknown', null));
  const axis = normalAxis(intAttribute(context.node, 'axis', 0), shape.length);
  const size = shape[axis];
  const given = intsAttribute(context.node, 'split') ?? integerInput(context, 1);
  const parts =
    given === null || typeof size !== 'number' ? null : (given ?? evenParts(size, intAttribute(context.node, 'num_outputs', n)));
  let offset = 0;
  return context.node.outputs.map((_, i) => {
    const length = parts?.[i] ?? null;
    const out = shape.with(axis, length);
    const start = offset;
    offset += length ?? 0;
    const values =
      x.values !== null && isNumeric(shape) && isNumeric(out) ? pick(x.values, shape, out, (k, p) => (k === axis ? start + p : p)) : null;
    return tensorFacts(x.dtype, out, values);
  });
}

/** Equal parts; the last one is shorter when the size is not a multiple. */
function evenParts(size: number, n: number): number[] {
  const part = Math.ceil(size / Math.max(n, 1));
  return Array.from({ length: n }, (_, i) => Math.max(0, Math.min(part, size - i * part)));
}

function pad(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const pads = intsAttribute(context.node, 'pads') ?? intsAttribute(context.node, 'paddings') ?? integerInput(context, 1) ?? null;
  const given = integerInput(context, 3);
  if (shape === null || pads === null || given === null)
    return [tensorFacts(x?.dtype ?? 'unknown', shape === null ? null : shape.map(() => null))];
  const axes = (given ?? shape.map((_, i) => i)).map((a) => normalAxis(a, shape.length));
  expectThat(pads.length === 2 * axes.length, `${pads.length} pads for ${axes.length} axes`);
  const out: Dim[] = [...shape];
  axes.forEach((axis, i) => {
    const size = shape[axis];
    out[axis] = typeof size === 'number' ? Math.max(0, size + (pads[i] ?? 0) + (pads[i + axes.length] ?? 0)) : null;
  });
  return [tensorFacts(x?.dtype ?? 'unknown', out)];
}

function compress(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const a = context.node.attributes.get('axis');
  const chosen = context.input(1)?.values ?? null;
  const n = chosen === null ? null : chosen.filter((v) => v !== 0).length;
  if (a?.kind !== 'int') return [tensorFacts(x?.dtype ?? 'unknown', [n])];
  return [tensorFacts(x?.dtype ?? 'unknown', shape === null ? null : shape.with(normalAxis(a.value, shape.length), n))];
}

/** Operators that pick, cut and join parts of tensors. */
export const selectingRules: RuleTable = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: scatter,
  ScatterElements: scatter,
  ScatterND: scatter,
  TensorScatter: scatter,
  Slice: slice,
  Concat: concat,
  Split: split,
  Pad: pad,
  Compress: compress,
};
