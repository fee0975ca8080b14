import { isAbort } from '../model/abort.ts';
import type { ErrorCategory } from '../model/error.ts';
import { TierwiseError } from '../model/error.ts';
import type { ErrorDocument } from '../protocol/index.ts';
import { inert } from '../report/cells.ts';
import { jsonLine } from './json-line.ts';

/** Exit codes of the command line: what a script may rely on. */
export const exitCodes: Readonly<Record<ErrorCategory, number>> = { input: 1, usage: 2, backend: 3, internal: 4, cancelled: 130 };

/** Says what went wrong, as text on stderr or as a `tierwise.error/1` document on stdout, and returns the exit code. */
export function reportError(error: unknown, json: boolean): number {
  const failure = toFailure(error);
  if (json) {
    const document: ErrorDocument = {
      schema: 'tierwise.error/1',
      error: { code: failure.code, message: failure.message, advice: failure.advice },
    };
    process.stdout.write(jsonLine(document));
  } else {
    // Messages repeat names and paths from the user's files; only our own line breaks, those of a stack, stay.
    const lines = failure.message.split('\n').map((line) => inert(line, 4000));
    process.stderr.write(`tierwise: ${lines.join('\n')}\n  ${inert(failure.advice, 1000)}\n`);
  }
  return exitCodes[failure.category];
}

function toFailure(error: unknown): TierwiseError {
  if (isAbort(error))
    return new TierwiseError('cancelled', 'cancelled; nothing was written', 'Run the command again to start over.', {
      category: 'cancelled',
    });
  if (error instanceof TierwiseError) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new TierwiseError('internal', message, 'This is a defect in Tierwise; please report it.', { category: 'internal' });
}
