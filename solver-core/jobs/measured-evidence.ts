import { resolve } from 'node:path';
import type { Checked } from '../model/diagnostic.ts';
import type { EnergyDocument, EvidenceDocument, MeasureDocument, Quantity } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { readMeasurements } from './measured-record.ts';
import type { CalibrationInUse, FoundTargets } from './targets.ts';

/** How many models of a calibration are looked at for changes. */
const maxModels = 100;

/**
 * An estimate with what is known beside it: faults of the workspace's files, the calibration in use and whether it still belongs to what
 * it was made from, and the newest measurement of this model on this target.
 */
export async function withMeasurements(
  environment: Environment,
  estimate: Checked<EnergyDocument>,
  found: FoundTargets,
): Promise<Checked<EnergyDocument>> {
  if (estimate.value === undefined) return { ...estimate, diagnostics: [...estimate.diagnostics, ...found.diagnostics] };
  const { target, model, totals } = estimate.value;
  const calibration = found.calibrations.get(target);
  const stale = calibration === undefined ? null : await calibrationStale(environment, calibration);
  const measured = totals.inference === null ? null : await measuredInference(environment, model, target, totals.inference);
  const isFittedTo =
    calibration?.unused === null && calibration.document.residuals.some((each) => each.measured.value === measured?.measured?.energy.value);
  const diagnostics = [...estimate.value.diagnostics, ...found.diagnostics];
  const value: EnergyDocument = {
    ...estimate.value,
    diagnostics,
    ...(calibration === undefined ? {} : { calibration: { path: calibration.path, date: calibration.document.date, stale } }),
    ...(measured === null
      ? {}
      : {
          evidence: [
            ...(estimate.value.evidence ?? []),
            isFittedTo ? { ...measured, of: `${measured.of}, to which the calibration was fitted` } : measured,
          ],
        }),
  };
  return { value, diagnostics };
}

/** The newest measurement of a model for a target that has a figure, one of the model as it is now before others; undefined without any. */
export async function newestMeasurement(modelPath: string, target: string, modelHash: string | null): Promise<MeasureDocument | undefined> {
  const found = await readMeasurements(modelPath);
  if (found.kind !== 'found') return undefined;
  const ofTarget = found.measurements.filter((each) => each.target === target && each.result !== null);
  return ofTarget.findLast((each) => each.hashes.model === modelHash) ?? ofTarget.at(-1);
}

async function measuredInference(
  environment: Environment,
  modelPath: string,
  target: string,
  estimate: Quantity<'J'>,
): Promise<EvidenceDocument | null> {
  if (modelPath === '') return null;
  const hash = await fileHash(environment, modelPath);
  const measurement = await newestMeasurement(modelPath, target, hash);
  if (measurement?.result == null) return null;
  const { energy } = measurement.result;
  return {
    of: 'one inference',
    estimate,
    simulated: null,
    measured: measurement.result,
    error: (estimate.value - energy.value) / energy.value,
    stale: measurement.hashes.model === hash ? null : 'the model changed since it was measured',
  };
}

/** Why a calibration no longer belongs to the target, the models and the measurements it was made from; null while it does. */
async function calibrationStale(environment: Environment, { document, folder, unused }: CalibrationInUse): Promise<string | null> {
  if (unused !== null) return unused;
  for (const { model, modelHash, measured } of document.residuals.slice(0, maxModels)) {
    const path = resolve(folder, model);
    const hash = await fileHash(environment, path);
    // A repository may keep calibrations without the models: what is not there has not changed.
    if (hash === null) continue;
    if (hash !== modelHash) return `${model} changed since it was measured`;
    const found = await readMeasurements(path);
    if (found.kind !== 'found') continue;
    const ours = found.measurements.filter(
      (each) => each.target === document.target && each.result !== null && each.hashes.model === modelHash,
    );
    if (!ours.some((each) => each.result?.energy.value === measured.value))
      return `the measurement of ${model} is no longer among its measurements`;
    if (ours.some((each) => Date.parse(each.result?.date ?? '') > Date.parse(document.date))) return `${model} was measured again since`;
  }
  return null;
}
