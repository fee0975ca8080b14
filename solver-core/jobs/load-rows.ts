import { openDataset } from '../data/dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import type { LabelledRows, RowLabels } from '../fit/index.ts';
import type { AbortFlag } from '../model/abort.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';

/** Most memory that rows may take as float32. */
const maxRowBytes = 2 ** 30;

/** Labelled rows of a file, in memory, with what was found while reading. */
export interface LoadedData {
  readonly name: string;
  readonly sha256: string;
  readonly rows: LabelledRows;
  readonly diagnostics: readonly Diagnostic[];
}

/** Names of the arrays or columns that hold inputs and labels; defaults "x" and "y". */
export interface DataNames {
  readonly inputs?: string | undefined;
  readonly labels?: string | undefined;
}

/** Reads a data file whole. Throws TierwiseError with the code of the first finding when it cannot be used. */
export async function loadRows(path: string, names: DataNames, abort?: AbortFlag): Promise<LoadedData> {
  const opened = await openDataset(path, {
    ...(names.inputs === undefined ? {} : { inputs: names.inputs }),
    ...(names.labels === undefined ? {} : { labels: names.labels }),
    ...(abort === undefined ? {} : { abort }),
  });
  const dataset = opened.value;
  if (dataset === undefined) {
    const first = opened.diagnostics.find((d) => d.severity === 'error');
    throw new TierwiseError(
      first?.code ?? 'data-unreadable',
      `${path}: ${first?.message ?? 'the data cannot be read'}`,
      'Repair the data file or name other arrays.',
    );
  }
  try {
    return { name: dataset.name, sha256: dataset.sha256, rows: await readAllRows(dataset), diagnostics: opened.diagnostics };
  } finally {
    await dataset.close();
  }
}

async function readAllRows(dataset: Dataset): Promise<LabelledRows> {
  const { rows, rowElements, inputShape, labels } = dataset;
  if (rows * rowElements * 4 > maxRowBytes) {
    const size = `${dataset.name} holds ${rows} rows of ${rowElements} numbers, ${Math.ceil((rows * rowElements * 4) / 2 ** 20)} MiB`;
    throw new TierwiseError('data-too-large', `${size}; the limit is ${maxRowBytes / 2 ** 20} MiB`, 'Use fewer rows.');
  }
  if (labels.kind === 'none')
    throw new TierwiseError('labels-missing', `${dataset.name} has no labels`, 'Name the array that holds them: data "…" labels NAME.');
  const x = new Float32Array(rows * rowElements);
  await dataset.readRows({ start: 0, count: rows }, x);
  return { rows, inputShape, x, labels };
}

/** The rows with these numbers, as a copy. */
export function takeRows(data: LabelledRows, rows: Uint32Array): LabelledRows {
  const width = data.x.length / data.rows;
  const x = new Float32Array(rows.length * width);
  rows.forEach((row, at) => x.set(data.x.subarray(row * width, (row + 1) * width), at * width));
  return { rows: rows.length, inputShape: data.inputShape, x, labels: takeLabels(data.labels, rows) };
}

function takeLabels(labels: RowLabels, rows: Uint32Array): RowLabels {
  if (labels.kind === 'class')
    return { kind: 'class', classes: labels.classes, values: Int32Array.from(rows, (row) => labels.values[row] ?? 0) };
  const { outputs } = labels;
  const values = new Float32Array(rows.length * outputs);
  rows.forEach((row, at) => values.set(labels.values.subarray(row * outputs, (row + 1) * outputs), at * outputs));
  return { kind: 'regression', outputs, values };
}
