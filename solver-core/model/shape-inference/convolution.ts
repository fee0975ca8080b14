import { intAttribute, intsAttribute } from '../graph.ts';
import type { Dim, Dtype, Shape } from '../tensor.ts';
import { expectThat, tensorFacts, type InferContext, type InferRule, type RuleTable, type ValueFacts } from './facts.ts';
import { windowOf, windowOutput } from './windows.ts';

function convolution(positions: { readonly weight: number }, dtypeOf: (context: InferContext) => Dtype): InferRule {
  return (context) => [tensorFacts(dtypeOf(context), convShape(context, positions.weight))];
}

function convShape(context: InferContext, weightAt: number): Shape {
  const x = context.input(0)?.shape ?? null;
  const w = context.input(weightAt)?.shape ?? null;
  if (x === null || w === null) return null;
  expectThat(x.length >= 3 && x.length === w.length, `input of rank ${x.length} and weight of rank ${w.length} do not fit`);
  const group = intAttribute(context.node, 'group', 1);
  const [channels, perGroup] = [x[1], w[1]];
  if (typeof channels === 'number' && typeof perGroup === 'number') {
    expectThat(channels === perGroup * group, `the input has ${channels} channels, the weight expects ${perGroup} x ${group} groups`);
  }
  const window = windowOf(context.node, intsAttribute(context.node, 'kernel_shape') ?? w.slice(2));
  expectThat(window.kernel.length === x.length - 2, 'kernel_shape does not fit the input');
  return [x[0] ?? null, w[0] ?? null, ...x.slice(2).map((size, i) => windowOutput(size, window, i))];
}

function convTranspose(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const dtype = x?.dtype ?? 'unknown';
  const w = context.input(1)?.shape ?? null;
  const shape = x?.shape ?? null;
  if (shape === null || w === null) return [tensorFacts(dtype, null)];
  expectThat(shape.length >= 3 && shape.length === w.length, `input of rank ${shape.length} and weight of rank ${w.length} do not fit`);
  const { node } = context;
  const window = windowOf(node, intsAttribute(node, 'kernel_shape') ?? w.slice(2));
  const given = intsAttribute(node, 'output_shape');
  const extra = intsAttribute(node, 'output_padding') ?? [];
  const n = window.kernel.length;
  const spatial = shape.slice(2).map((size, i): Dim => {
    const wanted = given?.[given.length - n + i];
    if (wanted !== undefined) return wanted;
    const kernel = window.kernel[i] ?? null;
    if (typeof size !== 'number' || typeof kernel !== 'number') return null;
    const stride = window.strides[i] ?? 1;
    const full = stride * (size - 1) + (extra[i] ?? 0) + (kernel - 1) * (window.dilations[i] ?? 1) + 1;
    // Padding only removes: a kernel smaller than its stride leaves less than size * stride.
    if (window.autoPad.startsWith('SAME')) return Math.min(size * stride, full);
    return window.autoPad === 'VALID' ? full : full - (window.pads[i] ?? 0) - (window.pads[i + n] ?? 0);
  });
  const perGroup = w[1] ?? null;
  const channels = typeof perGroup === 'number' ? perGroup * intAttribute(node, 'group', 1) : null;
  return [tensorFacts(dtype, [shape[0] ?? null, channels, ...spatial])];
}

const ofInput = (context: InferContext): Dtype => context.input(0)?.dtype ?? 'unknown';

/** Convolutions. */
export const convolutionRules: RuleTable = {
  Conv: convolution({ weight: 1 }, ofInput),
  ConvInteger: convolution({ weight: 1 }, () => 'int32'),
  QLinearConv: convolution({ weight: 3 }, (context) => context.input(7)?.dtype ?? 'unknown'),
  DeformConv: convolution({ weight: 1 }, ofInput),
  ConvTranspose: convTranspose,
  'com.microsoft:FusedConv': convolution({ weight: 1 }, ofInput),
};
