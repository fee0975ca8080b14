import { floatAttribute, intAttribute } from '../../../model/graph.ts';
import { broadcastShape, reducedTo, type GraphBuilder, type Value } from '../builder.ts';
import { forWanted, refuse, type Rule, type RuleContext, type RuleTable } from './rule.ts';

const pointwise = (b: GraphBuilder, op: string, x: Value, y: Value): Value => b.op(op, [x, y], broadcastShape(x.shape, y.shape) ?? x.shape);

/** An element-wise function of one operand. `derivative`: gradient of the operand from x, y = f(x) and the gradient of y. */
const unary =
  (forward: (context: RuleContext, x: Value) => Value, derivative: (context: RuleContext, x: Value, y: Value, g: Value) => Value): Rule =>
  (context) => {
    const x = context.operand(0);
    const output = forward(context, x);
    return { output, backward: (g) => forWanted(context, [() => derivative(context, x, output, g)]) };
  };

const plain = (op: string) => (context: RuleContext, x: Value) => context.builder.op(op, [x], x.shape);

/** An element-wise function of two operands with broadcasting. `left`, `right`: gradients before the broadcast is summed up again. */
const binary =
  (
    op: string,
    left: (b: GraphBuilder, x: Value, y: Value, g: Value) => Value,
    right: (b: GraphBuilder, x: Value, y: Value, g: Value) => Value,
  ): Rule =>
  (context) => {
    const { builder } = context;
    const x = context.operand(0);
    const y = context.operand(1);
    const shape = broadcastShape(x.shape, y.shape);
    if (shape === undefined) return refuse(`its operands [${x.shape.join()}] and [${y.shape.join()}] do not fit each other`);
    return {
      output: builder.op(op, [x, y], shape),
      backward: (g) =>
        forWanted(context, [
          () => reducedTo(builder, left(builder, x, y, g), x.shape),
          () => reducedTo(builder, right(builder, x, y, g), y.shape),
        ]),
    };
  };

/** g where x > 0, slope·g elsewhere. */
function positivePart(b: GraphBuilder, x: Value, g: Value, slope: number): Value {
  const isPositive = b.op('Greater', [x, b.scalar(0)], x.shape);
  const elsewhere = slope === 0 ? b.scalar(0) : pointwise(b, 'Mul', g, b.scalar(slope));
  return b.op('Where', [isPositive, g, elsewhere], x.shape);
}

const slopeOf = (context: RuleContext): number => floatAttribute(context.node, 'alpha', 0.01);

/** g·y·(1−y) */
const sigmoidGradient = (b: GraphBuilder, y: Value, g: Value): Value =>
  pointwise(b, 'Mul', g, pointwise(b, 'Mul', y, pointwise(b, 'Sub', b.scalar(1), y)));

/** Clip between constants: the gradient passes inside. Bounds are attributes before operator set 11, operands afterwards. */
const clip: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const bound = (index: number, name: string, fallback: number): number => {
    if (context.opset < 11) return floatAttribute(node, name, fallback);
    if (context.input(index) === undefined) return fallback;
    const value = context.frozen(index)?.[0];
    return value ?? refuse(`its bound is computed, not stored`);
  };
  const low = bound(1, 'min', -Infinity);
  const high = bound(2, 'max', Infinity);
  const output = b.op('Clip', [x, b.scalar(low), b.scalar(high)], x.shape);
  return {
    output,
    backward: (g) =>
      forWanted(context, [
        () => {
          const above = b.op('Greater', [x, b.scalar(low)], x.shape);
          const inside = b.op('And', [above, b.op('Less', [x, b.scalar(high)], x.shape)], x.shape);
          return b.op('Where', [inside, g, b.scalar(0)], x.shape);
        },
      ]),
  };
};

/** In inference form: the value itself. A second output (the mask) is never given. */
const passedOn: Rule = (context) => {
  const x = context.operand(0);
  return { output: x, backward: (g) => forWanted(context, [() => g]) };
};

const dropout: Rule = (context) => {
  const { node } = context;
  // Operator sets 1 and 6 trained unless is_test was set; 12 and later train when their third operand says so.
  const trains =
    context.opset < 7 ? intAttribute(node, 'is_test', 0) === 0 : context.input(2) !== undefined && context.frozen(2)?.[0] !== 0;
  return trains ? refuse('it drops values at random; export the model in inference form') : passedOn(context);
};

/** Element-wise operators. Sources: the chain rule; ONNX operator definitions for attributes and defaults. */
export const elementwiseRules: RuleTable = {
  Identity: passedOn,
  Dropout: dropout,
  Add: binary(
    'Add',
    (_b, _x, _y, g) => g,
    (_b, _x, _y, g) => g,
  ),
  Sub: binary(
    'Sub',
    (_b, _x, _y, g) => g,
    (b, _x, _y, g) => b.op('Neg', [g], g.shape),
  ),
  Mul: binary(
    'Mul',
    (b, _x, y, g) => pointwise(b, 'Mul', g, y),
    (b, x, _y, g) => pointwise(b, 'Mul', g, x),
  ),
  Div: binary(
    'Div',
    (b, _x, y, g) => pointwise(b, 'Div', g, y),
    (b, x, y, g) => b.op('Neg', [pointwise(b, 'Div', pointwise(b, 'Mul', g, x), pointwise(b, 'Mul', y, y))], g.shape),
  ),
  Neg: unary(plain('Neg'), ({ builder }, _x, _y, g) => builder.op('Neg', [g], g.shape)),
  Exp: unary(plain('Exp'), ({ builder }, _x, y, g) => pointwise(builder, 'Mul', g, y)),
  Sqrt: unary(plain('Sqrt'), ({ builder }, _x, y, g) => pointwise(builder, 'Div', g, pointwise(builder, 'Mul', y, builder.scalar(2)))),
  Relu: unary(plain('Relu'), ({ builder }, x, _y, g) => positivePart(builder, x, g, 0)),
  LeakyRelu: unary(
    (context, x) => context.builder.op('LeakyRelu', [x], x.shape, { alpha: { float: slopeOf(context) } }),
    (context, x, _y, g) => positivePart(context.builder, x, g, slopeOf(context)),
  ),
  Sigmoid: unary(plain('Sigmoid'), ({ builder }, _x, y, g) => sigmoidGradient(builder, y, g)),
  Tanh: unary(plain('Tanh'), ({ builder: b }, _x, y, g) =>
    pointwise(b, 'Mul', g, pointwise(b, 'Sub', b.scalar(1), pointwise(b, 'Mul', y, y))),
  ),
  Softplus: unary(plain('Softplus'), ({ builder }, x, _y, g) => pointwise(builder, 'Mul', g, builder.op('Sigmoid', [x], x.shape))),
  Erf: unary(plain('Erf'), ({ builder: b }, x, _y, g) => {
    const bell = b.op('Exp', [b.op('Neg', [pointwise(b, 'Mul', x, x)], x.shape)], x.shape);
    return pointwise(b, 'Mul', g, pointwise(b, 'Mul', bell, b.scalar(2 / Math.sqrt(Math.PI))));
  }),
  Clip: clip,
};
