import { resolve } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import type { EnergyDocument, EvidenceDocument, MeasureDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { sha256 } from './files.ts';
import { fitEstimate } from './fit-estimate.ts';
import { readMeasurements } from './measured-record.ts';
import { lowerFacts } from './plan-facts.ts';
import type { CalibrationInUse, FoundTargets } from './targets.ts';

/** How many models of a calibration are looked at for changes. */
const maxModels = 100;

/**
 * An estimate with what is known beside it: faults of the workspace's files, the calibration in use and whether it still belongs to what
 * it was made from, and the newest measurements of this model on this target: of one inference and, with a plan, of one fit.
 */
export async function withMeasurements(
  environment: Environment,
  estimate: Checked<EnergyDocument>,
  found: FoundTargets,
  plan?: Plan,
): Promise<Checked<EnergyDocument>> {
  if (estimate.value === undefined) return { ...estimate, diagnostics: [...estimate.diagnostics, ...found.diagnostics] };
  const { target } = estimate.value;
  const calibration = found.calibrations.get(target);
  const stale = calibration === undefined ? null : await calibrationStale(environment, calibration);
  const measured = await measuredEvidence(environment, estimate.value, plan);
  const isFittedTo = ({ measured: meter }: EvidenceDocument): boolean =>
    calibration?.unused === null && calibration.document.residuals.some((each) => each.measured.value === meter?.energy.value);
  const evidence = measured.map((each) => (isFittedTo(each) ? { ...each, of: `${each.of}, to which the calibration was fitted` } : each));
  const diagnostics = [...estimate.value.diagnostics, ...found.diagnostics, ...staleFinding(calibration, stale)];
  const value: EnergyDocument = {
    ...estimate.value,
    diagnostics,
    ...(calibration === undefined ? {} : { calibration: { path: calibration.path, date: calibration.document.date, stale } }),
    ...(evidence.length === 0 ? {} : { evidence: [...(estimate.value.evidence ?? []), ...evidence] }),
  };
  return { value, diagnostics };
}

/** A calibration that no longer belongs to what it was made from moves every figure, so it is a finding, too. */
function staleFinding(calibration: CalibrationInUse | undefined, stale: string | null): readonly Diagnostic[] {
  if (calibration === undefined || stale === null) return [];
  const { target } = calibration.document;
  const message = `The calibration of "${target}" is stale: ${stale}. Calibrate again: \`tierwise calibrate ${target} MODELS --measure\`.`;
  return [{ severity: 'warning', code: staleCalibration, message, where: { path: calibration.path } }];
}

/** Code of the finding about a calibration that no longer belongs to what it was made from. */
export const staleCalibration = 'calibration-stale';

/**
 * The newest measurement of a model for a target that has a figure, one of the model (and plan) as it is now before others; undefined
 * without any. `hashes`: of the model and, for a fit, of the plan's lower tiers.
 */
export async function newestMeasurement(
  modelPath: string,
  target: string,
  hashes: { readonly model: string | null; readonly plan?: string },
): Promise<MeasureDocument | undefined> {
  const found = await readMeasurements(modelPath);
  if (found.kind !== 'found') return undefined;
  const of = hashes.plan === undefined ? 'inference' : 'fit';
  const ofTarget = found.measurements.filter((each) => each.target === target && each.result !== null && (each.of ?? 'inference') === of);
  return ofTarget.findLast((each) => staleBecause(each, hashes) === null) ?? ofTarget.at(-1);
}

/** What was measured of a model and a plan, each beside its estimate. */
async function measuredEvidence(
  environment: Environment,
  { model: modelPath, target, totals, layers }: EnergyDocument,
  plan: Plan | undefined,
): Promise<readonly EvidenceDocument[]> {
  if (modelPath === '') return [];
  const model = await fileHash(environment, modelPath);
  const fit = plan === undefined ? null : fitEstimate({ layers });
  const wanted = [
    { of: 'one inference', estimate: totals.inference, hashes: { model } },
    ...(plan === undefined ? [] : [{ of: 'one fit of the lower tiers', estimate: fit, hashes: { model, plan: sha256(lowerFacts(plan)) } }]),
  ];
  const evidence: EvidenceDocument[] = [];
  for (const { of, estimate, hashes } of wanted) {
    const measurement = estimate === null ? undefined : await newestMeasurement(modelPath, target, hashes);
    if (estimate === null || measurement?.result == null) continue;
    const { energy } = measurement.result;
    const error = (estimate.value - energy.value) / energy.value;
    evidence.push({ of, estimate, simulated: null, measured: measurement.result, error, stale: staleBecause(measurement, hashes) });
  }
  return evidence;
}

function staleBecause({ hashes }: MeasureDocument, now: { readonly model: string | null; readonly plan?: string }): string | null {
  if (hashes.model !== now.model) return 'the model changed since it was measured';
  return hashes.plan === now.plan ? null : 'the lower tiers of the plan changed since they were measured';
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
      (each) => each.of !== 'fit' && each.target === document.target && each.result !== null && each.hashes.model === modelHash,
    );
    if (!ours.some((each) => each.result?.energy.value === measured.value))
      return `the measurement of ${model} is no longer among its measurements`;
    if (ours.some((each) => Date.parse(each.result?.date ?? '') > Date.parse(document.date))) return `${model} was measured again since`;
  }
  return null;
}
