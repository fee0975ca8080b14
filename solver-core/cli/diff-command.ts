import { diffJob } from '../jobs/diff.ts';
import { TierwiseError } from '../model/error.ts';
import type { DiffDocument } from '../protocol/index.ts';
import { changeCell, diffTotals } from '../report/diff-cells.ts';
import { diffMarkdown } from '../report/diff-markdown.ts';
import { diffText } from '../report/diff-text.ts';
import { choose, expectCall, refuseJson } from './args.ts';
import { jsonLine } from './json-line.ts';
import { withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise diff BEFORE AFTER`. Exit code 1 when an energy rises by more than `--fail-on-increase` percent, else 0. */
export const diff: Command = async (call, environment, abort) => {
  expectCall(call, ['BEFORE', 'AFTER'], ['target', 'format', 'fail-on-increase', 'quiet']);
  const { options } = call;
  const format = choose(options.format, 'format', ['text', 'json', 'md'], options.json ? 'json' : 'text');
  if (format !== 'json') refuseJson(call, format);
  const limit = percentage(options.failOnIncrease);
  const [before = '', after = ''] = call.files;
  const params = { before, after, ...(options.target === undefined ? {} : { target: options.target }) };
  const document = await withProgress(call, abort, (control) => diffJob(environment, params, control));
  process.stdout.write(format === 'json' ? jsonLine(document) : format === 'md' ? diffMarkdown(document) : diffText(document));
  const risen = limit === undefined ? [] : increases(document, limit);
  for (const text of risen) process.stderr.write(`${text}\n`);
  return risen.length > 0 ? 1 : 0;
};

/** The totals that rise by more than `limitPercent`, or that the later side no longer tells, in sentences. */
function increases(document: DiffDocument, limitPercent: number): readonly string[] {
  return diffTotals(document).flatMap(({ name, figure }) => {
    if (figure.before !== null && figure.after === null) return [`Energy ${name}: not known any more, so it may have risen.`];
    if (figure.change === null || figure.change * 100 <= limitPercent) return [];
    return [`Energy ${name} rises by ${changeCell(figure.change)}; the limit is ${limitPercent} %.`];
  });
}

function percentage(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value.replace(/\s*%$/, ''));
  if (/^\d+(\.\d+)?\s*%?$/.test(value) && Number.isFinite(number)) return number;
  const message = `--fail-on-increase wants a percentage from 0, not "${value}"`;
  throw new TierwiseError('usage', message, 'Give a number, e.g. --fail-on-increase 5.', { category: 'usage' });
}
