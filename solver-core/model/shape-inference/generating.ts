import { intAttribute, maxFoldedElements } from '../graph.ts';
import type { Dim, Dtype, Shape } from '../tensor.ts';
import { dtypeFromOnnx } from './onnx-types.ts';
import {
  attribute,
  expectThat,
  integerInput,
  multiply,
  normalAxis,
  storedFacts,
  tensorFacts,
  type InferContext,
  type InferRule,
  type RuleTable,
  type ValueFacts,
} from './facts.ts';

function constant(context: InferContext): readonly ValueFacts[] {
  const { node } = context;
  const tensor = attribute(context, 'value') ?? attribute(context, 'sparse_value');
  if (tensor?.kind === 'tensor') return [storedFacts(tensor.value)];
  const fixed = (dtype: Dtype, shape: Shape, values: readonly number[] | null): readonly ValueFacts[] => [
    { ...tensorFacts(dtype, shape, values), constant: true },
  ];
  const single = { value_int: 'int64', value_float: 'float32' } as const;
  for (const [name, dtype] of Object.entries(single)) {
    const a = node.attributes.get(name);
    if (a?.kind === 'int' || a?.kind === 'float') return fixed(dtype, [], [a.value]);
  }
  const list = { value_ints: 'int64', value_floats: 'float32' } as const;
  for (const [name, dtype] of Object.entries(list)) {
    const a = node.attributes.get(name);
    if (a?.kind === 'ints' || a?.kind === 'floats') return fixed(dtype, [a.value.length], a.value);
  }
  const texts = attribute(context, 'value_strings');
  if (texts?.kind === 'strings') return fixed('string', [texts.value.length], null);
  return attribute(context, 'value_string') === undefined ? [] : fixed('string', [], null);
}

/** Shape known, elements never made: this is how a file can describe weights of any size in a few bytes. */
function constantOfShape(context: InferContext): readonly ValueFacts[] {
  const given = attribute(context, 'value');
  const dtype = given?.kind === 'tensor' ? given.value.dtype : 'float32';
  const fill = given?.kind === 'tensor' ? given.value.values?.[0] : 0;
  const dims = integerInput(context, 0);
  if (dims === null || dims === undefined) {
    const rank = context.input(0)?.shape?.[0];
    return [tensorFacts(dtype, typeof rank === 'number' && rank <= 64 ? new Array<Dim>(rank).fill(null) : null)];
  }
  expectThat(
    dims.every((d) => d >= 0),
    `the shape [${dims.join(', ')}] has a negative dimension`,
  );
  const n = multiply(dims) ?? Infinity;
  return [tensorFacts(dtype, dims, fill !== undefined && n <= maxFoldedElements ? new Array<number>(n).fill(fill) : null)];
}

function shapeOf(context: InferContext): readonly ValueFacts[] {
  const shape = context.input(0)?.shape ?? null;
  if (shape === null) return [tensorFacts('int64', [null])];
  const rank = shape.length;
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  const part = shape.slice(clamp(intAttribute(context.node, 'start', 0)), clamp(intAttribute(context.node, 'end', rank)));
  const known = part.every((d): d is number => typeof d === 'number');
  // The shape of a value is the same for all inputs once its dimensions are known.
  return [{ dtype: 'int64', shape: [part.length], values: known ? part : null, constant: false }];
}

function sizeOf(context: InferContext): readonly ValueFacts[] {
  const shape = context.input(0)?.shape ?? null;
  const n = shape === null ? null : multiply(shape);
  return [tensorFacts('int64', [], n === null ? null : [n])];
}

function range(context: InferContext): readonly ValueFacts[] {
  const dtype = context.input(0)?.dtype ?? 'unknown';
  const [start, limit, delta] = [0, 1, 2].map((i) => context.input(i)?.values?.[0]);
  if (start === undefined || limit === undefined || delta === undefined) return [tensorFacts(dtype, [null])];
  expectThat(delta !== 0, 'the step is 0');
  const n = Math.max(0, Math.ceil((limit - start) / delta));
  return [tensorFacts(dtype, [n], n <= maxFoldedElements ? Array.from({ length: n }, (_, i) => start + i * delta) : null)];
}

function oneHot(context: InferContext): readonly ValueFacts[] {
  const indices = context.input(0)?.shape ?? null;
  const depth = context.input(1)?.values?.[0] ?? null;
  const dtype = context.input(2)?.dtype ?? 'unknown';
  if (indices === null) return [tensorFacts(dtype, null)];
  const axis = normalAxis(intAttribute(context.node, 'axis', -1), indices.length + 1);
  return [tensorFacts(dtype, indices.toSpliced(axis, 0, depth))];
}

function nonZero(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const rank = x?.shape?.length ?? null;
  // How many there are depends on the data, unless the data is known.
  const n = x?.values === null || x === undefined ? null : x.values.filter((v) => v !== 0).length;
  const values = rank === 1 && x?.values ? x.values.flatMap((v, i) => (v !== 0 ? [i] : [])) : null;
  return [tensorFacts('int64', [rank, n], values)];
}

function eyeLike(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const to = intAttribute(context.node, 'dtype', 0);
  return [tensorFacts(to === 0 ? (x?.dtype ?? 'unknown') : dtypeFromOnnx(to), x?.shape ?? null)];
}

/** Random numbers with a shape given by attributes, or like the input. */
const randomOf: InferRule = (context) => {
  const shape = attribute(context, 'shape');
  const to = intAttribute(context.node, 'dtype', 0);
  const x = context.input(0);
  const dtype = to === 0 ? (x?.dtype ?? 'float32') : dtypeFromOnnx(to);
  return [tensorFacts(dtype, shape?.kind === 'ints' ? shape.value : (x?.shape ?? null))];
};

function multinomial(context: InferContext): readonly ValueFacts[] {
  const to = intAttribute(context.node, 'dtype', 6);
  return [tensorFacts(dtypeFromOnnx(to), [context.input(0)?.shape?.[0] ?? null, intAttribute(context.node, 'sample_size', 1)])];
}

/** Operators that make tensors from shapes, numbers or nothing. */
export const generatingRules: RuleTable = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shapeOf,
  Size: sizeOf,
  Range: range,
  OneHot: oneHot,
  NonZero: nonZero,
  EyeLike: eyeLike,
  RandomNormal: randomOf,
  RandomUniform: randomOf,
  RandomNormalLike: randomOf,
  RandomUniformLike: randomOf,
  Bernoulli: randomOf,
  Multinomial: multinomial,
};
