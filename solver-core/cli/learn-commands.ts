import { learnJob } from '../jobs/learn.ts';
import type { LearnParams } from '../jobs/learn.ts';
import { unlearnJob } from '../jobs/unlearn.ts';
import { learnText } from '../report/learn-text.ts';
import { unlearnText } from '../report/unlearn-text.ts';
import { choose, expectCall, wanted, wholeNumber } from './args.ts';
import type { CliCall } from './args.ts';
import { exitCodes } from './report-error.ts';
import { print, withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise learn PLAN --data FILE`. Exit code 130 when it was stopped, also when `--keep` kept what was learned by then. */
export const learn: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['data', 'inputs', 'labels', 'state', 'out', 'batch', 'policy', 'fresh', 'keep', 'quiet']);
  const { options } = call;
  const batchRows = wholeNumber(options.batch, 'batch');
  const policy = choose(options.policy, 'policy', ['plan', 'always', 'never'], 'plan') as NonNullable<LearnParams['policy']>;
  const params: LearnParams = {
    ...common(call, 'stream.npz'),
    policy,
    fresh: options.fresh,
    keepOnCancel: options.keep,
    ...(batchRows === undefined ? {} : { batchRows }),
  };
  const document = await withProgress(call, abort, (control) => learnJob(environment, params, control));
  print(call, document, () => learnText(document));
  return document.diagnostics.some(({ code }) => code === 'stopped-early') ? exitCodes.cancelled : 0;
};

/** `tierwise unlearn PLAN --data FILE --rows LIST`. */
export const unlearn: Command = async (call, environment, abort) => {
  expectCall(call, ['PLAN'], ['data', 'inputs', 'labels', 'state', 'out', 'rows', 'quiet']);
  const rows = wanted(call, call.options.rows, 'rows LIST', '--rows 0..99,105 or --rows all');
  const params = { ...common(call, 'stream.npz'), rows };
  const document = await withProgress(call, abort, (control) => unlearnJob(environment, params, control));
  print(call, document, () => unlearnText(document));
  return 0;
};

function common(call: CliCall, example: string): Pick<LearnParams, 'path' | 'data' | 'inputs' | 'labels' | 'state' | 'out'> {
  const { inputs, labels, state, out } = call.options;
  return {
    path: call.files[0] ?? '',
    data: wanted(call, call.options.data, 'data FILE', `--data ${example}`),
    ...(inputs === undefined ? {} : { inputs }),
    ...(labels === undefined ? {} : { labels }),
    ...(state === undefined ? {} : { state }),
    ...(out === undefined ? {} : { out }),
  };
}
