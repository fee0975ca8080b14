import { resolve } from 'node:path';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { FitDocument } from '../protocol/index.ts';
import { checkWritable, sameFile, writeTogether } from './files.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { defaultFittedPath, recordPath } from './outputs.ts';

/** What a job reads stays as it is, under whatever name its output comes. Throws `output-would-overwrite`. */
export async function refuseToOverwrite(output: string, precious: readonly string[]): Promise<void> {
  for (const path of precious) {
    if (output !== path && !(await sameFile(output, path))) continue;
    throw new TierwiseError(
      'output-would-overwrite',
      `the output ${output} is a file of yours that the command reads`,
      'Choose another name with --out.',
      { category: 'usage' },
    );
  }
}

/** Where a fit writes, checked before any work: model and record can be written, and neither is a file that is read. */
export async function prepareOutput(out: string | undefined, modelPath: string, precious: readonly string[]): Promise<string> {
  const output = resolve(out ?? defaultFittedPath(modelPath));
  for (const path of [output, recordPath(output)]) {
    await refuseToOverwrite(path, [modelPath, ...precious]);
    await checkWritable(path);
  }
  return output;
}

/** Writes model and record. The last moment to cancel is before the first file; afterwards both are written. */
export async function writeFit(output: string, fitted: Uint8Array, record: FitDocument, control: JobControl): Promise<void> {
  control.onProgress?.({ stage: 'writing', message: output, fraction: null });
  await nodeHost.pause();
  checkAbort(control.abort);
  await writeTogether([
    { path: output, content: fitted },
    { path: recordPath(output), content: `${JSON.stringify(record, null, 2)}\n` },
  ]);
}
