import { createRandom, normals } from '../prng.ts';
import type { TargetLayer } from './strategy.ts';

/** Y U for rows from `firstRow` on, [rows, h]; the label of a sample counts for all its positions. */
export type LabelProjection = (firstRow: number, rows: number, into: Float64Array) => void;

/** The labels seen through a fixed random matrix U ~ N(0, 1), [label width, outputs]. */
export function labelProjection(layer: TargetLayer): LabelProjection {
  const { labels, outputs } = layer;
  const { positions } = layer.input;
  const u = normals(createRandom(layer.seed, `labels ${layer.id}`), labels.width * outputs);
  const label = new Float32Array(labels.width);
  return (firstRow, rows, into) => {
    into.fill(0, 0, rows * outputs);
    for (let r = 0; r < rows; r++) {
      labels.fill(Math.floor((firstRow + r) / positions), 1, label);
      for (let c = 0; c < labels.width; c++) {
        const y = label[c]!;
        if (y === 0) continue;
        for (let o = 0; o < outputs; o++) into[r * outputs + o] = into[r * outputs + o]! + y * u[c * outputs + o]!;
      }
    }
  };
}
