import type { Numerics } from '../../fit/numerics.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { combineSums, emptySums } from '../../fit/ridge/sums.ts';
import { TierwiseError } from '../../model/error.ts';
import type { LearnRows } from '../learner.ts';
import { updateInverse } from './inverse-form.ts';
import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { folded } from './recent.ts';
import { allFeatures, allTargets, targetRows } from './row-chunks.ts';
import { quietContext } from './solve-parts.ts';
import { centredGram, varyingColumns } from './solve-sums.ts';
import { outputsFor } from './targets.ts';

/** What rounding may leave of a sum that should be 0, relative to the sum before the removal. */
const rounding = 1e-9;

/**
 * The parts as if these rows had never been seen (method 3.4). Exact: sums less the rows' sums. Rejects with `unlearn-unsupported`
 * when some rows count less than once or a compensation stream has seen them, and with `unlearn-not-contained` when what would be
 * left is the sum of no rows: fewer than none in total or of a class, or a Gram that is not positive semidefinite. Rows that pass
 * all of that without ever having been learned cannot be told from the sums.
 */
export async function remove(before: RidgeParts, rows: LearnRows, numerics: Numerics): Promise<RidgeParts> {
  requireExact(before);
  const parts = await folded(before, numerics);
  const { sums } = parts;
  if (rows.rows > sums.rows) throw notContained(`${rows.rows} rows are to be forgotten, ${sums.rows} have been learned`);
  const needed = outputsFor(parts, rows);
  if (needed > sums.outputs) throw notContained(`a row has the label ${needed - 1}, which was never learned`);
  const taken = await numerics.sums(targetRows(parts, rows, sums.outputs, numerics), quietContext);
  if (rows.rows === sums.rows) {
    requireSame(sums, taken);
    return { ...parts, sums: emptySums(sums.columns, sums.outputs), inverse: null, smallBatches: 0 };
  }
  const left = withoutEmptyClasses(parts, combineSums(sums, taken, 1, -1));
  await requirePossible(parts, left, numerics);
  return { ...parts, sums: left, inverse: await removeInverse(parts, rows, numerics) };
}

function requireExact(parts: RidgeParts): void {
  const refuse = (why: string): TierwiseError =>
    new TierwiseError('unlearn-unsupported', `these rows cannot be unlearned exactly: ${why}`, 'Learn again from the start without them.');
  if (parts.isWeighted || parts.options.forgetting < 1) throw refuse('the head forgets, so what they still count is not known');
  if (parts.compensation !== null) throw refuse('the compensation stream was fitted to errors that depended on them');
}

/** Counts, squares and the centred Gram of what is left must be those of real rows. */
async function requirePossible(parts: RidgeParts, left: RidgeSums, numerics: Numerics): Promise<void> {
  const { sums, coding } = parts;
  for (let o = 0; o < left.outputs; o++) {
    if (left.squareY[o]! < -rounding * sums.squareY[o]!)
      throw notContained(
        coding === 'one-hot'
          ? `${sums.sumY[o]! - left.sumY[o]!} rows of class ${o} are to be forgotten, ${sums.sumY[o]} have been learned`
          : `the targets of output ${o} are larger than all that was learned`,
      );
  }
  const d = left.columns;
  for (let j = 0; j < d; j++)
    if (left.gram[j * d + j]! < -rounding * sums.gram[j * d + j]!) throw notContained(`feature ${j} is larger than all that was learned`);
  const mean = left.sumX.map((v) => v / left.rows);
  const { live, trace } = varyingColumns(left, mean);
  if (live.length === 0) return;
  const centred = centredGram(left, mean, live);
  // What a positive semidefinite matrix needs to be factored in spite of rounding; anything really negative still fails.
  const slack = (1e-7 * trace) / d;
  for (let i = 0; i < live.length; i++) centred[i * live.length + i] = centred[i * live.length + i]! + slack;
  if ('failedPivot' in (await numerics.factor(centred, live.length)))
    throw notContained('without these rows the Gram matrix would not be positive semidefinite');
}

/** All rows are taken: the sums must be those that are held. */
function requireSame(held: RidgeSums, taken: RidgeSums): void {
  const isNear = (a: Float64Array, b: Float64Array): boolean => {
    const scale = a.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
    return a.every((v, i) => Math.abs(v - b[i]!) <= rounding * scale);
  };
  const diagonal = ({ gram, columns: d }: RidgeSums): Float64Array => Float64Array.from({ length: d }, (_, j) => gram[j * d + j]!);
  if (isNear(held.sumY, taken.sumY) && isNear(held.sumX, taken.sumX) && isNear(diagonal(held), diagonal(taken))) return;
  throw notContained('as many rows as were learned are to be forgotten, but they are other rows');
}

/** A class without rows has exact zeros, not rounding: its scores are 0 again. */
function withoutEmptyClasses({ coding }: RidgeParts, sums: RidgeSums): RidgeSums {
  if (coding !== 'one-hot') return sums;
  const { columns, outputs, cross, sumY } = sums;
  for (let o = 0; o < outputs; o++) {
    if (sumY[o] !== 0) continue;
    for (let j = 0; j < columns; j++) cross[j * outputs + o] = 0;
  }
  return sums;
}

/** R without the rows; null when that would lose too many digits: the sums then give the weights. */
async function removeInverse(parts: RidgeParts, rows: LearnRows, numerics: Numerics): Promise<RidgeParts['inverse']> {
  if (parts.inverse === null || rows.rows > featuresOf(parts.options) / 4) return null;
  const x = await allFeatures(parts, rows, numerics);
  const y = allTargets(parts, rows, parts.sums.outputs);
  return updateInverse(parts.inverse, x, y, rows.rows, -1, numerics);
}

function notContained(what: string): TierwiseError {
  return new TierwiseError(
    'unlearn-not-contained',
    `these rows cannot be unlearned: ${what}`,
    'Give rows that were learned, each once, with the labels they had.',
  );
}
