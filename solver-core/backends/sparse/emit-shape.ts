import { intAttribute, intsAttribute } from '../../model/graph.ts';
import { axisOf, given, type Emission, type Emitter } from './emission.ts';
import { runFailed } from './errors.ts';
import { elementsOf, type Value } from './values.ts';

/** Most elements of a tensor that is made from a shape. */
const maxMade = 2 ** 24;

const same: Emitter = (e) => [e.builder.view(given(e, 0), given(e, 0).dims)];

/** Shapes are known when the program is made, so what is computed from them is constant. */
const shape: Emitter = (e) => {
  const { dims } = given(e, 0);
  const rank = dims.length;
  const clamp = (v: number): number => Math.min(rank, Math.max(0, v < 0 ? v + rank : v));
  const part = dims.slice(clamp(intAttribute(e.node, 'start', 0)), clamp(intAttribute(e.node, 'end', rank)));
  return [e.builder.constant([part.length], 'int', part)];
};

const size: Emitter = (e) => [e.builder.constant([], 'int', [elementsOf(given(e, 0).dims)])];

const reshape: Emitter = (e) => {
  const x = given(e, 0);
  const asked = e.inputs[1] === undefined ? (intsAttribute(e.node, 'shape') ?? []) : e.builder.wholeNumbers(e.inputs[1], 'sizes');
  const keepsZero = intAttribute(e.node, 'allowzero', 0) !== 0;
  const dims = asked.map((v, d) => (v === 0 && !keepsZero ? (x.dims[d] ?? 0) : v));
  const rest = dims.indexOf(-1);
  if (rest >= 0) dims[rest] = elementsOf(x.dims) / elementsOf(dims.filter((_, d) => d !== rest));
  if (dims.some((v) => !Number.isInteger(v) || v < 0) || elementsOf(dims) !== elementsOf(x.dims))
    throw runFailed(`shape [${x.dims.join(', ')}] cannot become [${asked.join(', ')}]`);
  return [e.builder.view(x, dims)];
};

const flatten: Emitter = (e) => {
  const x = given(e, 0);
  const axis = intAttribute(e.node, 'axis', 1);
  const at = axis < 0 ? axis + x.dims.length : axis;
  return [e.builder.view(x, [elementsOf(x.dims.slice(0, at)), elementsOf(x.dims.slice(at))])];
};

/** Axes are an input from operator set 13 on, an attribute before. */
function axes(e: Emission): readonly number[] | undefined {
  return e.inputs[1] === undefined ? intsAttribute(e.node, 'axes') : e.builder.wholeNumbers(e.inputs[1], 'axes');
}

const squeeze: Emitter = (e) => {
  const x = given(e, 0);
  const asked = axes(e)?.map((axis) => axisOf(e, axis, x.dims.length));
  if (asked?.some((axis) => x.dims[axis] !== 1))
    throw runFailed(`shape [${x.dims.join(', ')}] has sizes other than 1 at [${asked.join(', ')}]`);
  return [
    e.builder.view(
      x,
      x.dims.filter((v, d) => (asked === undefined ? v !== 1 : !asked.includes(d))),
    ),
  ];
};

const unsqueeze: Emitter = (e) => {
  const x = given(e, 0);
  const asked = axes(e) ?? [];
  const rank = x.dims.length + asked.length;
  const at = new Set(asked.map((axis) => axisOf(e, axis, rank)));
  const old = [...x.dims];
  return [
    e.builder.view(
      x,
      Array.from({ length: rank }, (_, d) => (at.has(d) ? 1 : (old.shift() ?? 1))),
    ),
  ];
};

const filled: Emitter = (e) => {
  const dims = e.builder.wholeNumbers(given(e, 0), 'sizes');
  const attribute = e.node.attributes.get('value');
  const value = attribute?.kind === 'tensor' ? attribute.value : undefined;
  checkMade(dims);
  return [
    e.builder.constant(
      dims,
      value?.dtype.includes('int') ? 'int' : 'float',
      new Float32Array(elementsOf(dims)).fill(value?.values?.[0] ?? 0),
    ),
  ];
};

const range: Emitter = (e) => {
  const number = (index: number): number => e.builder.numbers(given(e, index), 'limits')[0] ?? 0;
  const [first, end, step] = [number(0), number(1), number(2)];
  const n = Math.max(0, Math.ceil((end - first) / step));
  checkMade([n]);
  const kind: Value['kind'] = given(e, 0).kind;
  return [
    e.builder.constant(
      [n],
      kind,
      Float32Array.from({ length: n }, (_, i) => first + i * step),
    ),
  ];
};

function checkMade(dims: readonly number[]): void {
  const elements = elementsOf(dims);
  if (!(elements >= 0 && elements <= maxMade)) throw runFailed(`a tensor of shape [${dims.join(', ')}] is larger than ${maxMade} elements`);
}

/** Emitters by operator. */
export const shapes: Readonly<Record<string, Emitter>> = {
  Identity: same,
  Dropout: same,
  Shape: shape,
  Size: size,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  ConstantOfShape: filled,
  Range: range,
};
