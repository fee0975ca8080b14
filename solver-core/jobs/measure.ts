import { cpus } from 'node:os';
import { basename, extname } from 'node:path';
import { exactly } from '../energy/quantity.ts';
import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import { encodeModel } from '../onnx/index.ts';
import type { DiagnosticDocument, MeasureDocument, Quantity } from '../protocol/index.ts';
import { ortRuntime } from '../runtime/ort.ts';
import type { Measurement, MeasureOptions } from '../sensors/measure.ts';
import { measure, netQuantity } from '../sensors/measure.ts';
import { processMeterClock } from '../sensors/node-host.ts';
import type { Sensor } from '../sensors/types.ts';
import type { ReadySensor } from './choose-sensor.ts';
import { chooseSensor } from './choose-sensor.ts';
import { energyJob } from './energy.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import type { MeasureInputs } from './measure-inputs.ts';
import { measureInputs } from './measure-inputs.ts';
import { addMeasurement, checkMeasurementsFile } from './measured-record.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { readPlan } from './read-plan.ts';
import type { RunnableModel } from './runnable-model.ts';
import { runnableModel } from './runnable-model.ts';
import type { SensorSeams } from './sensor-sources.ts';
import { machineSensors } from './sensor-sources.ts';
import { targetsFor } from './targets.ts';

export interface MeasureParams {
  /** A model, or a plan whose model is measured. */
  readonly path: string;
  /** Id or kind of the meter; default the processor's counters. */
  readonly sensor?: string;
  /** The target that this machine is; the figure then stands beside estimates for it and may calibrate it. */
  readonly target?: string;
  /** Rows to run; default seeded random inputs. */
  readonly data?: string;
}

/** What a test replaces. */
export interface MeasureSeams extends SensorSeams {
  readonly options?: Partial<Pick<MeasureOptions, 'repeats' | 'minSeconds' | 'minUpdates' | 'maxSeconds'>>;
  /** Wraps one run of the model. */
  readonly around?: (run: () => Promise<void>) => Promise<void>;
  /** Date of the measurement; default now. */
  readonly date?: string;
}

/**
 * Joules of one inference of a model on this machine, by the rule of docs/measuring.md. The measurement is added to `MODEL.measured.json`
 * unless nothing could be measured. Throws TierwiseError when there is no meter for it, and AbortError when cancelled: then nothing is written.
 */
