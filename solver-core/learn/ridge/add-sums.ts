import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { growOutputs } from '../../fit/ridge/sums.ts';

/** scale·older + batch, with as many outputs as the batch. The arrays of `batch` are reused: give them up. */
export function addToBatch(older: RidgeSums, batch: RidgeSums, scale = 1): RidgeSums {
  const grown = growOutputs(older, batch.outputs);
  addScaled(batch.sumX, grown.sumX, scale);
  addScaled(batch.sumY, grown.sumY, scale);
  addScaled(batch.gram, grown.gram, scale);
  addScaled(batch.cross, grown.cross, scale);
  addScaled(batch.squareY, grown.squareY, scale);
  return { ...batch, rows: batch.rows + scale * grown.rows };
}

function addScaled(into: Float64Array, from: Float64Array, scale: number): void {
  for (let i = 0; i < into.length; i++) into[i] = into[i]! + scale * from[i]!;
}
