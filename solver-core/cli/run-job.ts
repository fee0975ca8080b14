import type { AbortFlag } from '../model/abort.ts';
import type { Environment } from '../jobs/environment.ts';
import type { JobControl } from '../jobs/job.ts';
import type { CliCall } from './args.ts';
import { jsonLine } from './json-line.ts';
import { progressPrinter } from './progress.ts';

/** Runs one command and returns the exit code. */
export type Command = (call: CliCall, environment: Environment, abort: AbortFlag) => Promise<number>;

/** Puts a document on stdout: as one line of JSON, or as text. */
export function print(call: CliCall, document: unknown, text: () => string): void {
  process.stdout.write(call.options.json ? jsonLine(document) : text());
}

/** Shows progress while a job runs and clears it afterwards, whatever the outcome. `everyMs`: see `progressPrinter`. */
export async function withProgress<T>(
  call: CliCall,
  abort: AbortFlag,
  job: (control: JobControl) => Promise<T>,
  everyMs?: number,
): Promise<T> {
  const progress = progressPrinter(call.options.quiet, everyMs);
  try {
    return await job({ abort, onProgress: progress.show });
  } finally {
    progress.done();
  }
}
