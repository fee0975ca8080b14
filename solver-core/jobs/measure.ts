import { basename, extname } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import { encodeModel } from '../onnx/index.ts';
import type { MeasureDocument } from '../protocol/index.ts';
import { ortRuntime } from '../runtime/ort.ts';
import type { Measurement } from '../sensors/measure.ts';
import { measure } from '../sensors/measure.ts';
import type { Sensor } from '../sensors/types.ts';
import { chooseSensor } from './choose-sensor.ts';
import { energyJob } from './energy.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { measureFit } from './measure-fit.ts';
import type { MeasureInputs } from './measure-inputs.ts';
import { measureInputs } from './measure-inputs.ts';
import type { MeasureSeams } from './measure-options.ts';
import { dateOf, measureOptions, metered } from './measure-options.ts';
import { measuredTarget } from './measure-target.ts';
import { measuredDocument } from './measured-document.ts';
import { addMeasurement, checkMeasurementsFile } from './measured-record.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { readPlan } from './read-plan.ts';
import type { RunnableModel } from './runnable-model.ts';
import { runnableModel } from './runnable-model.ts';
import { machineSensors } from './sensor-sources.ts';

export interface MeasureParams {
  /** A model, or a plan whose model is measured. */
  readonly path: string;
  /** Id or kind of the meter; default that of what runs. */
  readonly sensor?: string;
  /** The target that this machine is; the figure then stands beside estimates for it and may calibrate it. */
  readonly target?: string;
  /** Rows to run; default seeded random inputs. */
  readonly data?: string;
  /** Of a plan: the fit of its lower tiers instead of inference. */
  readonly fit?: boolean;
  /** Of a fit: replaces the plan's backend. */
  readonly backend?: string;
}

/**
 * Joules of one inference of a model on this machine, or of one fit of a plan, by the rule of docs/measuring.md. The measurement is added
 * to `MODEL.measured.json` unless nothing could be measured. Throws TierwiseError when there is no meter for it, and AbortError when
 * cancelled: then nothing is written.
 */
export async function measureJob(
  environment: Environment,
  params: MeasureParams,
  control: JobControl,
  seams: MeasureSeams = {},
): Promise<MeasureDocument> {
  if (params.fit === true) return measureFit(environment, params, control, seams);
  const modelPath = await modelOf(params.path);
  const opened = await openModel(environment, modelPath);
  const runnable = runnableModel(opened);
  await checkMeasurementsFile(opened.path);
  const target = await measuredTarget(params.path, params.target, 'processor');
  const found = chooseSensor(await machineSensors(seams, undefined, control.abort), params.sensor, 'processor');
  const inputs = await measureInputs(runnable, dtypeOf(opened, runnable), params.data, control.abort);
  const sensor = await found.open();
  try {
    const measurement = await run(runnable, inputs, sensor, control, seams);
    const estimate = target === null ? null : (await energyJob(environment, { path: opened.path, target })).totals.inference;
    const { batch } = inputs;
    const document = measuredDocument({
      of: 'inference',
      modelPath: opened.path,
      workload: `inference${batch === 1 ? '' : ` of ${batch} samples at once, as the model fixes them`}, ONNX Runtime on one thread, ${inputs.text}`,
      batch,
      found,
      measurement,
      target,
      estimate,
      hashes: { model: opened.sha256 },
      date: dateOf(seams),
    });
    if (document.result !== null) await addMeasurement(opened.path, document, basename(opened.path));
    return document;
  } finally {
    await sensor.dispose();
  }
}

/** The model's path, or that of the plan's model. */
export async function modelOf(path: string): Promise<string> {
  if (extname(path) !== '.tiers') return path;
  const { modelPath } = await readPlan(path);
  if (modelPath !== null) return modelPath;
  throw new TierwiseError('plan-without-model', `${path} names no model`, 'Add a line such as: model "digits.onnx"');
}

function dtypeOf({ content }: OpenedModel, { input }: RunnableModel): string {
  return String(content?.model.graph.inputs.find(({ name }) => name === input.name)?.dtype ?? 'float32');
}

async function run(
  runnable: RunnableModel,
  inputs: MeasureInputs,
  sensor: Sensor,
  control: JobControl,
  seams: MeasureSeams,
): Promise<Measurement> {
  const { input, output, model } = runnable;
  const feeds = inputs.tensors.map((tensor) => new Map([[input.name, tensor]]));
  const runner = await ortRuntime().open(encodeModel(model));
  let next = 0;
  const once = async (): Promise<void> => {
    const feed = feeds[next++ % feeds.length];
    if (feed !== undefined) await runner.run(feed, [output]);
  };
  try {
    return await measure(sensor, metered(once, seams), measureOptions(control, seams));
  } finally {
    await runner.dispose();
  }
}
