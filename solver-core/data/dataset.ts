import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { AbortFlag } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { assert, TierwiseError } from '../model/error.ts';
import type { RowArray } from './array.ts';
import { tooLarge } from './array.ts';
import { openCsv } from './csv.ts';
import { DataFault, quoted, toDiagnostic } from './fault.ts';
import type { GatheredBatch } from './gather.ts';
import { gatherRows, requireFinite } from './gather.ts';
import { openIdx } from './idx.ts';
import type { Labels } from './labels.ts';
import { arrayLabels } from './labels.ts';
import { openNpy, openNpzArrays } from './npz.ts';
import { openRegular } from './open-file.ts';
import type { OpenedData } from './opened.ts';

export type { GatheredBatch } from './gather.ts';
export type { Labels } from './labels.ts';

/** Which rows to read: consecutive ones, or any by index (repeats allowed). */
export type RowSelection = { readonly start: number; readonly count: number } | ArrayLike<number>;

/** Labelled rows of numbers, opened for reading. Close it when done. */
export interface Dataset {
  /** File name without its folder. */
  readonly name: string;
  readonly format: 'npz' | 'npy' | 'csv' | 'idx';
  /** Hex SHA-256 of the file. */
  readonly sha256: string;
  readonly rows: number;
  /** Shape of one row; [] for a single number. */
  readonly inputShape: readonly number[];
  /** Elements of one row: the product of `inputShape`. */
  readonly rowElements: number;
  readonly labels: Labels;
  /** Rows as float32, row-major, into `out[0 .. n·rowElements)`. Rejects with a TierwiseError when the file changed or broke. */
  readRows(selection: RowSelection, out: Float32Array): Promise<void>;
  /**
   * The rows with these numbers (increasing; default all) in batches of `size`, read as they are asked for: memory O(batch). Rejects
   * as `readRows` does, and with `data-not-finite` naming row and column.
   */
  batches(size: number, rows?: Uint32Array): AsyncGenerator<GatheredBatch>;
  /** True when the file stores 8-bit unsigned integers, which `batches` hands over as they are. */
  readonly storesBytes: boolean;
  /** All rows into `out`, as `readRows` with the check of `batches`. */
  readFinite(out: Float32Array): Promise<void>;
  close(): Promise<void>;
}

export interface DatasetOptions {
  /** Array of an .npz, or columns of a .csv separated by commas. Default "x": for .csv every column but the label. */
  readonly inputs?: string;
  /** Array of an .npz, or column of a .csv. Default "y": for .csv the last column. Null: no labels are needed. */
  readonly labels?: string | null;
  /** Most bytes one array may take in memory. Default 1 GiB. Rows of .npy and of stored .npz members stay in the file,
   * unless rows are picked by index and the array is at most a quarter of this. */
  readonly maxBytes?: number;
  /** Most bytes a .csv may take in memory as float32; a larger one is read from the file again on every pass. Default: it is refused above `maxBytes`. */
  readonly tableBytes?: number;
  readonly abort?: AbortFlag;
}

/** 1 GiB. */
export const defaultMaxBytes = 2 ** 30;

/**
 * Opens a data file by its extension: .npz, .npy, .csv (.tsv, .txt, .data), .idx or IDX names as `…-ubyte`, also with .gz.
 * `path` is absolute; the caller decides which paths are allowed. Faults of the file are diagnostics (`data-unreadable`,
 * `data-truncated`, `data-too-large`, `array-missing`, `dtype-unsupported`, `shape-mismatch`, `csv-not-numeric`);
 * `labels-mapped` (info) reports classes that we numbered. Rejects only with AbortError.
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Checked<Dataset>> {
  let file: FileHandle | undefined;
  try {
    file = await openRegular(path);
    const fileBytes = (await file.stat()).size;
    await refusePointer(file);
    const opened = await openByFormat(path, file, fileBytes, options);
    checkRows(opened.inputs, options);
    const sha256 = await hashFile(file, options.abort);
    return {
      value: makeDataset(path, file, sha256, opened, options),
      diagnostics: [...opened.diagnostics, ...mappingNote(opened.labels, path)],
    };
  } catch (error) {
    await file?.close();
    const fault = asFault(error, path);
    if (fault === undefined) throw error;
    return { value: undefined, diagnostics: [toDiagnostic(fault, path)] };
  }
}

/** Formats by the end of the file name. */
export function formatOf(path: string): Dataset['format'] | undefined {
  const name = basename(path).toLowerCase();
  if (name.endsWith('.npz')) return 'npz';
  if (name.endsWith('.npy')) return 'npy';
  if (/\.(csv|tsv|txt|data)$/.test(name)) return 'csv';
  if (/(\.idx|\.idx[13]|-ubyte)(\.gz)?$/.test(name)) return 'idx';
  return undefined;
}

