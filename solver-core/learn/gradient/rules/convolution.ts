import { intAttribute } from '../../../model/graph.ts';
import { reshaped, transposed, type GraphBuilder, type Value } from '../builder.ts';
import { forWanted, refuse, type Rule, type RuleTable } from './rule.ts';
import { padsOf, windowOf, type Window } from './windows.ts';

/** A convolution of x [N, C, …] with w [M, C/groups, …]. */
interface Convolution {
  readonly window: Window;
  readonly groups: number;
  readonly x: Value;
  readonly w: Value;
}

/** dX: the transposed convolution of G with the same weights and window; output_padding brings back rows that no window reached. */
function inputGradient(b: GraphBuilder, { window, groups, x, w }: Convolution, g: Value): Value {
  const { kernel, strides, dilations, padsBegin, padsEnd, input, output } = window;
  const missed = input.map(
    (size, i) => size + padsBegin[i]! + padsEnd[i]! - (strides[i]! * (output[i]! - 1) + dilations[i]! * (kernel[i]! - 1) + 1),
  );
  return b.op('ConvTranspose', [g, w], x.shape, {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: padsOf(window),
    group: groups,
    output_padding: missed,
  });
}

/**
 * dW: each weight sees the input at stride steps of the output, so it is a convolution of the input with G in which batch and channels
 * change places, and strides and dilations too. Groups stay groups when the batch is counted inside them:
 * x as [C/g, g·N, …], G as [M, N, …] in g groups give [C/g, M, kernel].
 */
function weightGradient(b: GraphBuilder, { window, groups, x, w }: Convolution, g: Value): Value {
  const [n = 1, c = 1, ...size] = x.shape;
  const m = w.shape[0] ?? 1;
  const spatial = size.map((_, i) => i);
  const grouped = reshaped(b, x, [n, groups, c / groups, ...size]);
  const byChannel = transposed(b, grouped, [2, 1, 0, ...spatial.map((i) => i + 3)]);
  const rows = reshaped(b, byChannel, [c / groups, groups * n, ...size]);
  const swap = [1, 0, ...spatial.map((i) => i + 2)];
  const kernels = transposed(b, g, swap);
  // The last rows of the input that no window reached let the roles-changed window take steps too many; those are cut off.
  const { kernel, strides, dilations, padsBegin, padsEnd, input, output } = window;
  const steps = input.map(
    (s, i) => Math.floor((s + padsBegin[i]! + padsEnd[i]! - (strides[i]! * (output[i]! - 1) + 1)) / dilations[i]!) + 1,
  );
  const wide = b.op('Conv', [rows, kernels], [c / groups, m, ...steps], {
    kernel_shape: output,
    strides: dilations,
    dilations: strides,
    pads: padsOf(window),
    group: groups,
  });
  const axes = spatial.map((i) => i + 2);
  const cut = steps.every((s, i) => s === kernel[i])
    ? wide
    : b.op('Slice', [wide, b.ints(axes.map(() => 0)), b.ints(kernel), b.ints(axes)], [c / groups, m, ...kernel]);
  return transposed(b, cut, swap);
}

const conv: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const w = context.operand(1);
  const bias = context.input(2);
  const groups = intAttribute(node, 'group', 1);
  const [n = 1, c = 1, ...size] = x.shape;
  const [m = 1, perGroup = 1, ...kernel] = w.shape;
  if (size.length < 1 || kernel.length !== size.length)
    return refuse(`its operands [${x.shape.join()}] and [${w.shape.join()}] do not fit each other`);
  if (groups < 1 || perGroup * groups !== c || m % groups !== 0)
    return refuse(`${groups} groups do not fit ${c} channels and ${m} filters`);
  const window = windowOf(context, size, kernel);
  const convolution: Convolution = { window, groups, x, w };
  const output = b.op('Conv', bias === undefined ? [x, w] : [x, w, bias], [n, m, ...window.output], {
    kernel_shape: kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: padsOf(window),
    group: groups,
  });
  const others = output.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return {
    output,
    backward: (g) =>
      forWanted(context, [
        () => inputGradient(b, convolution, g),
        () => weightGradient(b, convolution, g),
        () => b.op('ReduceSum', [g, b.ints(others)], [m], { keepdims: 0 }),
      ]),
  };
};

/** Convolutions in any number of spatial dimensions. Source: Dumoulin and Visin, "A guide to convolution arithmetic", arXiv 1603.07285. */
export const convolutionRules: RuleTable = { Conv: conv };
