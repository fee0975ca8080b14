import { intAttribute } from '../graph.ts';
import type { Dim, Shape } from '../tensor.ts';
import { normalAxis, tensorFacts, unknownFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';
import { dtypeFromOnnx } from './onnx-types.ts';

/** A sequence of tensors like `element`, whose shape is kept where all elements agree. */
function sequenceOf(element: ValueFacts): ValueFacts {
  return { ...tensorFacts(element.dtype, element.shape), isSequence: true };
}

function merged(a: Shape, b: Shape): Shape {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((d, i): Dim => (d === b[i] ? d : null));
}

function construct(context: InferContext): readonly ValueFacts[] {
  const elements = context.node.inputs.map((_, i) => context.input(i) ?? unknownFacts);
  const [first = unknownFacts, ...rest] = elements;
  return [sequenceOf({ ...first, shape: rest.reduce<Shape>((shape, f) => merged(shape, f.shape), first.shape) })];
}

function insert(context: InferContext): readonly ValueFacts[] {
  const sequence = context.input(0) ?? unknownFacts;
  const element = context.input(1) ?? unknownFacts;
  return [sequenceOf({ ...element, shape: merged(sequence.shape, element.shape) })];
}

function elementAt(context: InferContext): readonly ValueFacts[] {
  const sequence = context.input(0) ?? unknownFacts;
  return [tensorFacts(sequence.dtype, sequence.shape)];
}

function splitToSequence(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0) ?? unknownFacts;
  if (x.shape === null) return [sequenceOf(x)];
  const axis = normalAxis(intAttribute(context.node, 'axis', 0), x.shape.length);
  const even = context.input(1) === undefined;
  if (even && intAttribute(context.node, 'keepdims', 1) === 0) return [sequenceOf({ ...x, shape: x.shape.toSpliced(axis, 1) })];
  const part = context.input(1);
  const size = even ? 1 : part?.shape?.length === 0 ? (part.values?.[0] ?? null) : null;
  return [sequenceOf({ ...x, shape: x.shape.with(axis, size) })];
}

/** How many elements a sequence has is not followed, so a joined axis is unknown. */
function concatFromSequence(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0) ?? unknownFacts;
  if (x.shape === null) return [tensorFacts(x.dtype, null)];
  const stacked = intAttribute(context.node, 'new_axis', 0) !== 0;
  const axis = normalAxis(intAttribute(context.node, 'axis', 0), x.shape.length + (stacked ? 1 : 0));
  return [tensorFacts(x.dtype, stacked ? x.shape.toSpliced(axis, 0, null) : x.shape.with(axis, null))];
}

/** Sequences of tensors. */
export const sequenceRules: RuleTable = {
  SequenceEmpty: (context) => [sequenceOf(tensorFacts(dtypeFromOnnx(intAttribute(context.node, 'dtype', 1)), null))],
  SequenceConstruct: construct,
  SequenceInsert: insert,
  SequenceErase: (context) => [sequenceOf(context.input(0) ?? unknownFacts)],
  SequenceAt: elementAt,
  SequenceLength: () => [tensorFacts('int64', [])],
  SplitToSequence: splitToSequence,
  ConcatFromSequence: concatFromSequence,
};
