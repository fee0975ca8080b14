import type { SelectParams } from '../jobs/select-aim.ts';
import { selectJob } from '../jobs/select.ts';
import { TierwiseError } from '../model/error.ts';
import type { ProgressEvent, SelectDocument } from '../protocol/index.ts';
import { selectMarkdown } from '../report/select-markdown.ts';
import { selectText } from '../report/select-text.ts';
import { pointLine } from '../report/select-words.ts';
import { choose, expectCall, refuseJson, wholeNumber } from './args.ts';
import type { CliCall } from './args.ts';
import { jsonLine } from './json-line.ts';
import { withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise select PLAN`. Exit code 1 when nothing was within the allowed drop. */
export const select: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['max-drop', 'bits', 'values', 'set-size', 'method', 'cell', 'out', 'rows', 'trial', 'format', 'quiet']);
  const format = choose(call.options.format, 'format', ['text', 'md', 'json'], call.options.json ? 'json' : 'text');
  if (format !== 'json') refuseJson(call, format);
  const params = selectParams(call);
  const document = await withProgress(call, abort, (control) =>
    selectJob(environment, params, { ...control, onProgress: (event) => control.onProgress?.(withPointLine(event)) }),
  );
  process.stdout.write(rendered(document, format));
  return document.diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
};

/** What was tried stays readable: a search takes minutes. */
function withPointLine(event: ProgressEvent): ProgressEvent {
  return event.point === undefined ? event : { ...event, message: pointLine(event.point), notice: true };
}

function rendered(document: SelectDocument, format: string): string {
  if (format === 'json') return jsonLine(document);
  return format === 'md' ? selectMarkdown(document) : selectText(document);
}

function selectParams(call: CliCall): SelectParams {
  const { select: words, out, rows } = call.options;
  const maxDrop = points(words['max-drop']);
  const calibrationRows = wholeNumber(rows, 'rows');
  const setSize = wholeNumber(words['set-size'], 'set-size');
  const { cell } = words;
  return {
    path: call.files[0] ?? '',
    bits: choose(words.bits, 'bits', ['8', '4'], '8') === '4' ? 4 : 8,
    values: choose(words.values, 'values', ['all', 'set', 'powers-of-two'], 'all') as NonNullable<SelectParams['values']>,
    method: choose(words.method, 'method', ['closed-form', 'training'], 'closed-form') as NonNullable<SelectParams['method']>,
    trial: words.trial === true,
    ...(maxDrop === undefined ? {} : { maxDrop }),
    ...(setSize === undefined ? {} : { setSize }),
    ...(cell === undefined ? {} : { cell: choose(cell, 'cell', ['array', 'booth', 'shift'], cell) }),
    ...(out === undefined ? {} : { out }),
    ...(calibrationRows === undefined ? {} : { rows: calibrationRows }),
  };
}

/** Points of accuracy, 0 to 100, as a share. */
function points(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && number >= 0 && number <= 100) return number / 100;
  throw new TierwiseError(
    'usage',
    `--max-drop wants points of accuracy from 0 to 100, not ${JSON.stringify(value)}`,
    'For example --max-drop 1 allows 97 % to become 96 %.',
    { category: 'usage' },
  );
}
