import type { Checked } from '../model/diagnostic.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { FoundTargets } from './targets.ts';

/** An estimate with what is known beside it: faults of the workspace's files and the calibration in use. */
export async function withMeasurements(
  _environment: Environment,
  estimate: Checked<EnergyDocument>,
  found: FoundTargets,
): Promise<Checked<EnergyDocument>> {
  if (estimate.value === undefined) return { ...estimate, diagnostics: [...estimate.diagnostics, ...found.diagnostics] };
  const calibration = found.calibrations.get(estimate.value.target);
  const diagnostics = [...estimate.value.diagnostics, ...found.diagnostics];
  const value: EnergyDocument = {
    ...estimate.value,
    diagnostics,
    ...(calibration === undefined
      ? {}
      : { calibration: { path: calibration.path, date: calibration.document.date, stale: calibration.unused } }),
  };
  return Promise.resolve({ value, diagnostics });
}
