import type { GraphBuilder, Value } from './builder.ts';

/** cross-entropy: of softmax(scores) against one-hot targets. squared-error: mean over rows and outputs of (score − target)². */
export type LossKind = 'cross-entropy' | 'squared-error';

/**
 * Emits the loss, a mean over the rows, and its gradient with respect to the scores.
 * Cross-entropy: L = −Σ y·log p / B, dz = (p − y)/B with p = softmax(z). Squared error: dz = 2(z − y)/(B·k).
 */
export function addLoss(b: GraphBuilder, kind: LossKind, scores: Value, target: Value): { readonly loss: Value; readonly gradient: Value } {
  const { shape } = scores;
  const [rows = 1, outputs = 1] = shape;
  const mean = (v: Value, count: number): Value => {
    const sum = b.op('ReduceSum', [v, b.ints([0, 1])], [], { keepdims: 0 });
    return b.op('Mul', [sum, b.scalar(1 / count)], []);
  };
  if (kind === 'cross-entropy') {
    const logs = b.op('LogSoftmax', [scores], shape, { axis: 1 });
    const gap = b.op('Sub', [b.op('Exp', [logs], shape), target], shape);
    return { loss: mean(b.op('Mul', [logs, target], shape), -rows), gradient: b.op('Mul', [gap, b.scalar(1 / rows)], shape) };
  }
  const gap = b.op('Sub', [scores, target], shape);
  return {
    loss: mean(b.op('Mul', [gap, gap], shape), rows * outputs),
    gradient: b.op('Mul', [gap, b.scalar(2 / (rows * outputs))], shape),
  };
}
