import type { RowSource } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { assert } from '../../model/error.ts';
import type { LearnRows } from '../learner.ts';
import { addToBatch } from './add-sums.ts';
import { affine } from './affine.ts';
import type { RidgeParts } from './parts.ts';
import { featureChunks } from './row-chunks.ts';
import { quietContext, solveParts } from './solve-parts.ts';
import { fillTargets } from './targets.ts';

/**
 * Sums of the compensation stream (DS-AL, method 3.5) after these rows: tanh features against what the main stream, already
 * updated, leaves over; 0 in the columns of classes that came before this batch. `before`, `after`: parts around the main update.
 */
export async function addCompensation(
  before: RidgeParts,
  after: RidgeParts,
  rows: LearnRows,
  keep: number,
  numerics: Numerics,
): Promise<RidgeSums> {
  assert(before.compensation !== null, 'there is no compensation stream');
  const { outputs, columns } = after.sums;
  const { w, b } = await solveParts(after, numerics);
  const isOld = oldColumns(before, outputs);
  const source: RowSource = {
    rows: rows.rows,
    columns,
    outputs,
    async *chunks() {
      for await (const { first, rows: n, main, compensation } of featureChunks(after, rows, numerics)) {
        assert(compensation !== null, 'the chunk has no compensation features');
        const left = new Float64Array(n * outputs);
        fillTargets(after.coding, rows.labels, first, n, outputs, left);
        const predicted = await affine(main, w, b, n, columns, numerics);
        for (let i = 0; i < left.length; i++) left[i] = isOld[i % outputs] === true ? 0 : left[i]! - predicted[i]!;
        yield { rows: n, x: compensation, y: left };
      }
    },
  };
  return addToBatch(before.compensation, await numerics.sums(source, quietContext), keep);
}

/** Columns of classes that earlier rows had; none for numeric targets, where every batch is about every output. */
function oldColumns({ coding, sums }: RidgeParts, outputs: number): readonly boolean[] {
  return Array.from({ length: outputs }, (_, o) => coding === 'one-hot' && o < sums.outputs && sums.sumY[o]! > 0);
}
