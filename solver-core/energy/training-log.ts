import type { Checked } from '../model/diagnostic.ts';

/** Columns that hold held-out accuracy in the logs of common trainers, best first; in lower case. */
const heldOutColumns: readonly string[] = [
  'val_accuracy',
  'val_acc',
  'validation_accuracy',
  'valid_accuracy',
  'test_accuracy',
  'test_acc',
  'val_categorical_accuracy',
  'val_sparse_categorical_accuracy',
];
/** Longest log that is read, in epochs. */
const maxEpochs = 100_000;

/** Held-out accuracies of a training log, one per epoch as shares in 0..1. */
export interface TrainingLog {
  readonly column: string;
  readonly accuracies: readonly number[];
}

/**
 * Reads a training log as comma-separated text with a header line, as Keras (CSVLogger) and Lightning (CSVLogger) write it. Rows in which
 * the held-out accuracy is empty are steps within an epoch and are skipped. Accuracies above 1 are percentages. Findings:
 * `log-no-accuracy` (no column of that kind; training accuracy does not count), `log-invalid`. Pure, never throws.
 */
export function parseTrainingLog(text: string): Checked<TrainingLog> {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const header = (lines[0] ?? '').split(',').map((name) => name.trim().replace(/^"|"$/g, '').toLowerCase());
  const column = heldOutColumns.find((name) => header.includes(name));
  if (column === undefined) {
    const message = `the log has no column of held-out accuracy (${heldOutColumns.slice(0, 4).join(', ')} …), only ${header.slice(0, 12).join(', ')}`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'log-no-accuracy', message, where: {} }] };
  }
  const index = header.indexOf(column);
  const fields = lines.slice(1, maxEpochs + 1).map((line) => (line.split(',')[index] ?? '').trim());
  const numbers = fields.filter((field) => field !== '').map(Number);
  const isPercent = numbers.some((n) => n > 1);
  const accuracies = isPercent ? numbers.map((n) => n / 100) : numbers;
  if (accuracies.length === 0 || accuracies.some((a) => !(a >= 0 && a <= 1))) {
    const message = `the column ${column} of the log holds ${accuracies.length === 0 ? 'no number' : 'what is no accuracy'}`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'log-invalid', message, where: {} }] };
  }
  return { value: { column, accuracies }, diagnostics: [] };
}
