import type { SparsifyParams } from '../jobs/sparsify-aim.ts';
import { searchThresholds } from '../jobs/sparsify-model.ts';
import { sparsifyJob } from '../jobs/sparsify.ts';
import { isAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { ProgressEvent, SparsifyDocument } from '../protocol/index.ts';
import { sparsifyMarkdown } from '../report/sparsify-markdown.ts';
import { sparsifyText } from '../report/sparsify-text.ts';
import { sparsifyPointLine } from '../report/sparsify-words.ts';
import { choose, expectCall, refuseJson } from './args.ts';
import type { CliCall } from './args.ts';
import { jsonLine } from './json-line.ts';
import { withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** A search takes minutes: without a terminal, too, it says where it is. */
const lineEveryMs = 12_000;

/** `tierwise sparsify PLAN`. Exit code 1 when nothing was within the bound. */
export const sparsify: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['max-loss', 'method', 'per', 'no-correct', 'without', 'target', 'out', 'trial', 'fresh', 'format', 'quiet']);
  const format = choose(call.options.format, 'format', ['text', 'md', 'json'], call.options.json ? 'json' : 'text');
  if (format !== 'json') refuseJson(call, format);
  const params = sparsifyParams(call);
  const document = await withProgress(
    call,
    abort,
    (control) =>
      sparsifyJob(environment, params, { ...control, onProgress: (event) => control.onProgress?.(withPointLine(event)) }, searchThresholds),
    lineEveryMs,
  ).catch((error: unknown) => {
    throw isAbort(error) && params.trial !== true ? cancelled() : error;
  });
  process.stdout.write(rendered(document, format));
  return document.diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
};

/** What was tried stays readable: a search takes minutes. */
function withPointLine(event: ProgressEvent): ProgressEvent {
  return event.sparsity === undefined ? event : { ...event, message: sparsifyPointLine(event.sparsity), notice: true };
}

/** A search that was stopped can be continued. */
function cancelled(): TierwiseError {
  return new TierwiseError(
    'cancelled',
    'cancelled; no model was written',
    'Run the command again to go on from what was found, or with --fresh to begin anew.',
    { category: 'cancelled' },
  );
}

function rendered(document: SparsifyDocument, format: string): string {
  if (format === 'json') return jsonLine(document);
  return format === 'md' ? sparsifyMarkdown(document) : sparsifyText(document);
}

function sparsifyParams(call: CliCall): SparsifyParams {
  const { sparsify: words, select, target, out, fresh } = call.options;
  const maxLoss = percent(words['max-loss']);
  return {
    path: call.files[0] ?? '',
    method: choose(select.method, 'method', ['budget', 'sequential', 'uniform'], 'budget') as NonNullable<SparsifyParams['method']>,
    per: choose(words.per, 'per', ['channel', 'site'], 'channel') as NonNullable<SparsifyParams['per']>,
    correct: words['no-correct'] !== true,
    without: words.without ?? [],
    trial: select.trial === true,
    fresh,
    ...(maxLoss === undefined ? {} : { maxLoss }),
    ...(target === undefined ? {} : { target }),
    ...(out === undefined ? {} : { out }),
  };
}

/** Percent of the loss, above 0 to 100, as a share. */
function percent(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && number > 0 && number <= 100) return number / 100;
  throw new TierwiseError(
    'usage',
    `--max-loss wants percent of the loss above 0 and up to 100, not ${JSON.stringify(value)}`,
    'For example --max-loss 2 allows a loss of 1.50 to become 1.53.',
    { category: 'usage' },
  );
}
