import { intAttribute, stringAttribute } from '../graph.ts';
import { tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';
import type { Dim } from '../tensor.ts';

/** Outputs Y [steps, directions, batch, hidden], Y_h and Y_c [directions, batch, hidden]; with `layout` 1 the batch comes first. */
function recurrent(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const dtype = x?.dtype ?? 'unknown';
  const shape = x?.shape ?? null;
  const recurrence = context.input(2)?.shape ?? null;
  const directions: Dim = stringAttribute(context.node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const declared = intAttribute(context.node, 'hidden_size', 0);
  const hidden: Dim = declared > 0 ? declared : (recurrence?.[2] ?? null);
  const batchFirst = intAttribute(context.node, 'layout', 0) !== 0;
  const steps = shape?.[batchFirst ? 1 : 0] ?? null;
  const batch = shape?.[batchFirst ? 0 : 1] ?? null;
  const y = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return [tensorFacts(dtype, y), tensorFacts(dtype, last), tensorFacts(dtype, last)];
}

/** Recurrent networks. */
export const recurrentRules: RuleTable = { RNN: recurrent, GRU: recurrent, LSTM: recurrent };
