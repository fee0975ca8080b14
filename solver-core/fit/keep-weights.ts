import type { ActivationSource } from './activations.ts';
import type { RowSource } from './backend.ts';
import { layerRows } from './layer-rows.ts';

/**
 * Why a layer that was to be solved for its teacher's values keeps the weights it has: 'exact', they give these values already (nothing
 * below changed); 'no-gain', the solution comes no nearer to them on the fit rows than they do (a large λ shrinks it, or the change
 * below cannot be made up for).
 */
export type KeptWeights = 'exact' | 'no-gain';

/** Squared distance from the teacher's values on all fit rows: of the weights the layer has, and of the solution. */
export interface TeacherErrors {
  readonly kept: number;
  readonly solved: number;
}

/** Whether a layer that was solved keeps its weights all the same; no errors: it has no teacher. All groups decide together. */
export function keptWeights(groups: readonly TeacherErrors[]): 'no-gain' | undefined {
  const kept = groups.reduce((sum, group) => sum + group.kept, 0);
  const solved = groups.reduce((sum, group) => sum + group.solved, 0);
  return groups.length === 0 || solved < kept ? undefined : 'no-gain';
}

/** Σ ‖a − b‖² over all rows of two sources with the same rows and columns, fp64, rows in order. */
export async function squaredDifference(a: ActivationSource, b: ActivationSource): Promise<number> {
  const source = layerRows(a, b.columns, { kind: 'rows', targets: b }, 0);
  let sum = 0;
  for await (const { x, y, rows } of source.chunks()) {
    for (let i = 0; i < rows * b.columns; i++) sum += (x[i]! - y[i]!) ** 2;
  }
  return sum;
}

/** Σ ‖y − xW − b‖² over all rows; w: [d, k], b: [k]. Time O(n·d·k), one pass. */
export async function squaredError(source: RowSource, w: Float64Array, b: Float64Array): Promise<number> {
  const { columns: d, outputs: k } = source;
  const left = new Float64Array(k);
  let sum = 0;
  for await (const { x, y, rows } of source.chunks()) {
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < k; o++) left[o] = y[r * k + o]! - b[o]!;
      for (let j = 0; j < d; j++) {
        const v = x[r * d + j]!;
        if (v === 0) continue;
        for (let o = 0; o < k; o++) left[o] = left[o]! - v * w[j * k + o]!;
      }
      for (let o = 0; o < k; o++) sum += left[o]! * left[o]!;
    }
  }
  return sum;
}
