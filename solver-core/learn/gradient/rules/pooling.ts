import { intAttribute, intsAttribute } from '../../../model/graph.ts';
import { elementsOf, reshaped, type GraphBuilder, type Value } from '../builder.ts';
import { forWanted, refuse, type Rule, type RuleContext, type RuleTable } from './rule.ts';
import { padsOf, windowOf, type Window } from './windows.ts';

function poolWindow(context: RuleContext, x: Value): Window {
  const kernel = intsAttribute(context.node, 'kernel_shape');
  const size = x.shape.slice(2);
  if (kernel === undefined || size.length < 1) return refuse('its window is not given');
  return windowOf(context, size, kernel);
}

/**
 * The largest value of each window gets its gradient. Windows that do not overlap: MaxUnpool over the indices that the forward pass
 * gives. Overlapping ones: an input may be the largest of several windows, so the gradients are added up at the indices instead.
 */
const maxPool: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const window = poolWindow(context, x);
  if (intAttribute(node, 'storage_order', 0) !== 0) return refuse('storage_order 1 counts its indices by columns');
  const shape = [...x.shape.slice(0, 2), ...window.output];
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const attributes = { kernel_shape: kernel, strides, dilations, pads: padsOf(window) };
  const isApart =
    kernel.every((k, i) => k <= (strides[i] ?? 1)) && dilations.every((d) => d === 1) && [...padsBegin, ...padsEnd].every((p) => p === 0);
  if (!context.wants(0)) return { output: b.op('MaxPool', [x], shape, attributes), backward: () => new Map() };
  const [output, indices] = b.emit('MaxPool', [x], [shape, shape], attributes);
  if (output === undefined || indices === undefined) return refuse('it has no output');
  return {
    output,
    backward: (g) =>
      forWanted(context, [
        () =>
          isApart
            ? b.op('MaxUnpool', [g, indices, b.ints(x.shape)], x.shape, { kernel_shape: kernel, strides })
            : addedAt(b, g, indices, x.shape),
      ]),
  };
};

/** Zeros of `shape` with the gradients added at their (flat) indices. */
function addedAt(b: GraphBuilder, g: Value, indices: Value, shape: readonly number[]): Value {
  const size = elementsOf(shape);
  const count = elementsOf(g.shape);
  const zeros = b.op('Expand', [b.scalar(0), b.ints([size])], [size]);
  const at = reshaped(b, indices, [count]);
  const sums = b.op('ScatterElements', [zeros, at, reshaped(b, g, [count])], [size], { axis: 0, reduction: 'add' });
  return reshaped(b, sums, shape);
}

/** Windows' means: every input of a window gets its share, which is a transposed convolution with ones. */
const averagePool: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const window = poolWindow(context, x);
  const countsPads = intAttribute(node, 'count_include_pad', 0) !== 0;
  const { kernel, strides, dilations, padsBegin, padsEnd, input } = window;
  if (dilations.some((d) => d !== 1)) return refuse('its window is dilated');
  const [n = 1, c = 1] = x.shape;
  const attributes = { kernel_shape: kernel, strides, pads: padsOf(window), count_include_pad: Number(countsPads) };
  const output = b.op('AveragePool', [x], [n, c, ...window.output], attributes);
  return {
    output,
    backward: (g) =>
      forWanted(context, [
        () => {
          const shares = b.op('Mul', [g, b.floats(shareOf(window, countsPads), [1, 1, ...window.output])], g.shape);
          const missed = input.map((s, i) => s + padsBegin[i]! + padsEnd[i]! - (strides[i]! * (window.output[i]! - 1) + kernel[i]!));
          const ones = b.floats(new Float32Array(elementsOf(kernel)).fill(1), [1, 1, ...kernel]);
          const apart = reshaped(b, shares, [n * c, 1, ...window.output]);
          const spread = b.op('ConvTranspose', [apart, ones], [n * c, 1, ...input], {
            kernel_shape: kernel,
            strides,
            pads: padsOf(window),
            output_padding: missed,
          });
          return reshaped(b, spread, x.shape);
        },
      ]),
  };
};

/** One over the number of inputs each window averages, for all output places. */
function shareOf(window: Window, countsPads: boolean): Float32Array {
  let shares = [1];
  window.output.forEach((size, i) => {
    const [k, stride, begin, inside] = [window.kernel[i]!, window.strides[i]!, window.padsBegin[i]!, window.input[i]!];
    const counts = Array.from({ length: size }, (_, at) => {
      const first = at * stride - begin;
      return countsPads ? k : Math.min(first + k, inside) - Math.max(first, 0);
    });
    shares = shares.flatMap((share) => counts.map((count) => share / count));
  });
  return Float32Array.from(shares);
}

const globalAveragePool: Rule = (context) => {
  const { builder: b } = context;
  const x = context.operand(0);
  const [n = 1, c = 1, ...size] = x.shape;
  const output = b.op('GlobalAveragePool', [x], [n, c, ...size.map(() => 1)]);
  return {
    output,
    backward: (g) =>
      forWanted(context, [() => b.op('Expand', [b.op('Mul', [g, b.scalar(1 / elementsOf(size))], g.shape), b.ints(x.shape)], x.shape)]),
  };
};

/** Mean over axes; axes are an attribute before operator set 18, an operand since. */
const reduceMean: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const rank = x.shape.length;
  const given = context.opset < 18 ? intsAttribute(node, 'axes') : context.integers(1);
  if (given === undefined && intAttribute(node, 'noop_with_empty_axes', 0) !== 0) return refuse('it reduces no axes');
  const axes = (given ?? x.shape.map((_, axis) => axis)).map((axis) => (axis < 0 ? axis + rank : axis));
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const mean = b.op('ReduceMean', [x], kept, { axes, keepdims: 1 });
  const count = elementsOf(x.shape) / elementsOf(kept);
  return {
    output: keeps
      ? mean
      : reshaped(
          b,
          mean,
          x.shape.filter((_, axis) => !axes.includes(axis)),
        ),
    backward: (g) =>
      forWanted(context, [
        () => b.op('Expand', [b.op('Mul', [reshaped(b, g, kept), b.scalar(1 / count)], kept), b.ints(x.shape)], x.shape),
      ]),
  };
};

/** Pooling. Checked against finite differences and autograd. */
export const poolingRules: RuleTable = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  ReduceMean: reduceMean,
};
