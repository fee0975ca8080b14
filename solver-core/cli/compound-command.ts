import { compoundJob } from '../jobs/compound.ts';
import type { CompoundParams } from '../jobs/compound-run.ts';
import { isAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { CompoundDocument, ProgressEvent } from '../protocol/index.ts';
import { compoundMarkdown } from '../report/compound-markdown.ts';
import { compoundText } from '../report/compound-text.ts';
import { stepLine } from '../report/compound-words.ts';
import { choose, expectCall, refuseJson, wanted, wholeNumber } from './args.ts';
import type { CliCall } from './args.ts';
import { jsonLine } from './json-line.ts';
import { exitCodes } from './report-error.ts';
import { withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise compound PLAN --stream FILE`. Exit code 130 when it was stopped, also when `--keep` kept what was decided by then. */
export const compound: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['stream', 'inputs', 'labels', 'state', 'fresh', 'out', 'batch', 'policy', 'keep', 'format', 'quiet']);
  const format = choose(call.options.format, 'format', ['text', 'md', 'json'], call.options.json ? 'json' : 'text');
  if (format !== 'json') refuseJson(call, format);
  const params = compoundParams(call);
  const document = await withProgress(call, abort, (control) =>
    compoundJob(environment, params, { ...control, onProgress: (event) => control.onProgress?.(withStepLine(event)) }),
  ).catch((error: unknown) => {
    throw isAbort(error) ? cancelled(params.keepOnCancel === true) : error;
  });
  process.stdout.write(rendered(document, format));
  return document.diagnostics.some(({ code }) => code === 'stopped-early') ? exitCodes.cancelled : 0;
};

function cancelled(keeps: boolean): TierwiseError {
  const message = keeps ? 'cancelled before the first batch was decided; nothing was written' : 'cancelled; nothing was written';
  const advice = keeps
    ? 'Run the command again.'
    : 'With --keep a run that is stopped writes down what it decided, and the next one goes on there.';
  return new TierwiseError('cancelled', message, advice, { category: 'cancelled' });
}

/** Every batch stays readable: it is what a live view shows. */
function withStepLine(event: ProgressEvent): ProgressEvent {
  return event.compound === undefined ? event : { ...event, message: stepLine(event.compound), notice: true };
}

function rendered(document: CompoundDocument, format: string): string {
  if (format === 'json') return jsonLine(document);
  return format === 'md' ? compoundMarkdown(document) : compoundText(document);
}

function compoundParams(call: CliCall): CompoundParams {
  const { inputs, labels, state, out, batch, policy, fresh, keep, compound: words } = call.options;
  const batchRows = wholeNumber(batch, 'batch');
  return {
    path: call.files[0] ?? '',
    stream: wanted(call, words.stream, 'stream FILE', '--stream text.txt'),
    policy: choose(policy, 'policy', ['plan', 'always', 'never'], 'plan') as NonNullable<CompoundParams['policy']>,
    fresh,
    keepOnCancel: keep,
    ...(inputs === undefined ? {} : { inputs }),
    ...(labels === undefined ? {} : { labels }),
    ...(state === undefined ? {} : { state }),
    ...(out === undefined ? {} : { out }),
    ...(batchRows === undefined ? {} : { batchRows }),
  };
}
