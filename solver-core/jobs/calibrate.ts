import { existsSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { EnergyTarget } from '../energy/target.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { CalibrationDocument, DiagnosticDocument, Quantity } from '../protocol/index.ts';
import { calibratedTarget } from '../sensors/calibrated-target.ts';
import type { FitRow, FittedConstants } from '../sensors/fit-constants.ts';
import { fitConstants } from '../sensors/fit-constants.ts';
import { calibrationPath, isFactor, parseCalibration } from './calibration-file.ts';
import { checkTarget } from './energy.ts';
import type { Environment } from './environment.ts';
import { estimateParts, inferenceOn } from './estimate-parts.ts';
import { readText, writeWhole } from './files.ts';
import type { JobControl } from './job.ts';
import { measureJob, modelOf } from './measure.ts';
import type { MeasureSeams } from './measure-options.ts';
import { newestMeasurement } from './measured-evidence.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { targetHash, targetsFor } from './targets.ts';
import { isInside, workspaceFolders } from './workspace-files.ts';
import { workspaceTargets } from './workspace-targets.ts';

export interface CalibrateParams {
  readonly target: string;
  /** Models or plans that were measured on the target, or are measured now. */
  readonly paths: readonly string[];
  /** Measures each of them first. */
  readonly measure?: boolean;
  readonly sensor?: string;
}

/** Most models of one calibration. */
const maxPaths = 100;
const maxCalibrationBytes = 1 << 18;

/** One model with its measurement and what the target's own constants say. */
interface Sample {
  readonly opened: OpenedModel;
  readonly measured: Quantity<'J'>;
  readonly before: Quantity<'J'>;
  readonly parts: FitRow['parts'];
}

/**
 * Fits a target's constants to the newest measurement of each model and writes `.tierwise/calibrations/TARGET.json`, whole or not at all.
 * Throws `nothing-to-calibrate` when no model has a measurement on this target, `record-not-ours` when the file is something else.
 */
export async function calibrateJob(
  environment: Environment,
  params: CalibrateParams,
  control: JobControl,
  seams: MeasureSeams = {},
): Promise<CalibrationDocument> {
  const models = await modelsOf(params);
  const first = models[0] ?? '';
  const target = await uncalibratedTarget(first, params.target);
  const folder = folderFor(first, target.id);
  const output = calibrationPath(folder, target.id);
  await checkOutput(folder, output, target.id);
  if (params.measure === true) {
    for (const [at, path] of models.entries()) await measureOne(environment, params, path, { at, of: models.length }, control, seams);
  }
  checkAbort(control.abort);
  const diagnostics: DiagnosticDocument[] = [];
  const samples: Sample[] = [];
  for (const path of models) {
    const sample = await sampleOf(environment, path, target);
    if ('code' in sample) diagnostics.push(sample);
    else samples.push(sample);
  }
  const rows = samples.map(({ measured, parts }): FitRow => ({
    measuredJ: measured.value,
    relativeError: (measured.high - measured.low) / 2 / measured.value,
    parts,
  }));
  const fitted = fitConstants(rows);
  if (fitted === null) throw nothingToFit(params, diagnostics);
  checkFactors(target.id, fitted);
  const document = toDocument(target, samples, fitted, { folder, output, diagnostics, date: seams.date ?? new Date().toISOString() });
  await mkdir(dirname(output), { recursive: true });
  await checkOutput(folder, output, target.id);
  const text = `${JSON.stringify({ ...document, output: null }, null, 2)}\n`;
  // What would not be read back must not be written.
  const parsed = parseCalibration(text, target.id);
  if (typeof parsed === 'string') throw implausible(target.id, `the calibration ${parsed}`);
  await writeWhole(output, text);
  return document;
}

/** The models, each once. */
async function modelsOf({ paths }: CalibrateParams): Promise<readonly string[]> {
  const usage = { category: 'usage' } as const;
  if (paths.length === 0 || paths.length > maxPaths)
    throw new TierwiseError(
      'usage',
      `a calibration takes 1 to ${maxPaths} models or plans, not ${paths.length}`,
      'Name models that were measured.',
      usage,
    );
  const models: string[] = [];
  for (const path of paths) models.push(resolve(await modelOf(path)));
  return [...new Set(models)];
}

async function uncalibratedTarget(path: string, id: string): Promise<EnergyTarget> {
  const found = await targetsFor(path);
  checkTarget(found, id);
  return found.uncalibrated.get(id) as EnergyTarget;
}

/** Beside the target's own file, else in the nearest `.tierwise`, else at the root of the repository, else beside the model. */
function folderFor(modelPath: string, targetId: string): string {
  const own = workspaceTargets(modelPath).targets.get(targetId)?.path;
  if (own !== undefined) return resolve(dirname(own), '..', '..');
  const folders = workspaceFolders(modelPath);
  const marked = folders.find((each) => existsSync(join(each, '.tierwise'))) ?? folders.find((each) => existsSync(join(each, '.git')));
  return marked ?? folders[0] ?? dirname(modelPath);
}

/** What is there and no calibration is not overwritten, and nothing is written through a link that leaves the folder. */
async function checkOutput(folder: string, output: string, targetId: string): Promise<void> {
  let place = dirname(output);
  while (!existsSync(place)) place = dirname(place);
  const way = relative(realpathSync(folder), realpathSync(place));
  if (way === '..' || way.startsWith(`..${sep}`))
    throw new TierwiseError('path-outside-folder', `${place} is a link that leaves ${folder}`, 'Replace the link by a folder.');
  if (!existsSync(output)) return;
  const text = await readText(output, maxCalibrationBytes);
  const parsed = parseCalibration(text, targetId);
  if (typeof parsed === 'string')
    throw new TierwiseError('record-not-ours', `${output} exists and ${parsed}`, 'Move it away; it is not overwritten.');
}

async function measureOne(
  environment: Environment,
  params: CalibrateParams,
  path: string,
  place: { readonly at: number; readonly of: number },
  control: JobControl,
  seams: MeasureSeams,
): Promise<void> {
  const { sensor, target } = params;
  const inner: JobControl = {
    ...control,
    onProgress: (event) =>
      control.onProgress?.({
        ...event,
        message: `${basename(path)}, ${event.message}`,
        fraction: event.fraction === null ? null : (place.at + event.fraction) / place.of,
      }),
  };
  await measureJob(environment, { path, target, ...(sensor === undefined ? {} : { sensor }) }, inner, seams);
}

/** The model's newest measurement beside its estimate, or why it cannot be used. */
async function sampleOf(environment: Environment, path: string, target: EnergyTarget): Promise<Sample | DiagnosticDocument> {
  const finding = (code: string, message: string): DiagnosticDocument => ({ severity: 'warning', code, message, where: { path } });
  const opened = await openModel(environment, path);
  if (opened.content === undefined) return finding('model-unreadable', opened.diagnostics[0]?.message ?? 'the model cannot be read');
  const measurement = await newestMeasurement(path, target.id, { model: opened.sha256 });
  if (measurement?.result == null)
    return finding(
      'not-measured',
      `There is no measurement of ${basename(path)} for ${target.id}: \`tierwise measure ${basename(path)} --target ${target.id}\`.`,
    );
  if (measurement.hashes.model !== opened.sha256)
    return finding('measurement-stale', `${basename(path)} changed since it was measured; measure it again.`);
  const before = inferenceOn(opened.content.layers, target);
  const parts = estimateParts(opened.content.layers, target);
  if (before === null || parts === null) return finding('energy-incomplete', `${basename(path)} has layers without a figure.`);
  return { opened, measured: measurement.result.energy, before, parts };
}

function nothingToFit({ target, paths }: CalibrateParams, diagnostics: readonly DiagnosticDocument[]): TierwiseError {
  const why = diagnostics[0]?.message ?? 'the estimates have no energy to scale';
  return new TierwiseError(
    'nothing-to-calibrate',
    `none of ${paths.length} models has a measurement that "${target}" can be fitted to: ${why}`,
    `Measure first, on the machine that the target describes: \`tierwise calibrate ${target} MODEL --measure\`.`,
  );
}

/** Throws `calibration-implausible` for factors that no calibration may hold: the measurement or the target is wrong by then. */
function checkFactors(targetId: string, { constants }: FittedConstants): void {
  const wrong = constants.find(({ factor }) => !isFactor(factor));
  if (wrong === undefined) return;
  throw implausible(targetId, `the factor of "${wrong.name}" would be ${wrong.factor.value.toPrecision(3)}, expected 1e-12 to 1e12`);
}

function implausible(targetId: string, what: string): TierwiseError {
  return new TierwiseError(
    'calibration-implausible',
    `"${targetId}" cannot be calibrated: ${what}`,
    'Check the figures in MODEL.measured.json and the constants of the target; nothing was written.',
  );
}

function toDocument(
  target: EnergyTarget,
  samples: readonly Sample[],
  { constants, leaveOneOut }: FittedConstants,
  rest: { readonly folder: string; readonly output: string; readonly diagnostics: readonly DiagnosticDocument[]; readonly date: string },
): CalibrationDocument {
  const { folder, output, diagnostics, date } = rest;
  const named = constants.map(({ name, factor }) => ({ name, factor: { ...factor, unit: '1' as const } }));
  const calibrated = calibratedTarget(target, { constants: named, date, residuals: samples });
  return {
    schema: 'tierwise.calibration/1',
    target: target.id,
    targetHash: targetHash(target),
    constants: named,
    residuals: samples.map(({ opened, measured, before }) => {
      const after = inferenceOn(opened.content?.layers ?? [], calibrated) ?? before;
      const error = (after.value - measured.value) / measured.value;
      return { model: storedPath(folder, opened.path), modelHash: opened.sha256, measured, before, after, error };
    }),
    leaveOneOut,
    date,
    output,
    diagnostics,
  };
}

/**
 * Relative to the folder that holds `.tierwise`, with forward slashes, so that the file can be shared. A model elsewhere is kept by its
 * name behind `../`: it is not looked for again, and no path of this machine gets into the file.
 */
function storedPath(folder: string, path: string): string {
  return isInside(folder, path) ? relative(folder, path).split(sep).join('/') : `../${basename(path)}`;
}
