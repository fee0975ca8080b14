import type { EnergyDocument } from '../protocol/documents.ts';
import type { BreakEvenRange } from './break-even.ts';
import { breakEvenRange } from './break-even.ts';
import type { EvaluateInput } from './evaluate.ts';
import { formatBytes } from './format.ts';
import { place } from './inference.ts';
import { acrossRange } from './training-machine.ts';

/** Assumptions that are choices rather than constants with a band; they never dominate. `bare`: the same input without references; `trainer`: on the machine that would train, without references. */
export function statements(input: EvaluateInput, bare: EvaluateInput, trainer: EvaluateInput | null = null): EnergyDocument['assumptions'] {
  const { context, scenario, layers } = input;
  const placement = place(layers, context);
  const { inference, training } = context.target.arithmetic;
  const list: (readonly [string, string])[] = [
    [
      'rows',
      scenario.rows.source === 'assumed'
        ? `${scenario.rows.value} training rows assumed: name the data to use its row count.`
        : `${scenario.rows.value} training rows, from the data.`,
    ],
    ['update', `An incremental update brings ${scenario.updateRows} rows.`],
    [
      'placement',
      `Weights (${formatBytes(placement.weightBytes)}) live in ${placement.weights.name}, activations (at most ${formatBytes(placement.activationBytes)}) in ${placement.activations.name}.`,
    ],
    [
      'scope',
      'Multiply-adds of weight-bearing layers in one run: one sample, or the batch that the model fixes. Pooling, normalisation, activation functions, data loading and the power supply are not counted.',
    ],
    ['band of sums', 'Bands of sums add low to low and high to high, because the same constants stand behind every part.'],
  ];
  const corners = breakEvenRange(bare);
  if (corners !== null) list.push(['break-even', breakEvenText(corners, 'retraining by gradient descent')]);
  if (trainer !== null) {
    const { id, name } = trainer.context.target;
    list.push(['training machine', `Gradient descent would run on ${id} (${name}); name another one with train on or --train-on.`]);
    const across = id === context.target.id ? null : acrossRange(bare, trainer);
    if (across !== null) list.push(['break-even across', breakEvenText(across, `gradient descent on ${id} for each retraining`)]);
  }
  if (inference.kind === 'fixed')
    list.push([
      'arithmetic',
      `Layers run as fixed-point numbers of at most ${inference.bits} bits on this target, whatever the file stores.`,
    ]);
  if (training.kind === 'fixed')
    list.push([
      'training arithmetic',
      `Gradient descent is priced in the same ${training.bits}-bit arithmetic as the direct solve, which favours gradient descent.`,
    ]);
  return list.map(([name, text]) => ({ name, text, dominates: false }));
}

function breakEvenText(corners: BreakEvenRange, rival: string): string {
  const show = (n: number | null): string => (n === null ? 'never' : n === 0 ? 'at once' : `after ${n}`);
  const same = corners.low === corners.high;
  return `Solving directly with incremental updates on the target has used less than ${rival} ${same ? show(corners.low) : `${show(corners.low)} to ${show(corners.high)}`} (number of retrainings, for each table alone and at both ends of the epochs).`;
}
