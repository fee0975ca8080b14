import { openDataset } from '../data/dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import type { FitRows, LabelledRows, RowBatches, RowLabels } from '../fit/index.ts';
import type { AbortFlag } from '../model/abort.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';

/** Rows up to this size are read into memory as float32; larger ones stay in their file and are read batch by batch on every pass. */
export const memoryRowBytes = 2 ** 28;

/** Names of the arrays or columns that hold inputs and labels; defaults "x" and "y". */
export interface DataNames {
  readonly inputs?: string | undefined;
  readonly labels?: string | undefined;
}

/** Labelled rows of a data file, in memory or in the file. Close them when done. */
export interface OpenedRows {
  readonly name: string;
  readonly sha256: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly rows: FitRows;
  readonly where: 'memory' | 'file';
  /** The rows with these numbers, increasing. A copy in memory, or another selection of the same file. */
  take(numbers: Uint32Array): FitRows;
  close(): Promise<void>;
}

/**
 * Opens the rows of a data file. `memoryBytes`: most they may take in memory (default `memoryRowBytes`). Throws TierwiseError with the
 * code of the first finding when the file cannot be used; `data-not-finite` names row and column.
 */
export async function openRows(
  path: string,
  names: DataNames,
  options: { readonly memoryBytes?: number; readonly abort?: AbortFlag | undefined } = {},
): Promise<OpenedRows> {
  const { dataset, diagnostics } = await openData(path, names, options.memoryBytes ?? memoryRowBytes, options.abort);
  const common = { name: dataset.name, sha256: dataset.sha256, diagnostics };
  try {
    const labels = finiteLabels(dataset, names.labels ?? 'y', path);
    if (dataset.rows * dataset.rowElements * 4 > (options.memoryBytes ?? memoryRowBytes)) {
      const take = (numbers?: Uint32Array): RowBatches => fileRows(dataset, labels, numbers);
      return { ...common, where: 'file', rows: take(), take, close: () => dataset.close() };
    }
    const rows = await readAllRows(dataset, labels);
    await dataset.close();
    return { ...common, where: 'memory', rows, take: (numbers) => takeRows(rows, numbers), close: () => Promise.resolve() };
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

async function openData(
  path: string,
  names: DataNames,
  memoryBytes: number,
  abort: AbortFlag | undefined,
): Promise<{ readonly dataset: Dataset; readonly diagnostics: readonly Diagnostic[] }> {
  const opened = await openDataset(path, {
    ...(names.inputs === undefined ? {} : { inputs: names.inputs }),
    ...(names.labels === undefined ? {} : { labels: names.labels }),
    ...(abort === undefined ? {} : { abort }),
    tableBytes: memoryBytes,
  });
  if (opened.value !== undefined) return { dataset: opened.value, diagnostics: opened.diagnostics };
  const first = opened.diagnostics.find((d) => d.severity === 'error');
  throw new TierwiseError(
    first?.code ?? 'data-unreadable',
    `${path}: ${first?.message ?? 'the data cannot be read'}`,
    'Repair the data file or name other arrays.',
  );
}

/** The labels of a data set. Throws `labels-missing`, and `data-not-finite` naming the first row with a number that is none. */
function finiteLabels(dataset: Dataset, name: string, path: string): RowLabels {
  const { labels } = dataset;
  if (labels.kind === 'none')
    throw new TierwiseError('labels-missing', `${path} has no labels`, 'Name the array that holds them: data "…" labels NAME.');
  if (labels.kind === 'class') return labels;
  const bad = labels.values.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return labels;
  throw new TierwiseError(
    'data-not-finite',
    `${path}: row ${Math.floor(bad / labels.outputs)}, column ${bad % labels.outputs} of the labels ${JSON.stringify(name)} holds ${labels.values[bad]}; rows and columns count from 0`,
    'Remove or replace values that are infinite or not a number.',
  );
}

/** Rows that stay in their file. */
function fileRows(dataset: Dataset, all: RowLabels, numbers: Uint32Array | undefined): RowBatches {
  return {
    rows: numbers?.length ?? dataset.rows,
    inputShape: dataset.inputShape,
    labels: numbers === undefined ? all : takeLabels(all, numbers),
    batches: (size) => dataset.batches(size, numbers),
  };
}

async function readAllRows(dataset: Dataset, labels: RowLabels): Promise<LabelledRows> {
  const { rows, rowElements, inputShape } = dataset;
  const x = new Float32Array(rows * rowElements);
  if (!dataset.storesBytes) {
    await dataset.readFinite(x);
    return { rows, inputShape, x, labels };
  }
  const batchRows = Math.max(1, Math.floor((1 << 20) / rowElements));
  let bytes: Uint8Array | undefined;
  for await (const batch of dataset.batches(batchRows)) {
    x.set(batch.x, batch.first * rowElements);
    if (batch.bytes !== undefined) (bytes ??= new Uint8Array(x.length)).set(batch.bytes, batch.first * rowElements);
  }
  return { rows, inputShape, x, labels, ...(bytes === undefined ? {} : { bytes }) };
}

/** The rows with these numbers, as a copy. */
export function takeRows(data: LabelledRows, rows: Uint32Array): LabelledRows {
  const width = data.x.length / data.rows;
  const x = new Float32Array(rows.length * width);
  rows.forEach((row, at) => x.set(data.x.subarray(row * width, (row + 1) * width), at * width));
  const taken = { rows: rows.length, inputShape: data.inputShape, x, labels: takeLabels(data.labels, rows) };
  if (data.bytes === undefined) return taken;
  const bytes = new Uint8Array(x.length);
  rows.forEach((row, at) => bytes.set(data.bytes!.subarray(row * width, (row + 1) * width), at * width));
  return { ...taken, bytes };
}

function takeLabels(labels: RowLabels, rows: Uint32Array): RowLabels {
  if (labels.kind === 'class') {
    const values = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = labels.values[rows[i]!]!;
    return { ...labels, values };
  }
  const { outputs } = labels;
  const values = new Float32Array(rows.length * outputs);
  rows.forEach((row, at) => values.set(labels.values.subarray(row * outputs, (row + 1) * outputs), at * outputs));
  return { kind: 'regression', outputs, values };
}
