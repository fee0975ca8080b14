import { basename, dirname, extname, join, resolve } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import { checkWritable, sameFile } from './files.ts';
import { removeLeftovers } from './temporary-files.ts';

/** The files of a compound run. */
export interface CompoundPaths {
  readonly record: string;
  readonly lower: string;
  readonly upper: string;
  readonly state: string;
  readonly log: string;
}

/** Where a run writes: `rwkv.compound.json` and so on beside `rwkv.onnx`, or in the folder `out`; the state where `state` says. */
export function compoundPaths(modelPath: string, params: { readonly out?: string; readonly state?: string }): CompoundPaths {
  const stem = join(
    params.out === undefined ? dirname(modelPath) : resolve(params.out),
    `${basename(modelPath, extname(modelPath))}.compound`,
  );
  return {
    record: `${stem}.json`,
    lower: `${stem}.lower.onnx`,
    upper: `${stem}.upper.onnx`,
    state: params.state === undefined ? `${stem}.state` : resolve(params.state),
    log: `${stem}.log.jsonl`,
  };
}

/**
 * Throws before any work: `output-would-overwrite` when a file to be written is one that is read or written twice, `file-not-writable`.
 * Removes what killed runs have left of these files.
 */
export async function checkCompoundPaths(paths: CompoundPaths, precious: readonly (string | null)[]): Promise<void> {
  const outputs = Object.values(paths) as readonly string[];
  for (const [at, path] of outputs.entries()) {
    for (const other of [...precious, ...outputs.slice(0, at)]) {
      if (other === null || (other !== path && !(await sameFile(other, path)))) continue;
      throw new TierwiseError(
        'output-would-overwrite',
        precious.includes(other) ? `${path} is a file of yours that is read` : `${path} is to be written twice`,
        'Choose another folder with --out or another --state.',
        { category: 'usage' },
      );
    }
    await checkWritable(path);
  }
  await removeLeftovers(outputs);
}
