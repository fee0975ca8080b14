import { rowShapeFor } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { OpenedRows } from './open-rows.ts';
import type { RunnableModel } from './runnable-model.ts';

/**
 * Throws TierwiseError unless the rows fit the model's input (`data-shape-mismatch`) and their labels its last layer
 * (`label-out-of-range` naming the row, `label-shape-mismatch`): better than what a model runtime would say.
 */
export function checkAgainstModel(data: Pick<OpenedRows, 'rows' | 'name'>, { input, layers }: RunnableModel): void {
  const { rows, name } = data;
  if (rowShapeFor(input, rows.inputShape) === undefined) {
    const wanted = (input.shape ?? []).map((dim) => dim ?? '?').join(', ');
    throw new TierwiseError(
      'data-shape-mismatch',
      `a row of ${name} has shape [${rows.inputShape.join(', ')}], the model's input ${JSON.stringify(input.name)} takes [${wanted}] with the batch first`,
      'Name other inputs, or reshape the data.',
    );
  }
  const last = layers.at(-1);
  const outputs = last?.linear?.outputs;
  if (outputs === undefined || outputs === 1 || rows.labels.kind !== 'class') return;
  const row = rows.labels.values.findIndex((label) => label < 0 || label >= outputs);
  if (row < 0) return;
  throw new TierwiseError(
    'label-out-of-range',
    `row ${row} of ${name} has label ${rows.labels.values[row]}, but the model's last layer ${JSON.stringify(last?.id)} has ${outputs} outputs, so labels run from 0 to ${outputs - 1}`,
    'Choose other labels, or a model with enough outputs.',
  );
}
