import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';

/** Multiply-adds and memory of one update; `memoryBytes`: the matrices that are read and written, each counted once. */
export interface UpdateCost {
  readonly macs: number;
  readonly bits: 64;
  readonly memoryBytes: number;
}

/**
 * What taking in n rows costs (method 8): sums ½nd² + ndk, the solve d³/6 + d²k of the statistics form or the update
 * 1.5nd² + 1.5n²d + n³/6 + 2ndk + n²k of the R form, and the expansion. Twice the sums and solve with a compensation stream.
 */
export function updateCostOf(parts: RidgeParts, n: number): UpdateCost {
  const d = featuresOf(parts.options);
  const k = Math.max(1, parts.sums.outputs);
  const expansion = parts.options.expand === undefined ? 0 : n * parts.options.inputs * d;
  const sums = 0.5 * n * d * d + n * d * k;
  const halfSquare = 8 * (0.5 * d * d + d * k);
  if (parts.inverse !== null && n <= Math.max(1, d / 4)) {
    const update = 1.5 * n * d * d + 1.5 * n * n * d + (n * n * n) / 6 + 2 * n * d * k + n * n * k;
    return { macs: Math.round(expansion + sums + update), bits: 64, memoryBytes: Math.round(halfSquare + 8 * (d * d + d * k)) };
  }
  const streams = parts.compensation === null ? 1 : 2;
  const solve = (d * d * d) / 6 + d * d * k;
  return { macs: Math.round(expansion + streams * (sums + solve)), bits: 64, memoryBytes: Math.round(streams * 2 * halfSquare) };
}
