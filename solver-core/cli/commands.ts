import { resolve } from 'node:path';
import type { DiagnosticDocument } from '../protocol/index.ts';
import { checkJob } from '../jobs/check.ts';
import { evalJob } from '../jobs/eval.ts';
import { writeWhole } from '../jobs/files.ts';
import { fitFromStatsJob } from '../jobs/fit-from-stats.ts';
import { fitJob } from '../jobs/fit.ts';
import { energyInputs } from '../jobs/energy.ts';
import type { Environment } from '../jobs/environment.ts';
import { readEpochs } from '../jobs/epochs-of-log.ts';
import { refuseToOverwrite } from '../jobs/fit-outputs.ts';
import { mergeJob } from '../jobs/merge.ts';
import { renderEnergy } from '../jobs/report.ts';
import type { ReportFormat } from '../jobs/report.ts';
import { parseShard } from '../jobs/shard.ts';
import { statsJob } from '../jobs/stats.ts';
import { TierwiseError } from '../model/error.ts';
import { checkText } from '../report/check-text.ts';
import { evalText } from '../report/eval-text.ts';
import { fitText } from '../report/fit-text.ts';
import { mergeText } from '../report/merge-text.ts';
import { inert } from '../report/cells.ts';
import { checkSarif } from '../report/sarif.ts';
import { statsText } from '../report/stats-text.ts';
import { annotations } from './annotations-command.ts';
import { boardSim } from './board-sim-command.ts';
import { boards } from './boards-command.ts';
import { compound } from './compound-command.ts';
import { diff } from './diff-command.ts';
import { choose, expectCall, expectOptions, refuseJson, wholeNumber } from './args.ts';
import type { CliCall } from './args.ts';
import { inspect } from './inspect-command.ts';
import { jsonLine, escapeJson } from './json-line.ts';
import { learn, unlearn } from './learn-commands.ts';
import { calibrate, measure, sensors } from './measure-commands.ts';
import { print, withProgress } from './run-job.ts';
import { select } from './select-command.ts';
import { sparsify } from './sparsify-command.ts';
import type { Command } from './run-job.ts';

function failed(diagnostics: readonly DiagnosticDocument[]): number {
  return diagnostics.some((d) => d.severity === 'error') ? 1 : 0;
}

const check: Command = async (call, environment) => {
  expectCall(call, ['PLAN'], ['format']);
  const format = choose(call.options.format, 'format', ['text', 'json', 'sarif'], call.options.json ? 'json' : 'text');
  if (format === 'text') refuseJson(call, format);
  const document = await checkJob(environment, { path: call.files[0] ?? '' });
  if (format === 'sarif') process.stdout.write(escapeJson(checkSarif(document, { version: environment.version, root: process.cwd() })));
  else process.stdout.write(format === 'json' ? jsonLine(document) : checkText(document));
  return failed(document.diagnostics);
};

const energy: Command = async (call, environment, abort) => {
  expectCall(call, ['MODEL or PLAN'], ['target', 'train-on', 'epochs', 'no-calibration', 'switching', 'format', 'out', 'quiet']);
  const format = choose(
    call.options.format,
    'format',
    ['text', 'json', 'csv', 'md', 'html'],
    call.options.json ? 'json' : 'text',
  ) as ReportFormat;
  const { target, trainOn, out } = call.options;
  if (format !== 'json' && out === undefined) refuseJson(call, format);
  const epochs = await statedEpochs(call, environment);
  const params = {
    path: call.files[0] ?? '',
    ...(target === undefined ? {} : { target }),
    ...(trainOn === undefined ? {} : { trainOn }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(call.options.measure['no-calibration'] === true ? { calibration: false } : {}),
    ...(call.options.switching ? { switching: true } : {}),
  };
  const log = isLog(call.options.epochs) ? call.options.epochs : undefined;
  if (out !== undefined) await refuseToOverwrite(resolve(out), await energyInputs(params, log));
  const rendered = await withProgress(call, abort, (control) => renderEnergy(environment, params, format, control));
  if (out === undefined) process.stdout.write(format === 'json' ? escapeJson(rendered.text) : rendered.text);
  else {
    await writeWhole(resolve(out), rendered.text);
    process.stderr.write(`Wrote ${inert(out, 4096)}\n`);
    if (call.options.json) process.stdout.write(jsonLine(rendered.energy));
  }
  return failed(rendered.energy.diagnostics);
};

/** Whether the value of `--epochs` names a training log. */
function isLog(epochs: string | undefined): boolean {
  return epochs?.toLowerCase().endsWith('.csv') === true;
}

/** `--epochs N`, or the number that a training log gives by the rule, which is said. */
async function statedEpochs(call: CliCall, environment: Environment): Promise<number | undefined> {
  const { epochs } = call.options;
  if (epochs === undefined || !isLog(epochs)) return wholeNumber(epochs, 'epochs');
  const found = await readEpochs(environment, epochs, call.files[0] ?? '');
  process.stderr.write(`${inert(found.text, 1000)}\n`);
  return found.epochs;
}

const fit: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['backend', 'out', 'quiet', 'stats', 'model']);
  const { backend, out, model, stats } = call.options;
  if (stats.length > 0) return fitFromStats(call, environment, abort);
  if (model !== undefined)
    throw usage('--model is for a fit from statistics', 'Give the statistics with --stats FILE, or leave --model away.');
  const params = { path: call.files[0] ?? '', ...(backend === undefined ? {} : { backend }), ...(out === undefined ? {} : { out }) };
  const document = await withProgress(call, abort, (control) => fitJob(environment, params, control));
  print(call, document, () => fitText(document));
  return 0;
};

