import type { Numerics } from '../../fit/numerics.ts';
import type { LearnRows } from '../learner.ts';
import { addToBatch } from './add-sums.ts';
import { addCompensation } from './compensation.ts';
import { drawExpansion } from './expansion.ts';
import type { InverseForm } from './inverse-form.ts';
import { enterInverse, growInverse, isStale, updateInverse } from './inverse-form.ts';
import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { allFeatures, allTargets, targetRows } from './row-chunks.ts';
import { quietContext } from './solve-parts.ts';
import type { SolvedSums } from './solve-sums.ts';
import { outputsFor } from './targets.ts';

/** Row counts above which solving anew beats row updates, memory traffic included (numerics reference 6). */
const smallBatchRows = 16;
/** Small batches in a row before form 'auto' enters the R form. */
const batchesToEnter = 2;

/**
 * The parts after these rows: older sums count `keep` times. `solved`: the solution of the present sums, asked for when the R form
 * is entered.
 */
export async function absorb(
  parts: RidgeParts,
  rows: LearnRows,
  keep: number,
  solved: () => Promise<SolvedSums>,
  numerics: Numerics,
): Promise<RidgeParts> {
  const outputs = outputsFor(parts, rows);
  const ready = withExpansion(parts, rows);
  const batch = await numerics.sums(targetRows(ready, rows, outputs, numerics), quietContext);
  const smallBatches = rows.rows <= smallBatchRows ? parts.smallBatches + 1 : 0;
  const inverse = keep < 1 ? null : await absorbInverse({ ...ready, smallBatches }, rows, outputs, solved, numerics);
  const sums = addToBatch(parts.sums, batch, keep);
  const isWeighted = parts.isWeighted || (keep < 1 && parts.sums.rows > 0);
  const next: RidgeParts = { ...ready, sums, inverse, smallBatches, isWeighted };
  if (next.compensation !== null) return { ...next, compensation: await addCompensation(parts, next, rows, keep, numerics) };
  return inverse !== null && (await isStale(inverse, sums, numerics)) ? { ...next, inverse: null } : next;
}

/** Draws the expansion from the first rows, when there is to be one. */
function withExpansion(parts: RidgeParts, rows: LearnRows): RidgeParts {
  const { expand, inputs, seed } = parts.options;
  if (expand === undefined || parts.expansion !== null) return parts;
  return { ...parts, expansion: drawExpansion(rows, inputs, expand, seed) };
}

/** The R form after the rows; null: the weights come from the sums. */
async function absorbInverse(
  parts: RidgeParts,
  rows: LearnRows,
  outputs: number,
  solved: () => Promise<SolvedSums>,
  numerics: Numerics,
): Promise<InverseForm | null> {
  if (!isForInverse(parts, rows.rows)) return null;
  const form = parts.inverse ?? (await enterInverse(parts.sums, await solved()));
  const x = await allFeatures(parts, rows, numerics);
  const y = allTargets(parts, rows, outputs);
  return updateInverse(growInverse(form, outputs), x, y, rows.rows, 1, numerics);
}

/** Whether a batch goes through the R form: it was entered or may be, and the batch is small against d (method 3.1). */
function isForInverse(parts: RidgeParts, nRows: number): boolean {
  const { form = 'statistics', lambda, forgetting } = parts.options;
  if (form === 'statistics' || forgetting < 1 || parts.sums.rows === 0) return false;
  if (nRows > Math.max(1, featuresOf(parts.options) / 4)) return false;
  if (form === 'r') return true;
  return lambda !== 0 && parts.compensation === null && nRows <= smallBatchRows && parts.smallBatches >= batchesToEnter;
}
