import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CalibrationDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { measuredPath } from './measured-path.ts';
import { readMeasurements } from './measured-record.ts';
import type { CalibrationInUse } from './targets.ts';
import { isInside } from './workspace-files.ts';

/** How many models of a calibration are looked at for changes. */
const maxModels = 100;
/** Most bytes of all of them together: a calibration comes with a repository, and an estimate must not read a disk. */
const maxBytes = 2 ** 29;

/**
 * Why a calibration no longer belongs to the target, the models and the measurements it was made from; null while it does. A calibration
 * may come from anywhere, so only what lies in its own folder after all links is looked at, and only up to 512 MiB of it.
 */
export async function calibrationStale(environment: Environment, { document, folder, unused }: CalibrationInUse): Promise<string | null> {
  if (unused !== null) return unused;
  let leftBytes = maxBytes;
  for (const residual of document.residuals.slice(0, maxModels)) {
    const path = await placeInside(folder, residual.model);
    const size = path === null ? null : await sizeOf(path);
    // A repository may keep calibrations without the models: what is not there, or is not looked at, has not changed as far as is known.
    if (path === null || size === null || size > leftBytes) continue;
    leftBytes -= size;
    const hash = await fileHash(environment, path);
    if (hash === null) continue;
    if (hash !== residual.modelHash) return `${residual.model} changed since it was measured`;
    const changed = await measurementChanged(folder, path, residual, document.target);
    if (changed !== null) return changed;
  }
  return null;
}

async function measurementChanged(
  folder: string,
  path: string,
  { model, modelHash, measured }: CalibrationDocument['residuals'][number],
  target: string,
): Promise<string | null> {
  if ((await placeInside(folder, measuredPath(path))) === null) return null;
  const found = await readMeasurements(path);
  if (found.kind !== 'found') return null;
  const ours = found.measurements.filter(
    (each) => each.of !== 'fit' && each.target === target && each.result !== null && each.hashes.model === modelHash,
  );
  const at = ours.findLastIndex((each) => each.result?.energy.value === measured.value);
  if (at < 0) return `the measurement of ${model} is no longer among its measurements`;
  // The list is in the order of measuring; dates follow clocks that may have been wrong.
  return at < ours.length - 1 ? `${model} was measured again since` : null;
}

/** A path of a calibration where it is a regular name inside `folder`, links followed; null for any other. */
async function placeInside(folder: string, name: string): Promise<string | null> {
  const path = resolve(folder, name);
  if (!isInside(folder, path)) return null;
  try {
    return isInside(await realpath(folder), await realpath(path)) ? path : null;
  } catch {
    return null;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() === true ? info.size : null;
}
