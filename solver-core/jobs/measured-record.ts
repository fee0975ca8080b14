import { TierwiseError } from '../model/error.ts';
import type { MeasureDocument, MeasurementsDocument } from '../protocol/index.ts';
import { fileStamp } from './workspace-files.ts';
import { readJson, writeWhole } from './files.ts';
import { measuredPath } from './measured-path.ts';
import { isQuantity, isRecord, isText } from './parse-quantity.ts';

/** Most measurements that a file keeps; the oldest go first. */
const maxKept = 500;

/** The measurements kept beside a model, oldest first. `foreign`: a file of that name is something else. */
export type FoundMeasurements =
  { readonly kind: 'found'; readonly measurements: readonly MeasureDocument[] } | { readonly kind: 'none' | 'foreign' };

/** Reads the measurements of a model. Never throws for what the file holds. */
export async function readMeasurements(modelPath: string): Promise<FoundMeasurements> {
  const path = measuredPath(modelPath);
  if (fileStamp(path) === undefined) return { kind: 'none' };
  const value = await readJson(path);
  if (!isRecord(value) || value['schema'] !== 'tierwise.measurements/1' || !Array.isArray(value['measurements']))
    return { kind: 'foreign' };
  // What somebody edited into the list is no measurement, and the others still are.
  return { kind: 'found', measurements: value['measurements'].slice(-maxKept).filter(isMeasurement) };
}

/** Throws `record-not-ours` when a file of that name would be lost. */
export async function checkMeasurementsFile(modelPath: string): Promise<void> {
  if ((await readMeasurements(modelPath)).kind !== 'foreign') return;
  throw new TierwiseError(
    'record-not-ours',
    `${measuredPath(modelPath)} exists and holds no measurements of Tierwise`,
    'Move it away; it is not overwritten.',
  );
}

/** Adds a measurement to the file beside the model, whole or not at all. Paths of this machine do not get into it. */
export async function addMeasurement(modelPath: string, measurement: MeasureDocument, name: string): Promise<void> {
  await checkMeasurementsFile(modelPath);
  const found = await readMeasurements(modelPath);
  const before = found.kind === 'found' ? found.measurements : [];
  const document: MeasurementsDocument = {
    schema: 'tierwise.measurements/1',
    measurements: [...before, { ...measurement, model: name }].slice(-maxKept),
  };
  await writeWhole(measuredPath(modelPath), `${JSON.stringify(document, null, 2)}\n`);
}

function isMeasurement(value: unknown): value is MeasureDocument {
  if (!isRecord(value) || value['schema'] !== 'tierwise.measure/1' || !isText(value['workload'])) return false;
  const { result, hashes, sensor, target } = value;
  return (
    (result === null || isMeasured(result)) &&
    isRecord(hashes) &&
    isText(hashes['model']) &&
    isRecord(sensor) &&
    isText(sensor['id']) &&
    isText(sensor['domain']) &&
    (target === undefined || target === null || isText(target))
  );
}

function isMeasured(value: unknown): boolean {
  return (
    isRecord(value) &&
    isQuantity(value['energy'], 'J') &&
    value['energy'].low > 0 &&
    Number.isSafeInteger(value['repetitions']) &&
    isText(value['sensor']) &&
    isText(value['date']) &&
    !Number.isNaN(Date.parse(value['date']))
  );
}
