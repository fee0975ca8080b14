import { createRandom, normals } from '../prng.ts';
import type { LabelTargets } from '../rows.ts';
import type { TargetLayer } from './strategy.ts';

/** Y U for rows from `firstRow` on, [rows, h]; the label of a sample counts for all its positions. */
export type LabelProjection = (firstRow: number, rows: number, into: Float64Array) => void;

/**
 * The labels seen through a fixed random matrix U ~ N(0, 1), [label width, outputs]. One-hot labels are taken as they are; numbers
 * are brought to mean 0 and variance 1 first, so that the sign of a projection tells rows apart whatever their unit and offset.
 */
export function labelProjection(layer: TargetLayer): LabelProjection {
  const { labels, outputs } = layer;
  const { positions, rows: allRows } = layer.input;
  const u = normals(createRandom(layer.seed, `labels ${layer.id}`), labels.width * outputs);
  const { mean, scale } = labels.kind === 'values' ? standardised(labels, allRows / positions) : asTheyAre(labels.width);
  const label = new Float32Array(labels.width);
  return (firstRow, rows, into) => {
    into.fill(0, 0, rows * outputs);
    for (let r = 0; r < rows; r++) {
      labels.fill(Math.floor((firstRow + r) / positions), 1, label);
      for (let c = 0; c < labels.width; c++) {
        const y = (label[c]! - mean[c]!) * scale[c]!;
        if (y === 0) continue;
        for (let o = 0; o < outputs; o++) into[r * outputs + o] = into[r * outputs + o]! + y * u[c * outputs + o]!;
      }
    }
  };
}

interface Scaling {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

function asTheyAre(width: number): Scaling {
  return { mean: new Float64Array(width), scale: new Float64Array(width).fill(1) };
}

/** Mean and inverse standard deviation of each label column; constant columns get the scale 0. */
function standardised(labels: LabelTargets, samples: number): Scaling {
  const mean = new Float64Array(labels.width);
  const square = new Float64Array(labels.width);
  const label = new Float32Array(labels.width);
  const each = (visit: (c: number, y: number) => void): void => {
    for (let r = 0; r < samples; r++) {
      labels.fill(r, 1, label);
      for (let c = 0; c < labels.width; c++) visit(c, label[c]!);
    }
  };
  each((c, y) => (mean[c] = mean[c]! + y));
  for (let c = 0; c < mean.length; c++) mean[c] = mean[c]! / samples;
  each((c, y) => (square[c] = square[c]! + (y - mean[c]!) ** 2 / samples));
  return { mean, scale: square.map((v) => (v > 0 ? 1 / Math.sqrt(v) : 0)) };
}