async function openByFormat(path: string, file: FileHandle, fileBytes: number, options: DatasetOptions): Promise<OpenedData> {
  const inputs = options.inputs ?? 'x';
  const labels = options.labels === undefined ? 'y' : options.labels;
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  switch (formatOf(path)) {
    case 'npz': {
      const [x, y] = await openNpzArrays(file, fileBytes, labels === null ? [inputs] : [inputs, labels], maxBytes);
      assert(x !== undefined, 'the npz reader returned no array');
      return {
        inputs: x,
        labels: y === undefined || labels === null ? { kind: 'none' } : await arrayLabels(y, x.rows, inputs, labels, maxBytes),
        diagnostics: [],
      };
    }
    case 'npy': {
      if (labels !== null)
        throw new DataFault(
          'array-missing',
          `A .npy file holds one array, so there are no labels ${quoted(labels)}. Save both in one file: np.savez("data.npz", x=x, y=y).`,
          { tensor: labels },
        );
      return { inputs: await openNpy(file, fileBytes, inputs, maxBytes), labels: { kind: 'none' }, diagnostics: [] };
    }
    case 'csv':
      return openCsv(file, fileBytes, {
        inputs,
        labels,
        maxBytes,
        tableBytes: options.tableBytes,
        ...(options.abort === undefined ? {} : { abort: options.abort }),
      });
    case 'idx':
      return openIdx(path, file, { labels, maxBytes });
    case undefined:
      throw new DataFault('data-unreadable', `${quoted(basename(path))} has no known data format; .npz, .npy, .csv and .idx are read.`);
  }
}

function checkRows(inputs: RowArray, options: DatasetOptions): void {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const name = options.inputs ?? 'x';
  if (inputs.rows < 1 || inputs.rowElements < 1)
    throw new DataFault('shape-mismatch', `${quoted(name)} has the shape [${inputs.layout.dims.join(', ')}]: there are no rows to read.`, {
      tensor: name,
    });
  if (inputs.rowElements * 4 > maxBytes)
    throw new DataFault('data-too-large', tooLarge(`One row of ${quoted(name)}`, inputs.rowElements * 4, maxBytes, 'Split the rows.'), {
      tensor: name,
    });
}

