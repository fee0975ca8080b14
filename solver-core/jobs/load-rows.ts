import { TierwiseError } from '../model/error.ts';
import { isInMemory } from '../fit/index.ts';
import type { LabelledRows } from '../fit/index.ts';
import type { AbortFlag } from '../model/abort.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { openRows } from './open-rows.ts';
import type { DataNames } from './open-rows.ts';

export { takeRows, type DataNames } from './open-rows.ts';

/** Most memory that rows which must be in memory may take as float32. */
const maxRowBytes = 2 ** 30;

/** Labelled rows of a file, in memory, with what was found while reading. */
export interface LoadedData {
  readonly name: string;
  readonly sha256: string;
  readonly rows: LabelledRows;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a data file whole. Throws TierwiseError with the code of the first finding when it cannot be used. */
export async function loadRows(path: string, names: DataNames, abort?: AbortFlag): Promise<LoadedData> {
  const opened = await openRows(path, names, { memoryBytes: maxRowBytes, abort });
  try {
    const { name, sha256, rows, diagnostics } = opened;
    if (!isInMemory(rows))
      throw new TierwiseError('data-too-large', `the rows of ${path} take more than ${maxRowBytes / 2 ** 20} MiB`, 'Use fewer rows.');
    return { name, sha256, rows, diagnostics };
  } finally {
    await opened.close();
  }
}
