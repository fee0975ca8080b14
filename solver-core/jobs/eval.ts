import { resolve } from 'node:path';
import { evaluate } from '../fit/index.ts';
import type { ModelRuntime } from '../fit/model-runner.ts';
import { TierwiseError } from '../model/error.ts';
import { encodeModel } from '../onnx/index.ts';
import type { EvalDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { evaluateSparse } from './eval-sparse.ts';
import { evalTextJob } from './eval-text.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { openModel } from './open-model.ts';
import { openRows } from './open-rows.ts';
import type { OpenedRows } from './open-rows.ts';
import type { OpenedModel } from './open-model.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { runnableModel } from './runnable-model.ts';
import type { RunnableModel } from './runnable-model.ts';

export interface EvalParams {
  readonly model: string;
  readonly data: string;
  readonly inputs?: string;
  readonly labels?: string;
  /** Vocabulary of a language model: `data` is a text then. */
  readonly tokens?: string;
  /** Tokens per window. */
  readonly context?: number;
  /** "sparse": the engine that skips zero inputs, with what that is worth. Default "onnx". */
  readonly engine?: 'onnx' | 'sparse';
}

/**
 * Accuracy or mean squared error of a model on all rows of a data file, or cross-entropy of a language model on a text, through ONNX
 * Runtime or the sparse engine.
 */
export async function evalJob(environment: Environment, params: EvalParams, control: JobControl): Promise<EvalDocument> {
  const evaluation = (runtime: ModelRuntime): Promise<EvalDocument> => evaluateOn(runtime, environment, params, control);
  return params.engine === 'sparse' ? await evaluateSparse(evaluation, control) : await evaluation(modelRuntime());
}

async function evaluateOn(runtime: ModelRuntime, environment: Environment, params: EvalParams, control: JobControl): Promise<EvalDocument> {
  const { tokens } = params;
  if (tokens !== undefined) return await evalTextJob(environment, { ...params, tokens }, runtime, control);
  refuseText(params);
  const opened = await openModel(environment, params.model);
  const runnable = runnableModel(opened);
  const data = await openRows(resolve(params.data), params, { abort: control.abort });
  try {
    return await evaluateRows(runtime, opened, runnable, data, control);
  } finally {
    await data.close();
  }
}

async function evaluateRows(
  runtime: ModelRuntime,
  opened: OpenedModel,
  runnable: RunnableModel,
  data: OpenedRows,
  control: JobControl,
): Promise<EvalDocument> {
  const { model, input, output } = runnable;
  checkAgainstModel(data, runnable);
  const runner = await runtime.open(encodeModel(model));
  try {
    const result = await evaluate(runner, output, data.rows, input, {
      host: nodeHost,
      ...(control.abort === undefined ? {} : { abort: control.abort }),
      onProgress: (fraction, message) => control.onProgress?.({ stage: 'evaluating', message, fraction }),
    });
    return {
      schema: 'tierwise.eval/1',
      model: opened.path,
      dataset: data.name,
      rows: result.rows,
      metric: result.metric,
      value: result.value,
      correct: result.correct,
      runtime: runtime.version,
    };
  } finally {
    await runner.dispose();
  }
}

/** A text without its vocabulary, or a window without a text, is a call that was not meant so. */
function refuseText({ data, context }: EvalParams): void {
  if (context === undefined && !data.toLowerCase().endsWith('.txt')) return;
  throw new TierwiseError(
    'usage',
    `${data} is evaluated as ${context === undefined ? 'a text' : 'windows of tokens'}, and no vocabulary is given`,
    'Give it, e.g. --tokens vocab.json.',
    { category: 'usage' },
  );
}
