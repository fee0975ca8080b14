import { intAttribute, intsAttribute } from '../../../model/graph.ts';
import { elementsOf, reshaped, transposed } from '../builder.ts';
import { axisOf, forWanted, refuse, type Rule, type RuleContext, type RuleTable } from './rule.ts';

/** An operator that only changes the shape: the gradient goes back into the old one. */
const reshapeTo =
  (target: (context: RuleContext, shape: readonly number[]) => readonly number[]): Rule =>
  (context) => {
    const { builder } = context;
    const x = context.operand(0);
    const shape = target(context, x.shape);
    if (elementsOf(shape) !== elementsOf(x.shape)) return refuse(`[${x.shape.join()}] cannot become [${shape.join()}]`);
    return {
      output: reshaped(builder, x, shape),
      backward: (g) => forWanted(context, [() => reshaped(builder, g, x.shape)]),
    };
  };

/** Shape that a Reshape asks for; 0 copies a dimension, -1 takes the rest. */
function reshapeShape(context: RuleContext, shape: readonly number[]): readonly number[] {
  const asked = context.opset < 5 ? intsAttribute(context.node, 'shape') : context.integers(1);
  if (asked === undefined) return refuse('its shape is not given');
  const copiesZeros = intAttribute(context.node, 'allowzero', 0) === 0;
  const resolve = (dims: readonly number[]): readonly number[] => {
    const copied = dims.map((dim, i) => (dim === 0 && copiesZeros ? (shape[i] ?? 0) : dim));
    const known = copied.filter((dim) => dim !== -1).reduce((product, dim) => product * dim, 1);
    return copied.map((dim) => (dim === -1 ? elementsOf(shape) / known : dim));
  };
  // A model exported for one row may merge all of them: [1, -1] means [rows, -1] here.
  if (asked[0] === 1 && context.batch > 1 && shape[0] === context.batch) {
    const perRow = resolve([context.batch, ...asked.slice(1)]);
    if (perRow.every(Number.isInteger) && elementsOf(perRow) === elementsOf(shape)) return perRow;
  }
  const direct = resolve(asked);
  if (elementsOf(direct) === elementsOf(shape)) return direct;
  // A model exported for one batch writes its size down; rows of another batch are the same rows.
  return resolve([context.batch, ...asked.slice(1)]);
}

function flattenShape({ node }: RuleContext, shape: readonly number[]): readonly number[] {
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  return [elementsOf(shape.slice(0, axis)), elementsOf(shape.slice(axis))];
}

/** Axes as an attribute before operator set 13, as an operand since. */
function axesOf(context: RuleContext): readonly number[] | undefined {
  return context.opset < 13 ? intsAttribute(context.node, 'axes') : context.integers(1);
}

function squeezeShape(context: RuleContext, shape: readonly number[]): readonly number[] {
  const axes = axesOf(context)?.map((axis) => axisOf(axis, shape.length));
  return shape.filter((dim, axis) => (axes === undefined ? dim !== 1 : !axes.includes(axis)));
}

function unsqueezeShape(context: RuleContext, shape: readonly number[]): readonly number[] {
  const given = axesOf(context);
  if (given === undefined) return refuse('its axes are not given');
  const rank = shape.length + given.length;
  const axes = new Set(given.map((axis) => axisOf(axis, rank)));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() ?? 1)));
}

/** Permuted dimensions: the gradient is permuted back. */
const transpose: Rule = (context) => {
  const { builder, node } = context;
  const x = context.operand(0);
  const perm = intsAttribute(node, 'perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  if (perm.length !== x.shape.length || perm.some((_, axis) => !perm.includes(axis)))
    return refuse(`perm [${perm.join()}] is no permutation of ${x.shape.length} axes`);
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return {
    output: transposed(builder, x, perm),
    backward: (g) => forWanted(context, [() => transposed(builder, g, inverse)]),
  };
};

/** Operators that move or regroup values without computing. */
export const reshapeRules: RuleTable = {
  Reshape: reshapeTo(reshapeShape),
  Flatten: reshapeTo(flattenShape),
  Squeeze: reshapeTo(squeezeShape),
  Unsqueeze: reshapeTo(unsqueezeShape),
  Transpose: transpose,
};
