import { isAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { ErrorDocument } from '../protocol/index.ts';
import { parseCall } from './args.ts';
import type { CliCall } from './args.ts';
import { createEnvironment } from '../jobs/environment.ts';
import { commands } from './commands.ts';
import { helpText } from './help.ts';

declare const TIERWISE_VERSION: string;

/** Exit codes of design: what a script may rely on. */
const exitCodes = { input: 1, usage: 2, backend: 3, internal: 4, cancelled: 130 } as const;

async function main(words: readonly string[]): Promise<number> {
  const wantsJson = words.includes('--json');
  let call: CliCall;
  try {
    call = parseCall(words);
  } catch (error) {
    return report(error, wantsJson);
  }
  if (call.command === 'version') {
    process.stdout.write(`${TIERWISE_VERSION}\n`);
    return 0;
  }
  if (call.options.help || call.command === '' || call.command === 'help') {
    (call.options.help || call.command === 'help' ? process.stdout : process.stderr).write(helpText);
    return call.options.help || call.command === 'help' ? 0 : exitCodes.usage;
  }
  const command = commands[call.command];
  if (command === undefined) {
    const known = Object.keys(commands).join(', ');
    return report(
      new TierwiseError('usage', `there is no command "${call.command}"`, `Commands: ${known}.`, { category: 'usage' }),
      wantsJson,
    );
  }
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await command(call, createEnvironment(TIERWISE_VERSION, __filename), stop.signal);
  } catch (error) {
    return report(error, wantsJson);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Says what went wrong, as text or as a `tierwise.error/1` document, and returns the exit code. */
function report(error: unknown, json: boolean): number {
  const failure = isAbort(error)
    ? new TierwiseError('cancelled', 'cancelled; nothing was written', 'Run the command again to start over.', { category: 'cancelled' })
    : error instanceof TierwiseError
      ? error
      : new TierwiseError(
          'internal',
          error instanceof Error ? (error.stack ?? error.message) : String(error),
          'This is a defect in Tierwise; please report it.',
          { category: 'internal' },
        );
  if (json) {
    const document: ErrorDocument = {
      schema: 'tierwise.error/1',
      error: { code: failure.code, message: failure.message, advice: failure.advice },
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
  } else {
    process.stderr.write(`tierwise: ${failure.message}\n  ${failure.advice}\n`);
  }
  return exitCodes[failure.category];
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
