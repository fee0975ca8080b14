import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkAbort } from '../model/abort.ts';
import type { SelectDocument } from '../protocol/index.ts';
import { checkWritable, writeTogether } from './files.ts';
import { refuseToOverwrite } from './fit-outputs.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { recordPath } from './outputs.ts';

/** Where a selection writes by default: `digits.onnx` gives `digits.selected.onnx`. */
export function defaultSelectedPath(modelPath: string): string {
  const extension = extname(modelPath);
  return join(dirname(modelPath), `${basename(modelPath, extension)}.selected${extension === '' ? '.onnx' : extension}`);
}

/** Where a selection writes, checked before any work: model and record can be written, and neither is a file that is read. */
export async function prepareSelected(out: string | undefined, modelPath: string, precious: readonly string[]): Promise<string> {
  const output = resolve(out ?? defaultSelectedPath(modelPath));
  for (const path of [output, recordPath(output)]) {
    await refuseToOverwrite(path, [modelPath, ...precious]);
    await checkWritable(path);
  }
  return output;
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
