import type { Numerics } from '../../fit/numerics.ts';
import type { LearnRows } from '../learner.ts';
import { addToBatch } from './add-sums.ts';
import { addCompensation } from './compensation.ts';
import { drawExpansion } from './expansion.ts';
import type { InverseForm } from './inverse-form.ts';
import { enterInverse, growInverse, isDue, isStale, updateInverse } from './inverse-form.ts';
import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { folded, maxRecent, requireFinite, withOutputs, withRecent } from './recent.ts';
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
  const smallBatches = rows.rows <= smallBatchRows ? parts.smallBatches + 1 : 0;
  const ready = { ...withExpansion(parts, rows), smallBatches };
  const quick = keep < 1 ? null : await absorbIntoInverse(ready, rows, outputs, solved, numerics);
  if (quick !== null) return quick;
  return absorbIntoSums(ready, rows, outputs, keep, numerics);
}

/** The parts after these rows with all of them in the sums, which the weights then come from; `lambda` holds from now on. */
export async function refit(
  parts: RidgeParts,
  rows: LearnRows,
  keep: number,
  lambda: number | undefined,
  numerics: Numerics,
): Promise<RidgeParts> {
  const ready = withExpansion({ ...parts, options: { ...parts.options, lambda }, smallBatches: 0 }, rows);
  return absorbIntoSums(ready, rows, outputsFor(parts, rows), keep, numerics);
}

async function absorbIntoSums(parts: RidgeParts, rows: LearnRows, outputs: number, keep: number, numerics: Numerics): Promise<RidgeParts> {
  const whole = await folded(parts, numerics);
  const batch = await numerics.sums(targetRows(whole, rows, outputs, numerics), quietContext);
  const sums = addToBatch(whole.sums, batch, keep);
  const isWeighted = parts.isWeighted || (keep < 1 && whole.sums.rows > 0);
  const next: RidgeParts = { ...whole, sums, inverse: null, isWeighted };
  return next.compensation === null ? next : { ...next, compensation: await addCompensation(whole, next, rows, keep, numerics) };
}

/** Draws the expansion from the first rows, when there is to be one. */
function withExpansion(parts: RidgeParts, rows: LearnRows): RidgeParts {
  const { expand, inputs, seed } = parts.options;
  if (expand === undefined || parts.expansion !== null) return parts;
  return { ...parts, expansion: drawExpansion(rows, inputs, expand, seed) };
}

/** The parts after rows that go through the R form; null: they are for the sums. */
async function absorbIntoInverse(
  parts: RidgeParts,
  rows: LearnRows,
  outputs: number,
  solved: () => Promise<SolvedSums>,
  numerics: Numerics,
): Promise<RidgeParts | null> {
  if (!isForInverse(parts, rows.rows)) return null;
  const form = parts.inverse ?? (await enteredFrom(parts, await solved()));
  if (form === null) return null;
  const x = await allFeatures(parts, rows, numerics);
  const y = allTargets(parts, rows, outputs);
  requireFinite(x, featuresOf(parts.options));
  requireFinite(y, outputs);
  const inverse = await updateInverse(growInverse(form, outputs), x, y, rows.rows, 1, numerics);
  if (inverse === null) return null;
  const grown = withOutputs(parts, outputs);
  const next: RidgeParts = { ...grown, inverse, recent: withRecent(grown, x, y, rows.rows, outputs) };
  if (next.recent!.rows <= maxRecent && !isDue(inverse)) return next;
  const whole = await folded(next, numerics);
  return (await isStale(inverse, whole.sums, numerics)) ? { ...whole, inverse: null } : whole;
}

/** R from a solve; null without a λ, which R needs for features that have not varied yet. */
async function enteredFrom({ sums }: RidgeParts, solution: SolvedSums): Promise<InverseForm | null> {
  return solution.lambda > 0 ? enterInverse(sums, solution) : null;
}

/** Whether a batch goes through the R form: it was entered or may be, and the batch is small against d (method 3.1). */
function isForInverse(parts: RidgeParts, nRows: number): boolean {
  const { form = 'statistics', lambda, forgetting } = parts.options;
  // λ 0 is raised just enough for one solve to work; R would carry that condition along.
  if (form === 'statistics' || lambda === 0 || forgetting < 1 || parts.sums.rows === 0) return false;
  if (nRows > Math.max(1, featuresOf(parts.options) / 4)) return false;
  if (form === 'r') return true;
  // The default λ moves with the rows; R holds the one it was entered with.
  return lambda !== undefined && parts.compensation === null && nRows <= smallBatchRows && parts.smallBatches >= batchesToEnter;
}