function makeDataset(path: string, file: FileHandle, sha256: string, opened: OpenedData, options: DatasetOptions): Dataset {
  const keepBytes = (options.maxBytes ?? defaultMaxBytes) / 4;
  const name = options.inputs ?? 'x';
  let { inputs } = opened;
  // Whole numbers are finite, and what was looked at once does not change.
  let isFinite = !inputs.layout.kind.startsWith('f');
  // One read at a time: the readers reuse their buffers.
  let last: Promise<void> = Promise.resolve();
  const read = async (selection: RowSelection, out: Float32Array): Promise<void> => {
    try {
      // Picking rows one by one from a file costs a system call each, so an array of moderate size is loaded first.
      const sizeBytes = inputs.layout.elements * inputs.layout.itemBytes;
      if (!('start' in selection) && sizeBytes <= keepBytes) inputs = await inputs.loaded();
      await readSelection(inputs, selection, out);
    } catch (error) {
      throw readError(error, path);
    }
  };
  const batches = async function* (size: number, rows?: Uint32Array): AsyncGenerator<GatheredBatch> {
    await last;
    try {
      yield* gatherRows(inputs, { name, rows, size, checkFinite: !isFinite, abort: options.abort });
      if (rows === undefined) isFinite = true;
    } catch (error) {
      throw readError(error, path);
    }
  };
  return {
    name: basename(path),
    format: formatOf(path) ?? 'npz',
    sha256,
    rows: inputs.rows,
    inputShape: inputs.layout.dims.slice(1),
    rowElements: inputs.rowElements,
    labels: opened.labels,
    readRows(selection, out) {
      const next = last.then(() => read(selection, out));
      last = next.catch(() => undefined);
      return next;
    },
    batches,
    storesBytes: inputs.readBytes !== undefined,
    readFinite(out) {
      const pieceRows = Math.max(1, Math.floor((1 << 20) / inputs.rowElements));
      const next = last.then(async () => {
        for (let start = 0; start < inputs.rows; start += pieceRows) {
          checkAbort(options.abort);
          const count = Math.min(pieceRows, inputs.rows - start);
          const piece = out.subarray(start * inputs.rowElements, (start + count) * inputs.rowElements);
          await read({ start, count }, piece);
          if (isFinite) continue;
          try {
            requireFinite(piece, inputs.rowElements, name, (row) => start + row);
          } catch (error) {
            throw readError(error, path);
          }
        }
        isFinite = true;
      });
      last = next.catch(() => undefined);
      return next;
    },
    close: () => last.then(() => file.close()),
  };
}

/** What a reader of rows is told when the file turns out to be bad after it was opened. */
function readError(error: unknown, path: string): unknown {
  const fault = asFault(error, path);
  if (fault === undefined) return error;
  const advice =
    fault.code === 'data-not-finite' ? 'Repair the data file.' : 'The data file changed while it was read; run again when it is complete.';
  return new TierwiseError(fault.code, `${path}: ${fault.message}`, advice, { cause: error });
}

/** Reads runs of consecutive indices at once, so that a sorted selection costs few reads. */
async function readSelection(inputs: RowArray, selection: RowSelection, out: Float32Array): Promise<void> {
  const { rows, rowElements } = inputs;
  const isRange = 'start' in selection;
  const count = isRange ? selection.count : selection.length;
  assert(out.length >= count * rowElements, `the output holds ${out.length} numbers, ${count * rowElements} are needed`);
  if (isRange) {
    assert(selection.start >= 0 && selection.start + count <= rows, `rows ${selection.start} to ${selection.start + count} of ${rows}`);
    return inputs.readRange(selection.start, count, out, 0);
  }
  for (let at = 0; at < count;) {
    const first = selection[at] ?? -1;
    let run = 1;
    while (at + run < count && selection[at + run] === first + run) run += 1;
    assert(first >= 0 && first + run <= rows, `row ${first} of ${rows}`);
    await inputs.readRange(first, run, out, at * rowElements);
    at += run;
  }
}

async function refusePointer(file: FileHandle): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(48), 0, 48, 0);
  if (buffer.toString('latin1', 0, bytesRead).startsWith('version https://git-lfs')) {
    throw new DataFault('data-unreadable', 'This is a Git LFS pointer, not the data itself. Fetch the data: git lfs pull.');
  }
}

async function hashFile(file: FileHandle, abort: AbortFlag | undefined): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; ;) {
    checkAbort(abort);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function mappingNote(labels: Labels, path: string): readonly Diagnostic[] {
  if (labels.kind !== 'class' || labels.names === null) return [];
  const shown = labels.names
    .slice(0, 10)
    .map((name, index) => `${quoted(name)} = ${index}`)
    .join(', ');
  const more = labels.names.length > 10 ? `, … ${labels.names.length} in all` : '';
  return [{ severity: 'info', code: 'labels-mapped', message: `Labels were numbered in sorted order: ${shown}${more}.`, where: { path } }];
}

/** Our faults, and failures of the file system as one; undefined for anything else (a cancel, a mistake of ours). */
function asFault(error: unknown, path: string): DataFault | undefined {
  if (error instanceof DataFault) return error;
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return undefined;
  const what = code === 'ENOENT' ? 'There is no file' : `The system reports ${code} for`;
  return new DataFault('data-unreadable', `${what} ${quoted(basename(path))}. Check the path in the data line.`);
}
