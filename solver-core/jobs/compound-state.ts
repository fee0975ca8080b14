import { encodeArrayFile } from '../data/array-file.ts';
import { resumeCache, resumeStream, saveStream } from '../compound/index.ts';
import type { RepresentationCache, StreamIdentity, StreamState } from '../compound/index.ts';
import type { LearnerState } from '../learn/learner.ts';
import { isPlace } from './compound-place.ts';
import type { StreamPlace } from './compound-place.ts';
import type { LabelKind } from './learn-labels.ts';
import { isLabelKind, isRecord } from './state-checks.ts';
import { readArrays, stateError } from './state-file.ts';

/** Everything that a compound run goes on from. */
export interface SavedCompound {
  readonly stream: LearnerState;
  readonly cache: LearnerState | null;
  /** What is known of how it began, for the record. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly labels: LabelKind;
  readonly task: string;
  /** Where in its stream it is; undefined: not known. */
  readonly place: StreamPlace | undefined;
}

const kind = 'tierwise-compound';
const version = 1;
/** A cache is saved as doubles, and a state is read at once. */
const maxCacheBytes = 2 ** 29;

/** The bytes of a state file; and whether the cache is in it, which it is not when it is too large for a file. */
export function encodeCompound(
  state: StreamState,
  cache: RepresentationCache | null,
  rest: Pick<SavedCompound, 'facts' | 'labels' | 'task' | 'place'>,
): { readonly bytes: Uint8Array; readonly hasCache: boolean } {
  const stream = saveStream(state);
  const kept = cache !== null && cache.statistics().bytes <= maxCacheBytes ? cache.save() : null;
  const arrays = new Map<string, Float64Array>();
  for (const [name, values] of stream.arrays) arrays.set(`stream.${name}`, values);
  for (const [name, values] of kept?.arrays ?? []) arrays.set(`cache.${name}`, values);
  const header = { ...rest, stream: stream.header, cache: kept?.header ?? null };
  const sorted = new Map([...arrays].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    bytes: encodeArrayFile(kind, version, { header: canonical(header) as typeof header, arrays: sorted }),
    hasCache: cache === null || kept !== null,
  };
}

/** The same content in one order of keys: what came from a file has another than what was made here. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** A state file that was read, with the hash of its bytes. */
export interface ReadCompound {
  readonly saved: SavedCompound;
  readonly sha256: string;
}

/** Reads a state file; null when there is none. Throws TierwiseError `state-not-ours`, `state-wrong-kind`, `state-too-new`, `state-damaged`. */
export async function readCompound(path: string): Promise<ReadCompound | null> {
  const read = await readArrays(path, kind, version);
  if (read === null) return null;
  const value = read.content;
  const { facts, labels, task, stream, cache, place } = value.header;
  if (!isFacts(facts) || !isLabelKind(labels) || typeof task !== 'string' || !isRecord(stream) || !(cache === null || isRecord(cache)))
    throw stateError(path, []);
  if (place !== undefined && !isPlace(place)) throw stateError(path, []);
  const part = (prefix: string): Map<string, Float64Array> =>
    new Map(
      [...value.arrays].flatMap(([name, values]): [string, Float64Array][] =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), values]] : [],
      ),
    );
  return {
    saved: {
      ...{ facts, labels, task, place },
      stream: { header: stream, arrays: part('stream.') },
      cache: cache === null ? null : { header: cache, arrays: part('cache.') },
    },
    sha256: read.sha256,
  };
}

/** What the record tells of the beginning: anybody can make a file with a right checksum. */
function isFacts(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value) || !isRecord(value['calibration']) || !Array.isArray(value['heads']) || value['heads'].length > 4) return false;
  const { rows, temperature, threshold, calibrationError, curve } = value['calibration'];
  if (![rows, temperature, threshold].every(isAmount) || !isRecord(calibrationError) || !Array.isArray(curve) || curve.length > 1000)
    return false;
  const isPoint = (point: unknown): boolean =>
    isRecord(point) &&
    [point['threshold'], point['accuracy'], point['escalated']].every(isAmount) &&
    isJoules(point['energy']) &&
    typeof point['chosen'] === 'boolean';
  const isTrial = (trial: unknown): boolean =>
    isRecord(trial) &&
    (trial['exit'] === 'lower' || trial['exit'] === 'upper') &&
    (trial['head'] === 'rls' || trial['head'] === 'adam') &&
    [trial['loss'], trial['accuracy']].every(isAmount) &&
    isJoules(trial['energy']) &&
    typeof trial['chosen'] === 'boolean' &&
    typeof trial['reason'] === 'string';
  return [calibrationError['before'], calibrationError['after']].every(isAmount) && curve.every(isPoint) && value['heads'].every(isTrial);
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isJoules(value: unknown): boolean {
  return (
    isRecord(value) &&
    [value['value'], value['low'], value['high']].every(isAmount) &&
    value['unit'] === 'J' &&
    ['measured', 'simulated', 'modelled', 'assumed'].includes(String(value['source'])) &&
    typeof value['ref'] === 'string'
  );
}

/** The stream of a state file, for these modules. Throws TierwiseError with the code of what does not agree. */
export function resumedStream(path: string, { saved }: ReadCompound, identity: StreamIdentity): StreamState {
  const { value, diagnostics } = resumeStream(saved.stream, identity);
  if (value === undefined) throw stateError(path, diagnostics);
  return value;
}

/** The cache of a state file; a fresh one is used where it has none, or one that cannot be read. */
export function resumedCache({ saved }: ReadCompound, lowerVersion: string, limitBytes: number): RepresentationCache | null {
  return saved.cache === null ? null : (resumeCache(saved.cache, lowerVersion, limitBytes).value ?? null);
}
