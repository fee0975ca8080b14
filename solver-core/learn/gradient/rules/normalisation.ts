import { floatAttribute, intAttribute } from '../../../model/graph.ts';
import { elementsOf, reducedTo, reshaped, type GraphBuilder, type Value } from '../builder.ts';
import { axisOf, forWanted, refuse, type Rule, type RuleTable } from './rule.ts';

const times = (b: GraphBuilder, x: Value, y: Value): Value => b.op('Mul', [x, y], x.shape);

/**
 * Inference form: y = scale·(x − mean)/√(var + ε) + bias with stored statistics. dX = G·scale/√(var+ε), dScale = Σ G·(x − mean)/√(var+ε),
 * dBias = Σ G over everything but the channels. The statistics are not trained.
 */
const batchNormalization: Rule = (context) => {
  const { builder: b, node } = context;
  if (intAttribute(node, 'training_mode', 0) !== 0)
    return refuse('it computes statistics of the batch; export the model in inference form');
  const [x, scale, bias] = [context.operand(0), context.operand(1), context.operand(2)];
  const mean = context.frozen(3);
  const variance = context.frozen(4);
  if (mean === undefined || variance === undefined) return refuse('its mean and variance are not stored');
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const output = b.op('BatchNormalization', [x, scale, bias, context.operand(3), context.operand(4)], x.shape, {
    epsilon: { float: epsilon },
  });
  const channel = x.shape.map((dim, axis) => (axis === 1 ? dim : 1));
  const perChannel = (values: Float32Array): Value => b.floats(values, channel);
  const inverse = (): Value => perChannel(variance.map((v) => 1 / Math.sqrt(v + epsilon)));
  const asChannel = (v: Value): Value => b.op('Reshape', [v, b.ints(channel)], channel);
  const summed = (v: Value): Value => reshaped(b, reducedTo(b, v, channel), scale.shape);
  return {
    output,
    backward: (g) =>
      forWanted(context, [
        () => times(b, g, b.op('Mul', [asChannel(scale), inverse()], channel)),
        () => summed(times(b, g, times(b, b.op('Sub', [x, perChannel(mean)], x.shape), inverse()))),
        () => summed(g),
      ]),
  };
};

/**
 * x̂ = (x − mean)/√(var + ε) over the last axes, y = scale·x̂ + bias. With H = G·scale: dX = (H − mean(H) − x̂·mean(H·x̂))/√(var+ε).
 * Source: Ba, Kiros, Hinton, "Layer normalization", arXiv 1607.06450.
 */
const layerNormalization: Rule = (context) => {
  const { builder: b, node } = context;
  const x = context.operand(0);
  const scale = context.operand(1);
  const bias = context.input(2);
  const rank = x.shape.length;
  const first = axisOf(intAttribute(node, 'axis', -1), rank);
  const axes = x.shape.flatMap((_, axis) => (axis >= first ? [axis] : []));
  const kept = x.shape.map((dim, axis) => (axis >= first ? 1 : dim));
  const mean = (v: Value): Value => b.op('ReduceMean', [v], kept, { axes, keepdims: 1 });
  const centred = b.op('Sub', [x, mean(x)], x.shape);
  const variance = b.op('Add', [mean(times(b, centred, centred)), b.scalar(floatAttribute(node, 'epsilon', 1e-5))], kept);
  const deviation = b.op('Sqrt', [variance], kept);
  const unit = b.op('Div', [centred, deviation], x.shape);
  const scaled = times(b, unit, scale);
  return {
    output: bias === undefined ? scaled : b.op('Add', [scaled, bias], x.shape),
    backward: (g) =>
      forWanted(context, [
        () => {
          const h = times(b, g, scale);
          const along = times(b, unit, mean(times(b, h, unit)));
          const across = b.op('Sub', [b.op('Sub', [h, mean(h)], x.shape), along], x.shape);
          return b.op('Div', [across, deviation], x.shape);
        },
        () => reducedTo(b, times(b, g, unit), scale.shape),
        bias === undefined ? undefined : () => reducedTo(b, g, bias.shape),
      ]),
  };
};

/** Softmax or its logarithm over one axis; before operator set 13 over all axes from `axis` (default 1) on. */
const softmax =
  (op: 'Softmax' | 'LogSoftmax'): Rule =>
  (context) => {
    const { builder: b, node, opset } = context;
    const x = context.operand(0);
    const rank = x.shape.length;
    const axis = axisOf(intAttribute(node, 'axis', opset < 13 ? 1 : -1), rank);
    if (opset < 13 && elementsOf(x.shape.slice(axis + 1)) !== 1) return refuse('it normalises over several axes at once');
    const y = b.op(op, [x], x.shape, { axis });
    const kept = x.shape.map((dim, i) => (i === axis ? 1 : dim));
    const sum = (v: Value): Value => b.op('ReduceSum', [v, b.ints([axis])], kept, { keepdims: 1 });
    return {
      output: y,
      backward: (g) =>
        forWanted(context, [
          () =>
            op === 'Softmax'
              ? times(b, y, b.op('Sub', [g, sum(times(b, g, y))], x.shape))
              : b.op('Sub', [g, times(b, b.op('Exp', [y], x.shape), sum(g))], x.shape),
        ]),
    };
  };

/** Normalising operators. */
export const normalisationRules: RuleTable = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
};
