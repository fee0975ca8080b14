import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { modelMetadata, readModel } from '../onnx/index.ts';
import { checkWritable, maxModelBytes, readJson, readRegularFile, writeTogether } from './files.ts';
import { refuseToOverwrite } from './fit-outputs.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { recordPath } from './outputs.ts';

/** How the files of one kind of search are told from others. */
export interface SearchFiles {
  /** The command, e.g. "select". */
  readonly command: string;
  /** What stands between name and extension of the model that it writes by default, e.g. "selected". */
  readonly suffix: string;
  /** A key in the metadata of every model that it wrote. */
  readonly metadataKey: string;
  /** `schema` of its records. */
  readonly schema: string;
}

/** Where a search writes by default: `digits.onnx` gives `digits.selected.onnx`. */
export function defaultSearchPath({ suffix }: SearchFiles, modelPath: string): string {
  const extension = extname(modelPath);
  return join(dirname(modelPath), `${basename(modelPath, extension)}.${suffix}${extension === '' ? '.onnx' : extension}`);
}

/**
 * Where a search writes, checked before any work: model, record and the files `beside` the model can be written, none is a file that is
 * read, and what is there already is of an earlier run. Throws `output-would-overwrite`, `file-not-writable`.
 */
export async function prepareSearchOutput(
  files: SearchFiles,
  out: string | undefined,
  modelPath: string,
  precious: readonly string[],
  beside: (output: string) => readonly string[] = () => [],
): Promise<string> {
  const output = resolve(out ?? defaultSearchPath(files, modelPath));
  const record = recordPath(output);
  for (const path of [output, record, ...beside(output)]) {
    await refuseToOverwrite(path, [modelPath, ...precious]);
    await checkWritable(path);
  }
  const wrote = `that \`tierwise ${files.command}\` wrote`;
  if ((await isThere(output)) && !(await hasKey(output, files.metadataKey))) throw foreign(output, `a model ${wrote}`);
  if ((await isThere(record)) && !(await hasSchema(record, files.schema))) throw foreign(record, `a record ${wrote}`);
  return output;
}

/** Writes model and record. The last moment to cancel is before the first file; afterwards both are written. */
export async function writeSearched(output: string, model: Uint8Array, record: object, control: JobControl): Promise<void> {
  control.onProgress?.({ stage: 'writing', message: output, fraction: null });
  await nodeHost.pause();
  checkAbort(control.abort);
  await writeTogether([
    { path: output, content: model },
    { path: recordPath(output), content: `${JSON.stringify(record, null, 2)}\n` },
  ]);
}

/** True when something has this name, a broken link included. */
export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function hasKey(path: string, key: string): Promise<boolean> {
  const bytes = await readRegularFile(path, maxModelBytes).catch(() => null);
  const model = bytes === null ? undefined : readModel(bytes).value;
  return model !== undefined && modelMetadata(model).has(key);
}

async function hasSchema(path: string, schema: string): Promise<boolean> {
  const value = await readJson(path).catch(() => null);
  return typeof value === 'object' && value !== null && (value as { readonly schema?: unknown }).schema === schema;
}

/** The error for a file that is in the way. `expected`: what it would have to be. */
export function foreign(path: string, expected: string): TierwiseError {
  return new TierwiseError(
    'output-would-overwrite',
    `${path} is there already and is not ${expected}`,
    'Choose another name with --out, or move that file away.',
    { category: 'usage' },
  );
}