const fitFromStats: Command = async (call, environment, abort) => {
  const { backend, out, model, stats } = call.options;
  if (backend !== undefined && backend !== 'cpu')
    throw usage(
      `--backend ${backend} needs the rows, which --stats does not have`,
      'Leave --backend away: a fit from statistics runs on the cpu.',
    );
  const params = { path: call.files[0] ?? '', stats, ...(out === undefined ? {} : { out }), ...(model === undefined ? {} : { model }) };
  const document = await withProgress(call, abort, (control) => fitFromStatsJob(environment, params, control));
  print(call, document, () => fitText(document));
  return 0;
};

const stats: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['shard', 'layer', 'model', 'means', 'pass', 'out', 'quiet']);
  const { shard, layer, model, means, out } = call.options;
  const pass = choose(call.options.pass, 'pass', ['', 'sums', 'means'], '');
  const params = {
    path: call.files[0] ?? '',
    ...(shard === undefined ? {} : { shard: parseShard(shard) }),
    ...(layer === undefined ? {} : { layer }),
    ...(model === undefined ? {} : { model }),
    ...(means === undefined ? {} : { means }),
    ...(out === undefined ? {} : { out }),
    ...(pass === '' ? {} : { pass: pass as 'sums' | 'means' }),
  };
  const document = await withProgress(call, abort, (control) => statsJob(environment, params, control));
  print(call, document, () => statsText(document));
  return 0;
};

const merge: Command = async (call, _environment, abort) => {
  expectOptions(call, ['out', 'partial', 'quiet']);
  const { out, partial } = call.options;
  if (out === undefined) throw usage('`tierwise merge` wants --out FILE', 'Name the merged file, e.g. --out digits.stats.');
  const document = await withProgress(call, abort, (control) => mergeJob({ files: call.files, out, partial }, control));
  print(call, document, () => mergeText(document));
  return 0;
};

function usage(message: string, advice: string): TierwiseError {
  return new TierwiseError('usage', message, advice, { category: 'usage' });
}

const evaluate: Command = async (call, environment, abort) => {
  expectCall(call, ['MODEL'], ['data', 'inputs', 'labels', 'tokens', 'context', 'engine', 'quiet']);
  const { data, inputs, labels, sparsify: words } = call.options;
  if (data === undefined)
    throw new TierwiseError('usage', '`tierwise eval` wants --data FILE', 'Give the data to evaluate on, e.g. --data digits.npz.', {
      category: 'usage',
    });
  const context = wholeNumber(words.context, 'context');
  const params = {
    model: call.files[0] ?? '',
    data,
    engine: choose(words.engine, 'engine', ['onnx', 'sparse'], 'onnx') as 'onnx' | 'sparse',
    ...(inputs === undefined ? {} : { inputs }),
    ...(labels === undefined ? {} : { labels }),
    ...(words.tokens === undefined ? {} : { tokens: words.tokens }),
    ...(context === undefined ? {} : { context }),
  };
  const document = await withProgress(call, abort, (control) => evalJob(environment, params, control));
  print(call, document, () => evalText(document));
  return 0;
};

/** Commands that stop between two steps when asked to; the others read and are simply ended. */
export const cancellable: readonly string[] = [
  'inspect',
  'energy',
  'fit',
  'eval',
  'stats',
  'merge',
  'learn',
  'unlearn',
  'select',
  'sparsify',
  'compound',
  'boards',
  'diff',
  'sensors',
  'measure',
  'calibrate',
];

/** The commands by name. */
export const commands: Readonly<Record<string, Command>> = {
  inspect,
  check,
  energy,
  annotations,
  diff,
  fit,
  stats,
  merge,
  learn,
  unlearn,
  eval: evaluate,
  select,
  sparsify,
  compound,
  sensors,
  measure,
  calibrate,
  boards,
  'board-sim': boardSim,
};
