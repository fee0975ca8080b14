import type { ActivationSource } from '../activations.ts';

/** [columns] mean of each column of the source, fp64, rows in order; of all rows of the fit where the source knows them. */
export async function columnMeans(input: ActivationSource): Promise<Float64Array> {
  if (input.means !== undefined) return input.means;
  const sums = new Float64Array(input.columns);
  for await (const { x, rows } of input.chunks()) {
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < input.columns; j++) sums[j] = sums[j]! + x[r * input.columns + j]!;
    }
  }
  return sums.map((sum) => sum / input.rows);
}
