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

/** `tierwise diff BEFORE AFTER`. Exit code 1 when an energy that `--fail-on-increase` limits rises by more than that, else 0. */
export const diff: Command = async (call, environment, abort) => {
  expectCall(call, ['BEFORE', 'AFTER'], ['target', 'format', 'fail-on-increase', 'quiet']);
  const { options } = call;
  const format = choose(options.format, 'format', ['text', 'json', 'md'], options.json ? 'json' : 'text');
  if (format !== 'json') refuseJson(call, format);
  const limits = limitsOf(options.failOnIncrease);
  const [before = '', after = ''] = call.files;
  const params = { before, after, ...(options.target === undefined ? {} : { target: options.target }) };
  const document = await withProgress(call, abort, (control) => diffJob(environment, params, control));
  process.stdout.write(format === 'json' ? jsonLine(document) : format === 'md' ? diffMarkdown(document) : diffText(document));
  const risen = increases(document, limits);
  for (const text of risen) process.stderr.write(`${text}\n`);
  return risen.length > 0 ? 1 : 0;
};

/** The largest rise of a total that is allowed. */
interface Limit {
  readonly total: GatedTotal;
  readonly percent: number;
}

/** The totals that rise by more than their limit, or that the later side no longer tells, in sentences. */
function increases(document: DiffDocument, limits: readonly Limit[]): readonly string[] {
  const totals = diffTotals(document);
  return limits.flatMap(({ total, percent }) => {
    const named = totals[gatedTotals.indexOf(total)];
    if (named === undefined) return [];
    const { name, figure } = named;
    if (figure.before !== null && figure.after === null) return [`Energy ${name}: not known any more, so it may have risen.`];
    if (figure.change === null || figure.change * 100 <= percent) return [];
    return [`Energy ${name} rises by ${changeCell(figure.change)}; the limit is ${percent} %.`];
  });
}

/** Names of the totals on the command line, in the order of `diffTotals`. */
const gatedTotals = ['inference', 'sgd', 'solve', 'update'] as const;
type GatedTotal = (typeof gatedTotals)[number];

/** `5` holds for inference alone; others are named, `5,solve=20`: what cannot be retrained by every method must not fail for that. */
function limitsOf(value: string | undefined): readonly Limit[] {
  if (value === undefined) return [];
  return value.split(',').map((part) => {
    const [, name = 'inference', digits = ''] = /^\s*(?:([a-z]+)\s*=\s*)?(\d+(?:\.\d+)?)\s*%?\s*$/.exec(part) ?? [];
    const total = gatedTotals.find((each) => each === name);
    const percent = digits === '' ? NaN : Number(digits);
    if (total !== undefined && Number.isFinite(percent)) return { total, percent };
    const message = `--fail-on-increase wants percentages from 0, not "${part}"`;
    const advice = `Give a number for inference, e.g. --fail-on-increase 5, and others by name: 5,solve=20 (${gatedTotals.join(', ')}).`;
    throw new TierwiseError('usage', message, advice, { category: 'usage' });
  });
}
