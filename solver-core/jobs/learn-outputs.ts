import { basename, dirname, extname, join, resolve } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import { checkWritable, sameFile } from './files.ts';
import { recordPath } from './outputs.ts';

/** The three files of a learning run. */
export interface LearnPaths {
  readonly output: string;
  readonly record: string;
  readonly state: string;
}

/** Where learning writes: by default `digits.learned.onnx`, `digits.learned.json` and `digits.learned.state` beside `digits.onnx`. */
export function learnPaths(
  modelPath: string,
  params: { readonly out?: string | undefined; readonly state?: string | undefined },
): LearnPaths {
  const extension = extname(modelPath);
  const stem = join(dirname(modelPath), `${basename(modelPath, extension)}.learned`);
  const output = resolve(params.out ?? `${stem}${extension === '' ? '.onnx' : extension}`);
  return { output, record: recordPath(output), state: resolve(params.state ?? `${stem}.state`) };
}

/**
 * Throws TierwiseError before any work: `output-would-overwrite` when a file to be written is one that is read, or two of them are the
 * same, `file-not-writable` when it can clearly not be written there. A state is read and written under one name, that is meant.
 */
export async function checkLearnPaths(paths: LearnPaths, precious: readonly (string | null)[]): Promise<void> {
  const outputs = [paths.output, paths.record, paths.state];
  for (const [at, path] of outputs.entries()) {
    for (const other of [...precious, ...outputs.slice(0, at)]) {
      if (other === null || (other !== path && !(await sameFile(other, path)))) continue;
      const isInput = precious.includes(other);
      throw new TierwiseError(
        'output-would-overwrite',
        isInput ? `${path} is a file of yours that is read` : `${path} is to be written twice, as a model and as a state`,
        'Choose another name with --out or --state.',
        { category: 'usage' },
      );
    }
    await checkWritable(path);
  }
}
