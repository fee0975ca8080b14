import { stat } from 'node:fs/promises';
import { basename, extname, join, dirname } from 'node:path';
import type { Plan } from '../model/plan.ts';
import type { DiffSide } from '../protocol/index.ts';
import { readJson, sha256 } from './files.ts';
import { defaultFittedPath, recordPath } from './outputs.ts';
import { parseFitRecord } from './parse-fit-record.ts';
import { planFacts } from './plan-facts.ts';

type Quality = NonNullable<DiffSide['quality']>;

/** The files beside a model that may tell how good it is: records of fits, learning, selection and thresholds, of it or that made it. */
export function recordPaths(modelPath: string): readonly string[] {
  const stem = join(dirname(modelPath), basename(modelPath, extname(modelPath)));
  return [
    `${stem}.sparse.json`,
    `${stem}.selected.json`,
    `${stem}.learned.json`,
    recordPath(defaultFittedPath(modelPath)),
    recordPath(modelPath),
  ];
}

/** A model, with its plan where the comparison is about one. */
export interface JudgedModel {
  readonly sha256: string;
  readonly plan: Plan | null;
}

/** A quality with the hash of the data that it was found on; null where the record does not tell. */
export interface RecordedQuality {
  readonly quality: Quality;
  readonly dataHash: string | null;
}

/**
 * Held-out quality by a record whose hashes are the model's: as the output of a run its quality after, as the input its quality before.
 * Of a plan with tiers it is what its own fit reached: the model as it was given is not what the plan is about. The records beside the
 * first of `modelPaths` that has any count, the newest of them first: a side's own records tell about it, those of the other side only
 * where it has none. Null without such a record.
 */
export async function recordedQuality(modelPaths: readonly string[], model: JudgedModel): Promise<RecordedQuality | null> {
  for (const modelPath of new Set(modelPaths)) {
    const found = await newestBeside(modelPath, model);
    if (found !== null) return found;
  }
  return null;
}

async function newestBeside(modelPath: string, model: JudgedModel): Promise<RecordedQuality | null> {
  const found: (RecordedQuality & { readonly mtimeMs: number })[] = [];
  for (const path of recordPaths(modelPath)) {
    const record = await readJson(path);
    const quality = qualityIn(record, basename(path), model);
    if (quality === null) continue;
    const info = await stat(path).catch(() => null);
    found.push({ quality, dataHash: dataHashOf(record), mtimeMs: info?.mtimeMs ?? 0 });
  }
  // Later steps of the work come first in the list, so that they win between files of the same moment.
  const newest = found.reduce<(typeof found)[number] | null>(
    (best, one) => (best === null || one.mtimeMs > best.mtimeMs ? one : best),
    null,
  );
  return newest;
}

function dataHashOf(record: unknown): string | null {
  const hashes = isObject(record) ? record['hashes'] : null;
  const data = isObject(hashes) ? hashes['data'] : null;
  return typeof data === 'string' ? data : null;
}

function qualityIn(record: unknown, name: string, { sha256: modelHash, plan }: JudgedModel): Quality | null {
  const isFitted = plan !== null && plan.lower.length + plan.upper.length > 0;
  const fit = parseFitRecord(record);
  if (fit !== null) {
    if (fit.evaluation === null) return null;
    const { metric, rows } = fit.evaluation;
    const isPlans = isFitted && fit.hashes.model === modelHash && fit.hashes.plan === sha256(planFacts(plan));
    if (isPlans || fit.hashes.output === modelHash) return { metric, value: fit.evaluation.after, rows, from: `${name}, after the fit` };
    if (!isFitted && fit.hashes.model === modelHash) return { metric, value: fit.evaluation.before, rows, from: `${name}, before the fit` };
    return null;
  }
  if (!isObject(record) || !isObject(record['hashes'])) return null;
  const isOutput = record['hashes']['output'] === modelHash;
  if (record['schema'] === 'tierwise.learn/1' && isOutput && isObject(record['evaluation'])) {
    const { heldOut, metric } = record['evaluation'];
    return isObject(heldOut) ? quality(metric, heldOut['after'], heldOut['rows'], `${name}, after learning`) : null;
  }
  if (record['schema'] === 'tierwise.sparsify/1')
    return sparseQuality(record, name, { isOutput, isInput: !isFitted && record['hashes']['model'] === modelHash });
  if (record['schema'] === 'tierwise.select/1' && isObject(record['saving'])) {
    const { metric, before, after, rows } = record['saving'];
    if (isOutput) return quality(metric, after, rows, `${name}, after the selection`);
    if (!isFitted && record['hashes']['model'] === modelHash) return quality(metric, before, rows, `${name}, before the selection`);
  }
  return null;
}

/** Accuracy by the record of a run that made activations sparse, where there were labels or next tokens; null otherwise. */
function sparseQuality(
  { evaluation, rows }: Readonly<Record<string, unknown>>,
  name: string,
  { isOutput, isInput }: { readonly isOutput: boolean; readonly isInput: boolean },
): Quality | null {
  if (!isObject(evaluation) || !isObject(evaluation['accuracy']) || !isObject(rows)) return null;
  const { before, after } = evaluation['accuracy'];
  if (isOutput) return quality('accuracy', after, rows['heldOut'], `${name}, after thresholds`);
  return isInput ? quality('accuracy', before, rows['heldOut'], `${name}, before thresholds`) : null;
}

/** Records are files that anybody may have edited: what is not a quality counts as none. */
function quality(metric: unknown, value: unknown, rows: unknown, from: string): Quality | null {
  if ((metric !== 'accuracy' && metric !== 'mse') || typeof value !== 'number' || !Number.isFinite(value)) return null;
  return typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0 ? { metric, value, rows, from } : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
