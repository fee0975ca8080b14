import { TierwiseError } from '../../model/error.ts';
import type { LearnRows } from '../learner.ts';

/**
 * Targets [rows, outputs] of gradient steps: one-hot classes, the class index for a single output, or the labels' own numbers.
 * Rejects with `class-growth-unsupported` for a class beyond the outputs, `label-shape-mismatch` for labels of another width.
 */
export function stepTargets({ rows, labels }: LearnRows, outputs: number): Float32Array {
  if (labels.kind === 'regression') {
    if (labels.outputs === outputs) return labels.values.subarray(0, rows * outputs);
    throw new TierwiseError(
      'label-shape-mismatch',
      `the labels have ${labels.outputs} values per row, the model ${outputs} outputs`,
      'Choose other labels.',
    );
  }
  const values = labels.values.subarray(0, rows);
  if (outputs === 1) return Float32Array.from(values);
  const targets = new Float32Array(rows * outputs);
  values.forEach((label, row) => {
    if (label < 0 || label >= outputs)
      throw new TierwiseError(
        'class-growth-unsupported',
        `row ${row} has the new class ${label}; gradient steps learn the ${outputs} classes that the model's last layer has`,
        'Use `learn rls`, which grows with new classes, or give the last layer more outputs before training.',
      );
    targets[row * outputs + label] = 1;
  });
  return targets;
}
