import type { EnergyTarget } from '../energy/target.ts';
import { energyTargets } from '../energy/targets/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CalibrationDocument } from '../protocol/index.ts';
import { calibratedTarget } from '../sensors/calibrated-target.ts';
import { findCalibration } from './calibration-file.ts';
import { sha256 } from './files.ts';
import { workspaceFolders } from './workspace-files.ts';
import { workspaceTargets } from './workspace-targets.ts';

/** A calibration that belongs to a target. */
export interface CalibrationInUse {
  readonly path: string;
  /** The folder that holds `.tierwise`; paths of models in the calibration start here. */
  readonly folder: string;
  readonly document: CalibrationDocument;
  /** Why it is not applied: the target has other constants by now. Null when it is. */
  readonly unused: string | null;
}

/** The targets that a plan or a model can be priced on. */
export interface FoundTargets {
  /** Those that ship first, then those of the workspace; calibrated where there is a calibration. */
  readonly targets: ReadonlyMap<string, EnergyTarget>;
  /** The same before calibration. */
  readonly uncalibrated: ReadonlyMap<string, EnergyTarget>;
  /** By id of the target. */
  readonly calibrations: ReadonlyMap<string, CalibrationInUse>;
  /** Faults of the workspace's files, as warnings: what is sound is used. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface TargetsOptions {
  /** False: calibrations are left aside. Default true. */
  readonly calibration?: boolean;
}

/**
 * The targets that ship and those under `.tierwise/targets` of the folder of `path` (a plan or a model) and of its parents, with the
 * calibrations under `.tierwise/calibrations` applied. Never rejects for what the files hold.
 */
export async function targetsFor(path: string, options: TargetsOptions = {}): Promise<FoundTargets> {
  return Promise.resolve(targetsNow(path, options));
}

/** As `targetsFor`, at once: a handful of small files is read. */
export function targetsNow(path: string, options: TargetsOptions = {}): FoundTargets {
  const own = workspaceTargets(path);
  const uncalibrated = new Map([...energyTargets, ...[...own.targets].map(([id, { target }]) => [id, target] as const)]);
  const targets = new Map(uncalibrated);
  const calibrations = new Map<string, CalibrationInUse>();
  const diagnostics = [...own.diagnostics];
  const folders = options.calibration === false ? [] : workspaceFolders(path);
  for (const [id, target] of uncalibrated) {
    const found = findCalibration(folders, id);
    if (found === undefined) continue;
    if ('fault' in found) {
      const message = `The calibration of "${id}" is not used: its file ${found.fault}. Calibrate again, or remove it.`;
      diagnostics.push({ severity: 'warning', code: 'calibration-invalid', message, where: { path: found.path } });
      continue;
    }
    const isForThis = found.document.targetHash === targetHash(target);
    const unused = isForThis ? null : 'the target has other constants by now, so the calibration is not applied';
    calibrations.set(id, { path: found.path, folder: found.folder, document: found.document, unused });
    if (isForThis) targets.set(id, calibratedTarget(target, found.document));
  }
  return { targets, uncalibrated, calibrations, diagnostics };
}

/** SHA-256 over everything that a target says, whatever the layout of its file. */
export function targetHash(target: EnergyTarget): string {
  return sha256(JSON.stringify(target));
}
