import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { compoundJob } from '../../../solver-core/jobs/compound.ts';
import type { CompoundParams } from '../../../solver-core/jobs/compound-run.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import type { JobControl } from '../../../solver-core/jobs/job.ts';
import { TierwiseError } from '../../../solver-core/model/error.ts';
import { projectRoot } from '../../shared.ts';
import type { CompoundDecision, CompoundDocument } from '../../../solver-core/protocol/index.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with the files of an example. */
export function exampleFolder(name: 'compound' | 'text'): string {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-compound-'));
  folders.push(folder);
  cpSync(join(projectRoot, 'examples', name), folder, { recursive: true });
  return folder;
}

/** A run of the job in a folder. */
export function run(
  folder: string,
  params: Omit<CompoundParams, 'path' | 'stream'> & { readonly plan: string; readonly stream: string },
  control: JobControl = {},
): Promise<CompoundDocument> {
  const { plan, stream, ...rest } = params;
  const environment = createEnvironment('test', join(folder, 'cli.cjs'));
  return compoundJob(environment, { ...rest, path: join(folder, plan), stream: join(folder, stream) }, control);
}

/** Asks a run to stop after so many batches. */
export function stopAfter(batches: number): JobControl {
  const abort = { aborted: false };
  let seen = 0;
  return { abort, onProgress: (event) => void (event.compound !== undefined && ++seen >= batches && (abort.aborted = true)) };
}

/** The code and message of the error that a run ends with. */
export async function failure(job: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await job;
  } catch (error) {
    if (error instanceof TierwiseError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected an error');
}

export function logOf(document: CompoundDocument): readonly CompoundDecision[] {
  return readFileSync(document.outputs.log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CompoundDecision);
}

/** The plan of a folder with a text replaced. */
export function editPlan(folder: string, plan: string, from: string | RegExp, to: string): void {
  const path = join(folder, plan);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  if (before === after) throw new Error(`nothing to replace in ${plan}`);
  writeFileSync(path, after);
}