export async function measureJob(
  environment: Environment,
  params: MeasureParams,
  control: JobControl,
  seams: MeasureSeams = {},
): Promise<MeasureDocument> {
  const modelPath = await modelOf(params.path);
  const opened = await openModel(environment, modelPath);
  const runnable = runnableModel(opened);
  await checkMeasurementsFile(opened.path);
  const target = await measuredTarget(params);
  const found = chooseSensor(await machineSensors(seams, undefined, control.abort), params.sensor);
  const inputs = await measureInputs(runnable, dtypeOf(opened, runnable), params.data, control.abort);
  const sensor = await found.open();
  try {
    const measurement = await run(runnable, inputs, sensor, control, seams);
    const estimate = target === null ? null : (await energyJob(environment, { path: opened.path, target })).totals.inference;
    const document = toDocument({ opened, inputs, found, measurement, estimate, target, date: seams.date ?? new Date().toISOString() });
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

/** The target that this machine is said to be; only a processor can be one. */
async function measuredTarget({ path, target }: MeasureParams): Promise<string | null> {
  if (target === undefined) return null;
  const { targets } = await targetsFor(path);
  const known = targets.get(target);
  const usage = { category: 'usage' } as const;
  if (known === undefined)
    throw new TierwiseError(
      'unknown-target',
      `there is no energy target ${quoteName(target)}`,
      `Known targets: ${[...targets.keys()].join(', ')}.`,
      usage,
    );
  if (known.kind === 'cpu') return target;
  throw new TierwiseError(
    'target-not-this-machine',
    `not measurable: ${quoteName(target)} is no processor, and the model runs on the processor of this machine`,
    'Name a target of kind "cpu", or leave --target away.',
    usage,
  );
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
  const { around } = seams;
  try {
    return await measure(sensor, around === undefined ? once : () => around(once), {
      clock: seams.host?.clock ?? processMeterClock,
      abort: control.abort,
      onProgress: (fraction, message) => control.onProgress?.({ stage: 'measuring', message, fraction }),
      ...seams.options,
    });
  } finally {
    await runner.dispose();
  }
}

interface Measured {
  readonly opened: OpenedModel;
  readonly inputs: MeasureInputs;
  readonly found: ReadySensor;
  readonly measurement: Measurement;
  readonly estimate: Quantity<'J'> | null;
  readonly target: string | null;
  readonly date: string;
}

function toDocument({ opened, inputs, found, measurement, estimate, target, date }: Measured): MeasureDocument {
  const { info, covers } = found;
  const { runs, net, idleW, reason, dropped } = measurement;
  const seconds = runs.reduce((total, { run }) => total + run.seconds, 0);
  const meter = `${info.name}, ${info.domain}`;
  const kind = info.reading === 'counter' ? 'difference of a counter' : 'power integrated over samples';
  const interval = info.updateIntervalMs === null ? 'of unknown interval' : `every ${info.updateIntervalMs} ms`;
  const about = `${meter}; ${kind}, new values ${interval}; mean of ${runs.length} runs of ${(seconds / Math.max(1, runs.length)).toPrecision(3)} s, idle power taken off`;
  const energy = netQuantity(measurement, net === null ? about : `${about}; median ${(net.median / inputs.batch).toPrecision(3)} J`);
  const perSample = energy === null || inputs.batch === 1 ? energy : divided(energy, inputs.batch);
  return {
    schema: 'tierwise.measure/1',
    model: opened.path,
    workload: `inference${inputs.batch === 1 ? '' : ` of ${inputs.batch} samples at once, figures per sample`}, ONNX Runtime on one thread, ${inputs.text}`,
    sensor: info,
    result: perSample === null ? null : { energy: perSample, repetitions: runs.length, sensor: meter, date },
    reason,
    idle: idleQuantity(idleW, meter),
    runs: runs.map(({ iterations, run, netPerIterationJ }) => ({
      iterations,
      seconds: exactly(run.seconds, 's', 'measured', 'clock of this process'),
      gross: { value: run.joules, unit: 'J', low: run.lowJ, high: run.highJ, source: 'measured', ref: `${meter}, idle included` },
      net: netPerIterationJ < 0 ? null : exactly(netPerIterationJ * iterations, 'J', 'measured', `${meter}, idle taken off`),
    })),
    target,
    machine: cpus()[0]?.model.trim() ?? 'unknown',
    estimate,
    hashes: { model: opened.sha256 },
    diagnostics: [...droppedFinding(dropped, opened.path), ...(covers === 'rail' ? [railFinding(info.domain, opened.path)] : [])],
  };
}

function divided(energy: Quantity<'J'>, by: number): Quantity<'J'> {
  return { ...energy, value: energy.value / by, low: energy.low / by, high: energy.high / by };
}

function idleQuantity(idle: Measurement['idleW'], meter: string): Quantity<'W'> | null {
  if (idle === null || idle.mean <= 0) return null;
  const ref = `${meter}, between the runs, 95 % interval`;
  return { value: idle.mean, unit: 'W', low: Math.max(0, idle.low), high: idle.high, source: 'measured', ref };
}

function droppedFinding({ count, why }: Measurement['dropped'], path: string): readonly DiagnosticDocument[] {
  if (count === 0) return [];
  return [
    { severity: 'info', code: 'windows-dropped', message: `${count} windows were made again: ${why ?? 'no reason'}.`, where: { path } },
  ];
}

function railFinding(domain: string, path: string): DiagnosticDocument {
  const message = `The meter covers ${domain}. Make sure that this rail feeds the processor; Tierwise cannot know.`;
  return { severity: 'warning', code: 'rail-unknown', message, where: { path } };
}
