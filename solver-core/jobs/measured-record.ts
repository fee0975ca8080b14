import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { MeasureDocument } from '../protocol/index.ts';
import { fileStamp } from './workspace-files.ts';
import { checkWritable, readJson, writeWhole } from './files.ts';
import { measuredPath } from './measured-path.ts';
import { isQuantity, isRecord, isText } from './parse-quantity.ts';

/** Most measurements that a file keeps; the oldest go first. */
const maxKept = 500;
/** How often a file that others write to at the same time is read again. */
const maxTries = 20;
const schema = 'tierwise.measurements/1';

/** The measurements kept beside a model, oldest first. `foreign`: a file of that name is something else. */
export type FoundMeasurements =
  { readonly kind: 'found'; readonly measurements: readonly MeasureDocument[] } | { readonly kind: 'none' | 'foreign' };

/** Reads the measurements of a model. Never throws for what the file holds. */
export async function readMeasurements(modelPath: string): Promise<FoundMeasurements> {
  const file = await readFile(measuredPath(modelPath));
  if (file.kind !== 'found') return file;
  // What somebody edited into the list is no measurement, and the others still are.
  return { kind: 'found', measurements: file.entries.slice(-maxKept).filter(isMeasurement) };
}

/** The file as it is: `entries` of which some may be no measurements, and `rest`, its other members. */
type FoundFile =
  | { readonly kind: 'found'; readonly entries: readonly unknown[]; readonly rest: Readonly<Record<string, unknown>> }
  | { readonly kind: 'none' | 'foreign' };

async function readFile(path: string): Promise<FoundFile> {
  if (fileStamp(path) === undefined) return { kind: 'none' };
  const value = await readJson(path);
  if (!isRecord(value) || value['schema'] !== schema || !Array.isArray(value['measurements'])) return { kind: 'foreign' };
  return { kind: 'found', entries: value['measurements'], rest: value };
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

/**
 * Adds a measurement to the file beside the model, whole or not at all. Paths of this machine do not get into it. Entries that are not
 * understood, e.g. of a later version, stay as they are, and so does what another process adds at the same time. Throws `record-not-ours`
 * and `file-not-writable`.
 */
export async function addMeasurement(modelPath: string, measurement: MeasureDocument, name: string): Promise<void> {
  const path = measuredPath(modelPath);
  await checkWritable(path);
  for (let left = maxTries; left > 0; left--) {
    const stamp = fileStamp(path);
    await checkMeasurementsFile(modelPath);
    const found = await readFile(path);
    const [before, rest] = found.kind === 'found' ? [found.entries, found.rest] : [[], {}];
    const document = { ...rest, schema, measurements: [...before, { ...measurement, model: name }].slice(-maxKept) };
    if (await replace(path, stamp, `${JSON.stringify(document, null, 2)}\n`)) return;
  }
  throw new TierwiseError('file-not-writable', `${path} changes all the time`, 'Measure again when nothing else writes to it.');
}

/** Replaces a file unless it changed since it had `stamp`; false then. */
async function replace(path: string, stamp: string | undefined, text: string): Promise<boolean> {
  const temporary = join(dirname(path), `.measured.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeWhole(temporary, text);
    if (fileStamp(path) !== stamp) return false;
    renameSync(temporary, path);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
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
