import { extname, resolve } from 'node:path';
import { estimateEnergy } from '../energy/estimate.ts';
import { nearest } from '../energy/nearest.ts';
import { simulatedUnits } from '../energy/switching/price.ts';
import { TierwiseError } from '../model/error.ts';
import type { Checked } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { withMeasurements } from './measured-evidence.ts';
import { measuredPath } from './measured-path.ts';
import { measuredZeros, zerosRecordPath } from './measured-zeros.ts';
import { openModel } from './open-model.ts';
import { defaultFittedPath, recordPath } from './outputs.ts';
import { planEnergy, stated } from './plan-energy.ts';
import type { TrainingFacts } from './plan-energy.ts';
import { hasErrorsError, readPlan } from './read-plan.ts';
import { withSwitching } from './switching.ts';
import type { FoundTargets } from './targets.ts';
import { targetsFor } from './targets.ts';
import { withHeldWeights } from './weight-values.ts';
import { workspaceTargets } from './workspace-targets.ts';

/** Target of a bare model when none is named. */
export const defaultTarget = 'ecp5-85f';

export interface EnergyParams extends TrainingFacts {
  /** A model, or a plan (`.tiers`). */
  readonly path: string;
  /** Unsaved text of the plan. */
  readonly text?: string;
  /** Replaces the plan's target. */
  readonly target?: string;
  /** False: the target's constants as they are, whatever a calibration says. Default true. */
  readonly calibration?: boolean;
  /** True: run the model on the plan's rows and simulate what its multiply-adds switch, which takes seconds. Default false: nothing is run. */
  readonly switching?: boolean;
}

/** Energy per layer of a model or a plan. Throws TierwiseError when there is nothing to estimate. */
export async function energyJob(environment: Environment, params: EnergyParams, control: JobControl = {}): Promise<EnergyDocument> {
  const found = await targetsFor(params.path, { calibration: params.calibration !== false });
  for (const id of [params.target, params.trainOn]) if (id !== undefined) checkTarget(found, id);
  const isPlan = extname(params.path) === '.tiers';
  const result = isPlan ? await ofPlan(environment, params, found) : await ofModel(environment, params, found);
  if (result.value !== undefined)
    return params.switching === true ? withSwitching(environment, params, result.value, found, control) : result.value;
  const first = result.diagnostics.find((d) => d.severity === 'error');
  if (first === undefined)
    throw new TierwiseError('nothing-to-estimate', `${params.path} gives no energy estimate`, 'Check that the plan names a model.');
  if (isPlan)
    throw hasErrorsError(
      params.path,
      result.diagnostics.filter((d) => d.severity === 'error'),
    );
  throw new TierwiseError(
    first.code,
    `${params.path}: ${first.message}`,
    first.code === 'energy-target-unknown'
      ? 'Name one of the known targets, with --target or in the plan.'
      : 'Repair or re-export the model; `tierwise inspect` lists every finding.',
  );
}

/** Throws TierwiseError unknown-target unless there is a target of that id. */
export function checkTarget(found: FoundTargets, id: string): void {
  if (found.targets.has(id)) return;
  const advice = `${didYouMean(id, found)}Known targets: ${[...found.targets.keys()].join(', ')}.${faultsText(found)}`;
  throw new TierwiseError('unknown-target', `there is no energy target ${quoteName(id)}`, advice, { category: 'usage' });
}

/**
 * The files an energy report reads, whether they are there or not: the plan, its model and its data, or the model; the fit record with the
 * model it is about, the measurements and the record of a sparse model beside the model; targets and calibrations of the workspace; the log that `epochs` came from.
 * An output must be none of them.
 */
export async function energyInputs(params: EnergyParams, logPath?: string): Promise<readonly string[]> {
  const path = resolve(params.path);
  const isPlan = extname(path) === '.tiers';
  const { modelPath, dataPath } = isPlan ? await readPlan(params.path, params.text) : { modelPath: path, dataPath: null };
  const fitted = modelPath === null ? null : defaultFittedPath(modelPath);
  const beside = modelPath === null || fitted === null ? [] : [measuredPath(modelPath), fitted, recordPath(fitted)];
  const zeros = modelPath === null ? null : await zerosRecordPath(modelPath);
  const own = workspaceTargets(path);
  const { calibrations, diagnostics } = await targetsFor(path);
  const workspace = [
    ...[...own.targets.values()].map((target) => target.path),
    ...[...calibrations.values()].map((calibration) => calibration.path),
    // Files with faults are read, too.
    ...diagnostics.flatMap(({ where }) => (where.path === undefined ? [] : [where.path])),
  ];
  const log = logPath === undefined ? [] : [resolve(logPath)];
  return [path, modelPath, dataPath, ...beside, zeros, ...workspace, ...log].filter((each) => each !== null);
}

async function ofPlan(environment: Environment, params: EnergyParams, found: FoundTargets): Promise<Checked<EnergyDocument>> {
  const read = await readPlan(params.path, params.text);
  // A plan with errors still shows what can be known: the layers that were found keep their tiers.
  if (read.plan === undefined || read.modelPath === null) return { value: undefined, diagnostics: read.diagnostics };
  const { value, diagnostics } = await planEnergy(environment, read, read.plan, params.target, found, params);
  return { value: value && withObstacle(value, found), diagnostics };
}

/** Says whether `switching` could be simulated, for who wants to offer it. */
function withObstacle(document: EnergyDocument, { targets }: FoundTargets): EnergyDocument {
  const target = targets.get(document.target);
  if (target === undefined) return document;
  const units = simulatedUnits(target);
  return { ...document, switchingObstacle: typeof units === 'string' ? units : null };
}

async function ofModel(environment: Environment, params: EnergyParams, found: FoundTargets): Promise<Checked<EnergyDocument>> {
  const opened = await openModel(environment, params.path);
  if (opened.content === undefined) return { value: undefined, diagnostics: opened.diagnostics };
  const { layers } = opened.content;
  const targetId = params.target ?? defaultTarget;
  const zeros = await measuredZeros(environment, opened.path, layers, found.targets.get(targetId));
  const request = {
    layers,
    targetId,
    ...(zeros.activity === undefined ? {} : { activity: zeros.activity }),
    modelPath: opened.path,
    targets: found.targets,
    ...stated(params),
  };
  const estimate = await withHeldWeights(environment, zeros.tell(estimateEnergy(request)), opened, found.targets.get(targetId));
  return withMeasurements(environment, estimate, found);
}

/** A question for the nearest known target, when there is one that near. */
function didYouMean(target: string, { targets }: FoundTargets): string {
  const [near] = nearest(target, targets.keys());
  return near === undefined ? '' : `Did you mean "${near}"? `;
}

/** Names the faults of the workspace's target files, one of which may define what is missed. */
function faultsText({ diagnostics }: FoundTargets): string {
  return diagnostics
    .slice(0, 3)
    .map(({ message, where }) => ` ${message} (${where.path ?? ''})`)
    .join('');
}
