import type { RowLabels } from '../../fit/rows.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import type { LearnRows } from '../learner.ts';
import type { RidgeParts } from './parts.ts';
import { maxOutputs, maxWeights, tooManyWeights } from './options.ts';

/** Throws `learn-rows-do-not-fit` when rows do not have the values that a head reads. */
export function requireFit({ rows, x }: Pick<LearnRows, 'rows' | 'x'>, inputs: number): void {
  if (x.length === rows * inputs) return;
  throw new TierwiseError(
    'learn-rows-do-not-fit',
    `${rows} rows hold ${x.length} values; the head takes ${inputs} per row`,
    'Give rows of the same layer as before.',
  );
}

/**
 * Columns that the targets of these rows need: those of the head, more when a class beyond them appears.
 * Rejects rows that do not fit the head: `learn-rows-do-not-fit`, `labels-do-not-fit`, `label-out-of-range`.
 */
export function outputsFor(parts: RidgeParts, { rows, x, labels }: LearnRows): number {
  const { inputs } = parts.options;
  const { outputs } = parts.sums;
  requireFit({ rows, x }, inputs);
  if (labels.kind !== parts.options.labels)
    throw new TierwiseError(
      'labels-do-not-fit',
      `the labels are for ${labels.kind}, the head learns ${parts.options.labels}`,
      'Use labels of the same kind as the rows learned before.',
    );
  if (labels.kind === 'regression') {
    if (labels.outputs !== outputs || labels.values.length !== rows * outputs)
      throw new TierwiseError(
        'labels-do-not-fit',
        `the labels have ${labels.outputs} values per row, the head ${outputs} outputs`,
        'Give one value per output and row.',
      );
    return outputs;
  }
  assert(labels.values.length === rows, `${labels.values.length} labels for ${rows} rows`);
  if (parts.coding === 'values') return outputs;
  const needed = Math.max(outputs, highestLabel(labels.values) + 1);
  if (needed * parts.sums.columns > maxWeights) throw tooManyWeights(parts.sums.columns, needed);
  return needed;
}

/**
 * Writes [rows, outputs] targets. Classes are coded {0, 1}: earlier rows then count as 0 in the column of a class that comes later,
 * which is what they are; with ±1 the padding would have to be −1 (method 3.2).
 */
export function fillTargets(
  coding: RidgeParts['coding'],
  labels: RowLabels,
  first: number,
  rows: number,
  outputs: number,
  into: Float64Array,
): void {
  if (labels.kind === 'class' && coding === 'one-hot') {
    into.fill(0, 0, rows * outputs);
    for (let r = 0; r < rows; r++) into[r * outputs + labels.values[first + r]!] = 1;
    return;
  }
  for (let i = 0; i < rows * outputs; i++) into[i] = labels.values[first * outputs + i]!;
}

function highestLabel(values: Int32Array): number {
  let highest = -1;
  for (let r = 0; r < values.length; r++) {
    const label = values[r]!;
    if (label < 0 || label >= maxOutputs)
      throw new TierwiseError(
        'label-out-of-range',
        `row ${r} has the label ${label}, expected 0 to ${maxOutputs - 1}`,
        'Number the classes from 0.',
      );
    if (label > highest) highest = label;
  }
  return highest;
}
