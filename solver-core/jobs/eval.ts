import { resolve } from 'node:path';
import { evaluate } from '../fit/index.ts';
import { encodeModel } from '../onnx/index.ts';
import type { EvalDocument } from '../protocol/index.ts';
import { ortRuntime } from '../runtime/ort.ts';
import type { Environment } from './environment.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { loadRows } from './load-rows.ts';
import { openModel } from './open-model.ts';
import { runnableModel } from './runnable-model.ts';

export interface EvalParams {
  readonly model: string;
  readonly data: string;
  readonly inputs?: string;
  readonly labels?: string;
}

/** Accuracy or mean squared error of a model on all rows of a data file, through ONNX Runtime. */
export async function evalJob(environment: Environment, params: EvalParams, control: JobControl): Promise<EvalDocument> {
  const opened = await openModel(environment, params.model);
  const { model, input, output } = runnableModel(opened);
  const data = await loadRows(resolve(params.data), params, control.abort);
  const runner = await ortRuntime().open(encodeModel(model));
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
    };
  } finally {
    await runner.dispose();
  }
}
