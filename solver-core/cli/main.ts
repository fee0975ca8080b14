import { createEnvironment } from '../jobs/environment.ts';
import { TierwiseError } from '../model/error.ts';
import { parseCall } from './args.ts';
import type { CliCall } from './args.ts';
import { cancellable, commands } from './commands.ts';
import { helpText } from './help.ts';
import { jsonLine } from './json-line.ts';
import { exitCodes, reportError } from './report-error.ts';

declare const TIERWISE_VERSION: string;

async function main(words: readonly string[]): Promise<number> {
  let call: CliCall;
  try {
    call = parseCall(words);
  } catch (error) {
    return reportError(error, words.includes('--json'));
  }
  const { json, help } = call.options;
  if (call.command === 'version') {
    process.stdout.write(json ? jsonLine({ schema: 'tierwise.version/1', version: TIERWISE_VERSION }) : `${TIERWISE_VERSION}\n`);
    return 0;
  }
  if (help || call.command === 'help') {
    process.stdout.write(helpText);
    return 0;
  }
  if (call.command === '' && !json) {
    process.stderr.write(helpText);
    return exitCodes.usage;
  }
  return run(call);
}

async function run(call: CliCall): Promise<number> {
  const { json } = call.options;
  const command = Object.hasOwn(commands, call.command) ? commands[call.command] : undefined;
  if (command === undefined) {
    const message = call.command === '' ? 'no command was given' : `there is no command "${call.command}"`;
    return reportError(new TierwiseError('usage', message, `Commands: ${Object.keys(commands).join(', ')}.`, { category: 'usage' }), json);
  }
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const signals = cancellable.includes(call.command) ? (['SIGINT', 'SIGTERM'] as const) : [];
  for (const signal of signals) process.once(signal, onSignal);
  try {
    return await command(call, createEnvironment(TIERWISE_VERSION, __filename), stop.signal);
  } catch (error) {
    return reportError(error, json);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** A reader that stops early (`tierwise inspect m.onnx | head`) is no failure of ours. */
function onPipeError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}

process.stdout.on('error', onPipeError);
process.stderr.on('error', onPipeError);
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
