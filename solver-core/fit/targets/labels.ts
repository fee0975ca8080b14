import { labelProjection } from './label-projection.ts';
import type { TargetStrategy } from './strategy.ts';

/**
 * Z = Y U with U ~ N(0, 1): every hidden unit aims at its own random mixture of the labels. The rank of Z is at most the number of
 * classes, so width beyond that gains nothing before the activation (method reference 2.2).
 */
export const labelsStrategy: TargetStrategy = {
  kind: 'labels',
  async prepare(layer) {
    const project = labelProjection(layer);
    let scratch = new Float64Array(0);
    return {
      kind: 'solve',
      fill(_x, rows, firstRow, into) {
        if (scratch.length < rows * layer.outputs) scratch = new Float64Array(rows * layer.outputs);
        project(firstRow, rows, scratch);
        for (let i = 0; i < rows * layer.outputs; i++) into[i] = scratch[i]!;
      },
    };
  },
};
