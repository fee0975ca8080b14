import type { ArrayFile } from '../data/array-file.ts';
import { decodeArrayFile, encodeArrayFile } from '../data/array-file.ts';
import type { LearnerState } from '../learn/learner.ts';
import type { DriftState } from '../learn/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { readRegularFile, sha256 } from './files.ts';
import type { LabelKind } from './learn-labels.ts';
import type { WaitingRows } from './learn-waiting.ts';
import { noRows } from './learn-waiting.ts';
import { isCounts, isDriftState, isLabelKind, isPolicyMemory, isRecord, isWholeNumbers } from './state-checks.ts';

/** What the update policy remembers from run to run; its settings come from the plan. */
export interface PolicyMemory {
  /** Settings it was used with: another bucket or price starts anew. */
  readonly settings: string;
  readonly batches: number;
  /** Rows that wait, counted among `SavedLearning.waiting`, and those before them that are already learned. */
  readonly absorbed: number;
  /** Looks in a row that gained nothing, and until when waiting rows call for no other. */
  readonly refusals: number;
  readonly quietUntil: number;
  /** Most rows that wait, and how many call for a decision by their number. */
  readonly pendingKeep: number;
  readonly pendingLimit: number;
  readonly latched: readonly { readonly cause: string; readonly until: number }[];
  readonly bucketJ: number | null;
  readonly priceJ: number | null;
  readonly spentJ: number;
}

/** Everything that learning continues from. The same learning gives the same state, however it was cut into runs. */
export interface SavedLearning {
  /** SHA-256 of the learned model that was written with it. */
  readonly model: string;
  /** SHA-256 of the part below the tier, how the tier learns, and the layer that answers. */
  readonly lower: string;
  readonly upper: string;
  readonly head: string;
  /** Whether the part below was solved on the plan's rows, which `prints.fit` then holds. */
  readonly lowerSawPlanRows: boolean;
  readonly labels: LabelKind;
  /** Rows seen of each class, by index. */
  readonly classRows: Float64Array;
  readonly learner: LearnerState;
  readonly drift: DriftState;
  readonly policy: PolicyMemory;
  readonly waiting: WaitingRows;
  /** Fingerprints of rows (see Prints); null: there were too many to keep. */
  readonly prints: { readonly learned: Float64Array; readonly fit: Float64Array; readonly first: Float64Array } | null;
}

const kind = 'tierwise-learning';
const version = 1;
/** As much as one read call takes; 8192 features need 512 MiB. */
export const maxStateBytes = 2 ** 31 - 1;
const learnerPrefix = 'learner.';

/** The bytes of a state file. */
export function encodeState(saved: SavedLearning): Uint8Array {
  const { learner, waiting, classRows, prints, ...header } = saved;
  const arrays = new Map<string, Float64Array>([...learner.arrays].map(([name, values]) => [`${learnerPrefix}${name}`, values]));
  arrays.set('classRows', classRows);
  arrays.set('waiting.x', Float64Array.from(waiting.x)).set('waiting.labels', waiting.labels).set('waiting.prints', waiting.prints);
  for (const [name, values] of Object.entries(prints ?? {})) arrays.set(`prints.${name}`, values);
  return encodeArrayFile(kind, version, {
    header: { ...header, learner: learner.header, waitingWidth: waiting.width, waitingLabels: waiting.labelWidth },
    arrays,
  });
}

/** A state file that was read, with the hash of its bytes. */
export interface ReadState {
  readonly saved: SavedLearning;
  readonly sha256: string;
}

/**
 * Reads a state file; null when there is none. Throws TierwiseError with the code of what is wrong with it: `state-not-ours`,
 * `state-wrong-kind`, `state-too-new`, `state-damaged`.
 */
export async function readState(path: string): Promise<ReadState | null> {
  const read = await readArrays(path, kind, version);
  if (read === null) return null;
  const saved = toSaved(read.content.header, read.content.arrays);
  if (saved === null) throw stateError(path, []);
  return { saved, sha256: read.sha256 };
}

/** Header and arrays of a state file of some kind, with the hash of its bytes; null when there is none. Throws as `readState`. */
export async function readArrays(
  path: string,
  ofKind: string,
  upTo: number,
): Promise<{ readonly content: ArrayFile; readonly sha256: string } | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(path, maxStateBytes);
  } catch (error) {
    if (error instanceof TierwiseError && error.code === 'file-not-found') return null;
    throw error;
  }
  const { value, diagnostics } = decodeArrayFile(ofKind, upTo, bytes);
  if (value === undefined) throw stateError(path, diagnostics);
  return { content: value, sha256: sha256(bytes) };
}

/** Why a state cannot be used: the first error of `diagnostics`, else `state-damaged`. */
export function stateError(path: string, diagnostics: readonly Diagnostic[]): TierwiseError {
  const first = diagnostics.find((d) => d.severity === 'error');
  const message = first?.message ?? 'what the file states about itself does not agree with what it holds';
  return new TierwiseError(first?.code ?? 'state-damaged', `${path}: ${message}`, advice);
}

const advice = 'Name another state with --state, use a copy, or start over with --fresh or without a state.';

function toSaved(header: Readonly<Record<string, unknown>>, arrays: ReadonlyMap<string, Float64Array>): SavedLearning | null {
  const { model, lower, upper, head, lowerSawPlanRows, labels, learner, drift, policy, waitingWidth, waitingLabels } = header;
  if (typeof model !== 'string' || typeof lower !== 'string' || typeof upper !== 'string' || typeof head !== 'string') return null;
  if (typeof lowerSawPlanRows !== 'boolean' || !isLabelKind(labels) || !isRecord(learner)) return null;
  if (!isDriftState(drift) || !isPolicyMemory(policy) || !isWholeNumbers([waitingWidth, waitingLabels])) return null;
  const waiting = waitingOf(arrays, Number(waitingWidth), Number(waitingLabels));
  const classRows = arrays.get('classRows');
  const [learned, fit, first] = ['learned', 'fit', 'first'].map((name) => arrays.get(`prints.${name}`));
  const prints = learned === undefined || fit === undefined || first === undefined ? null : { learned, fit, first };
  if (waiting === null || policy.absorbed > waiting.rows || classRows === undefined || !isCounts(classRows)) return null;
  const learnerArrays = [...arrays].flatMap(([name, values]): [string, Float64Array][] =>
    name.startsWith(learnerPrefix) ? [[name.slice(learnerPrefix.length), values]] : [],
  );
  return {
    ...{ model, lower, upper, head, lowerSawPlanRows, labels, drift, policy, waiting, classRows, prints },
    learner: { header: learner, arrays: new Map(learnerArrays) },
  };
}

function waitingOf(arrays: ReadonlyMap<string, Float64Array>, width: number, labelWidth: number): WaitingRows | null {
  const [x, labels, prints] = ['x', 'labels', 'prints'].map((name) => arrays.get(`waiting.${name}`));
  if (x === undefined || labels === undefined || prints === undefined || width < 1 || labelWidth < 1) return null;
  const rows = prints.length;
  if (x.length !== rows * width || labels.length !== rows * labelWidth) return null;
  if (!x.every(Number.isFinite) || !labels.every(Number.isFinite)) return null;
  return { ...noRows(width, labelWidth), rows, x: Float32Array.from(x), labels, prints };
}
