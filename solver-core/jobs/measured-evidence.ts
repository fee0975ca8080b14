import { evidence } from '../energy/evidence.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import type { EnergyDocument, EvidenceDocument, MeasureDocument } from '../protocol/index.ts';
import { calibrationStale } from './calibration-stale.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { sha256 } from './files.ts';
import { fitEstimate } from './fit-estimate.ts';
import { readMeasurements } from './measured-record.ts';
import { lowerFacts } from './plan-facts.ts';
import type { CalibrationInUse, FoundTargets } from './targets.ts';

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
  const told = measured.map((each) => (isFittedTo(each) ? { ...each, of: `${each.of}, to which the calibration was fitted` } : each));
  const diagnostics = [...estimate.value.diagnostics, ...found.diagnostics, ...staleFinding(calibration, stale)];
  const value: EnergyDocument = {
    ...estimate.value,
    diagnostics,
    ...(calibration === undefined ? {} : { calibration: { path: calibration.path, date: calibration.document.date, stale } }),
    ...(told.length === 0 ? {} : { evidence: [...(estimate.value.evidence ?? []), ...told] }),
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
  const found: EvidenceDocument[] = [];
  for (const { of, estimate, hashes } of wanted) {
    const measurement = estimate === null ? undefined : await newestMeasurement(modelPath, target, hashes);
    if (estimate === null || measurement?.result == null) continue;
    found.push(evidence(of, estimate, { measured: measurement.result, stale: staleBecause(measurement, hashes) }));
  }
  return found;
}

function staleBecause({ hashes }: MeasureDocument, now: { readonly model: string | null; readonly plan?: string }): string | null {
  if (hashes.model !== now.model) return 'the model changed since it was measured';
  return hashes.plan === now.plan ? null : 'the lower tiers of the plan changed since they were measured';
}
