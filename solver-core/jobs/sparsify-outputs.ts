import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { modelMetadata, readModel } from '../onnx/index.ts';
import type { SparsifyDocument } from '../protocol/index.ts';
import { checkWritable, maxModelBytes, readJson, readRegularFile, writeTogether } from './files.ts';
import { refuseToOverwrite } from './fit-outputs.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { recordPath } from './outputs.ts';
import { checkpointPath } from './sparsify-checkpoint.ts';

/** Key in the metadata of a model that was made sparse. */
export const sparsifyMetadataKey = 'tierwise.sparsify';

/** Where a sparse model goes by default: `rwkv.onnx` gives `rwkv.sparse.onnx`. */
export function defaultSparsePath(modelPath: string): string {
  const extension = extname(modelPath);
  return join(dirname(modelPath), `${basename(modelPath, extension)}.sparse${extension === '' ? '.onnx' : extension}`);
}

/**
 * Where a run writes, checked before any work: model, record and checkpoint can be written, none is a file that is read, and what is
 * there already is of an earlier run. Throws `output-would-overwrite`, `file-not-writable`.
 */
export async function prepareSparse(out: string | undefined, modelPath: string, precious: readonly string[]): Promise<string> {
  const output = resolve(out ?? defaultSparsePath(modelPath));
  const record = recordPath(output);
  for (const path of [output, record, checkpointPath(output)]) {
    await refuseToOverwrite(path, [modelPath, ...precious]);
    await checkWritable(path);
  }
  if ((await isThere(output)) && !(await isSparseModel(output))) throw foreign(output, 'a model that `tierwise sparsify` wrote');
  if ((await isThere(record)) && !(await isSparseRecord(record))) throw foreign(record, 'a record that `tierwise sparsify` wrote');
  return output;
}

/** Writes model and record. The last moment to cancel is before the first file; afterwards both are written. */
export async function writeSparse(output: string, model: Uint8Array, record: SparsifyDocument, control: JobControl): Promise<void> {
  control.onProgress?.({ stage: 'writing', message: output, fraction: null });
  await nodeHost.pause();
  checkAbort(control.abort);
  await writeTogether([
    { path: output, content: model },
    { path: recordPath(output), content: `${JSON.stringify(record, null, 2)}\n` },
  ]);
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function isSparseModel(path: string): Promise<boolean> {
  const bytes = await readRegularFile(path, maxModelBytes).catch(() => null);
  const model = bytes === null ? undefined : readModel(bytes).value;
  return model !== undefined && modelMetadata(model).has(sparsifyMetadataKey);
}

async function isSparseRecord(path: string): Promise<boolean> {
  const value = await readJson(path).catch(() => null);
  return typeof value === 'object' && value !== null && (value as { readonly schema?: unknown }).schema === 'tierwise.sparsify/1';
}

function foreign(path: string, expected: string): TierwiseError {
  return new TierwiseError(
    'output-would-overwrite',
    `${path} is there already and is not ${expected}`,
    'Choose another name with --out, or move that file away.',
    { category: 'usage' },
  );
}
