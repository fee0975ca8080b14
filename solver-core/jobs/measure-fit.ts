import { basename, extname } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { BackendChoice, Plan } from '../model/plan.ts';
import type { MeasureDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import { measure } from '../sensors/measure.ts';
import { backendChoice, openBackend } from './choose-backend.ts';
import type { Place } from './choose-sensor.ts';
import { chooseSensor } from './choose-sensor.ts';
import { energyJob } from './energy.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';
import { checkBefore, prepareFit, solveTiers } from './fit.ts';
import type { PreparedFit } from './fit.ts';
import { contextOf } from './fit-context.ts';
import { fitEstimate } from './fit-estimate.ts';
import { fitWork } from './fit-work.ts';
import type { JobControl } from './job.ts';
import type { MeasureParams } from './measure.ts';
import type { MeasureSeams } from './measure-options.ts';
import { dateOf, measureOptions, metered } from './measure-options.ts';
import { measuredTarget } from './measure-target.ts';
import { measuredDocument } from './measured-document.ts';
import { addMeasurement, checkMeasurementsFile } from './measured-record.ts';
import { lowerFacts } from './plan-facts.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { machineSensors } from './sensor-sources.ts';

/**
 * Joules of one fit of a plan's lower tiers: forward passes that collect the rows, and the solves on the backend. Nothing is fitted for
 * good. On a card the meter of the card is used, and the host's share is not in the figure; the processor's simulation of the engine is
 * refused, because its energy is not that of a board.
 */
export async function measureFit(
  environment: Environment,
  params: MeasureParams,
  control: JobControl,
  seams: MeasureSeams,
): Promise<MeasureDocument> {
  const { path, sensor: named } = params;
  if (extname(path) !== '.tiers')
    throw new TierwiseError('usage', `--fit wants a plan, not ${path}`, 'Name the .tiers file whose lower tiers are fitted.', {
      category: 'usage',
    });
  const prepared = await prepareFit(environment, { path, ...(params.backend === undefined ? {} : { backend: params.backend }) }, control);
  try {
    const { plan, opened } = prepared;
    const choice = backendChoice(params.backend, plan.backend);
    const place = placeOf(choice, plan);
    checkAgainstModel(prepared.data, prepared.runnable);
    checkBefore(prepared, choice, control);
    await checkMeasurementsFile(opened.path);
    const target = await measuredTarget(path, params.target, place);
    const sensors = await machineSensors(seams, undefined, control.abort);
    const found = chooseSensor(sensors, named, place);
    const sensor = await found.open();
    try {
      const measurement = await run(
        environment,
        prepared,
        choice,
        async (iterate) => measure(sensor, metered(iterate, seams), measureOptions(control, seams)),
        control,
      );
      const estimate = target === null ? null : fitEstimate(await energyJob(environment, { path, target }));
      const document = measuredDocument({
        of: 'fit',
        modelPath: opened.path,
        workload: `one fit of the lower tiers on ${prepared.fitRows.rows} rows, backend ${choice.kind}`,
        batch: 1,
        found,
        measurement,
        target,
        estimate,
        cards: sensors.filter(({ covers }) => covers === 'card').length,
        hashes: { model: opened.sha256, plan: sha256(lowerFacts(plan)) },
        date: dateOf(seams),
      });
      if (document.result !== null) await addMeasurement(opened.path, document, basename(opened.path));
      return document;
    } finally {
      await sensor.dispose();
    }
  } finally {
    await prepared.data.close();
  }
}

async function run<T>(
  environment: Environment,
  prepared: PreparedFit,
  choice: BackendChoice,
  measured: (iterate: () => Promise<void>) => Promise<T>,
  control: JobControl,
): Promise<T> {
  const work = fitWork(prepared.runnable.layers, prepared.plan, prepared.fitRows.rows);
  const backend = await openBackend(environment, choice, work, control.abort, control.onProgress);
  const runtime = modelRuntime();
  // The fits report no progress of their own: the measurement says how many of them are left.
  const quiet = control.abort === undefined ? {} : { abort: control.abort };
  try {
    return await measured(async () => void (await solveTiers(prepared, backend, runtime, contextOf(quiet, 'measuring'))));
  } finally {
    await backend.dispose().catch(() => undefined);
  }
}

/** Where the solves of a backend draw their energy. */
function placeOf(choice: BackendChoice, plan: Plan): Place {
  if (plan.lower.length === 0)
    throw new TierwiseError('nothing-to-fit', 'the plan has no lower tier, so there is no fit to measure', 'Add a lower tier.');
  if (choice.kind === 'cpu') return 'processor';
  if (choice.kind === 'xrt') return 'card';
  if (choice.kind === 'serial') return 'board';
  throw new TierwiseError(
    'sim-not-measurable',
    'not measurable: the simulated engine draws the power of this machine, which says nothing about a board',
    'Measure on the cpu, a card or a board (--backend), or read the estimate.',
    { category: 'usage' },
  );
}
