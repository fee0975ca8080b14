import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { modelMetadata, readModel } from '../onnx/index.ts';
import type { SelectDocument } from '../protocol/index.ts';
import { checkWritable, maxModelBytes, readJson, readRegularFile, writeTogether } from './files.ts';
import { refuseToOverwrite } from './fit-outputs.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { recordPath } from './outputs.ts';

/** Where a selection writes by default: `digits.onnx` gives `digits.selected.onnx`. */
export function defaultSelectedPath(modelPath: string): string {
  const extension = extname(modelPath);
  return join(dirname(modelPath), `${basename(modelPath, extension)}.selected${extension === '' ? '.onnx' : extension}`);
}

/**
 * Where a selection writes, checked before any work: model and record can be written, neither is a file that is read, and what is there
 * already is an earlier selection. Throws `output-would-overwrite`, `file-not-writable`.
 */
export async function prepareSelected(out: string | undefined, modelPath: string, precious: readonly string[]): Promise<string> {
  const output = resolve(out ?? defaultSelectedPath(modelPath));
  for (const path of [output, recordPath(output)]) {
    await refuseToOverwrite(path, [modelPath, ...precious]);
    await checkWritable(path);
  }
  if ((await isThere(output)) && !(await isSelectedModel(output))) throw foreign(output, 'a model that `tierwise select` wrote');
  const record = recordPath(output);
  if ((await isThere(record)) && !(await isSelectRecord(record))) throw foreign(record, 'a record that `tierwise select` wrote');
  return output;
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function isSelectedModel(path: string): Promise<boolean> {
  const bytes = await readRegularFile(path, maxModelBytes).catch(() => null);
  const model = bytes === null ? undefined : readModel(bytes).value;
  return model !== undefined && modelMetadata(model).has('tierwise.select');
}

async function isSelectRecord(path: string): Promise<boolean> {
  const value = await readJson(path).catch(() => null);
  return typeof value === 'object' && value !== null && (value as { readonly schema?: unknown }).schema === 'tierwise.select/1';
}

function foreign(path: string, expected: string): TierwiseError {
  return new TierwiseError(
    'output-would-overwrite',
    `${path} is there already and is not ${expected}`,
    'Choose another name with --out, or move that file away.',
    { category: 'usage' },
  );
}

/** Writes model and record. The last moment to cancel is before the first file; afterwards both are written. */
export async function writeSelected(output: string, model: Uint8Array, record: SelectDocument, control: JobControl): Promise<void> {
  control.onProgress?.({ stage: 'writing', message: output, fraction: null });
  await nodeHost.pause();
  checkAbort(control.abort);
  await writeTogether([
    { path: output, content: model },
    { path: recordPath(output), content: `${JSON.stringify(record, null, 2)}\n` },
  ]);
}
