import { floatAttribute, intAttribute, intsAttribute } from '../../model/graph.ts';
import { axisOf, given, type Emitter } from './emission.ts';
import { transposed } from './emit-move.ts';
import { runFailed, unsupported } from './errors.ts';
import * as code from './opcodes.ts';
import { elementsOf, type Value } from './values.ts';

const layerNorm: Emitter = (e) => {
  const [x, scale, bias] = [given(e, 0), given(e, 1), e.inputs[2]];
  if (e.node.outputs.slice(1).some((name) => name !== '')) throw unsupported(e.node, 'its mean and deviation as outputs');
  const axis = axisOf(e, intAttribute(e.node, 'axis', -1), x.dims.length);
  const n = elementsOf(x.dims.slice(axis));
  if (elementsOf(scale.dims) !== n || (bias !== undefined && elementsOf(bias.dims) !== n))
    throw unsupported(e.node, `a scale that is not of ${n} elements`);
  const y = e.builder.output(x.dims);
  const epsilon = floatAttribute(e.node, 'epsilon', 1e-5);
  if (n > 0)
    e.builder.emit(code.opLayerNorm, y.address, x.address, elementsOf(x.dims) / n, n, scale.address, bias?.address ?? 0, {
      float: epsilon,
    });
  return [y];
};

/** Over the last dimensions up to operator set 12, over one dimension later. */
const softmax: Emitter = (e) => {
  const x = given(e, 0);
  const rank = x.dims.length;
  const axis = axisOf(e, intAttribute(e.node, 'axis', e.opset < 13 ? 1 : -1), rank);
  const n = e.opset < 13 ? elementsOf(x.dims.slice(axis)) : (x.dims[axis] ?? 1);
  const order = e.opset < 13 || axis === rank - 1 ? undefined : [...x.dims.keys()].filter((d) => d !== axis).concat(axis);
  const source = order === undefined ? x : transposed(e, x, order);
  const y = e.builder.output(source.dims);
  if (elementsOf(x.dims) > 0) e.builder.emit(code.opSoftmax, y.address, source.address, elementsOf(x.dims) / n, n);
  return [
    order === undefined
      ? y
      : transposed(
          e,
          y,
          [...order.keys()].map((d) => order.indexOf(d)),
        ),
  ];
};

const reduction =
  (fn: number): Emitter =>
  (e) => {
    const x = given(e, 0);
    const rank = x.dims.length;
    const asked = (e.inputs[1] === undefined ? intsAttribute(e.node, 'axes') : e.builder.wholeNumbers(e.inputs[1], 'axes')) ?? [];
    if (asked.length === 0 && intAttribute(e.node, 'noop_with_empty_axes', 0) !== 0) return [e.builder.view(x, x.dims)];
    const axes = new Set(asked.length === 0 ? x.dims.keys() : asked.map((axis) => axisOf(e, axis, rank)));
    const kept = [...x.dims.keys()].filter((d) => !axes.has(d));
    const source: Value = transposed(e, x, [...kept, ...[...x.dims.keys()].filter((d) => axes.has(d))]);
    const rows = elementsOf(kept.map((d) => x.dims[d] ?? 1));
    const n = elementsOf(x.dims) / Math.max(1, rows);
    if (n === 0 && rows > 0) throw runFailed('a sum over an empty dimension');
    const keep = intAttribute(e.node, 'keepdims', 1) !== 0;
    const y = e.builder.output(keep ? x.dims.map((size, d) => (axes.has(d) ? 1 : size)) : kept.map((d) => x.dims[d] ?? 1), x.kind);
    if (rows > 0) e.builder.emit(code.opReduce, fn, y.address, source.address, rows, n);
    return [y];
  };

/** Emitters by operator. */
export const rows: Readonly<Record<string, Emitter>> = {
  LayerNormalization: layerNorm,
  Softmax: softmax,
  ReduceSum: reduction(code.fnSum),
  ReduceMean: reduction(code.fnMean),
  ReduceMax: reduction(code.fnLargest),
  ReduceMin: reduction(code.fnSmallest),
};
