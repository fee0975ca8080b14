import { intAttribute, intsAttribute, stringAttribute } from '../../../model/graph.ts';
import { refuse, type RuleContext } from './rule.ts';

/** A sliding window over the spatial dimensions, everything explicit. Arrays have one entry per spatial dimension. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  /** Spatial sizes of input and output. */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** ONNX's pads attribute: all beginnings, then all ends. */
export function padsOf(window: Window): readonly number[] {
  return [...window.padsBegin, ...window.padsEnd];
}

/** The window of a convolution or pooling node over `input` (spatial sizes), with auto_pad resolved. Refuses ceil_mode where it adds windows. */
export function windowOf({ node }: RuleContext, input: readonly number[], kernel: readonly number[]): Window {
  const ones = input.map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const reach = kernel.map((k, i) => (dilations[i] ?? 1) * (k - 1) + 1);
  const { begin, end } = pads(stringAttribute(node, 'auto_pad', 'NOTSET'), intsAttribute(node, 'pads'), input, reach, strides);
  const lists = [strides, dilations, kernel, begin, end];
  if (lists.some((list) => list.length !== input.length)) refuse(`its attributes are not for ${input.length} spatial dimensions`);
  if ([...strides, ...dilations, ...kernel].some((v) => v < 1) || [...begin, ...end].some((v) => v < 0))
    refuse('an attribute is out of range');
  const places = input.map((size, i) => (size + (begin[i] ?? 0) + (end[i] ?? 0) - (reach[i] ?? 1)) / (strides[i] ?? 1));
  const output = places.map((p) => Math.floor(p) + 1);
  if (output.some((size) => size < 1)) refuse(`its window of [${reach.join()}] does not fit into [${input.join()}]`);
  if (intAttribute(node, 'ceil_mode', 0) !== 0 && places.some((p) => !Number.isInteger(p)))
    refuse('ceil_mode adds windows that hang over the edge');
  return { kernel, strides, dilations, padsBegin: begin, padsEnd: end, input, output };
}

function pads(
  auto: string,
  given: readonly number[] | undefined,
  input: readonly number[],
  reach: readonly number[],
  strides: readonly number[],
): { readonly begin: readonly number[]; readonly end: readonly number[] } {
  const rank = input.length;
  const zeros = input.map(() => 0);
  if (auto === 'NOTSET' || auto === '')
    return given === undefined ? { begin: zeros, end: zeros } : { begin: given.slice(0, rank), end: given.slice(rank) };
  if (auto === 'VALID') return { begin: zeros, end: zeros };
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') return refuse('its auto_pad is not known');
  const total = input.map((size, i) => {
    const stride = strides[i] ?? 1;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + (reach[i] ?? 1) - size);
  });
  const less = total.map((t) => Math.floor(t / 2));
  const more = total.map((t) => Math.ceil(t / 2));
  return auto === 'SAME_UPPER' ? { begin: less, end: more } : { begin: more, end: less };
}
