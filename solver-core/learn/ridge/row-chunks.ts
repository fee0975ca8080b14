import type { RowSource } from '../../fit/backend.ts';
import type { Numerics } from '../../fit/numerics.ts';
import type { LearnRows } from '../learner.ts';
import { expanded } from './expansion.ts';
import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { fillTargets } from './targets.ts';

/** Rows per chunk: the features of a chunk stay below a few megabytes for usual widths. */
const chunkRows = 256;

/** Features of consecutive rows. */
export interface FeatureChunk {
  readonly first: number;
  readonly rows: number;
  /** [rows, features] of the main stream: relu(expansion), or the input itself. */
  readonly main: Float64Array;
  /** [rows, features] of the compensation stream: tanh(expansion); null without it. */
  readonly compensation: Float64Array | null;
}

/** Features of the rows, chunk by chunk, in fp64. The same rows give the same chunks and bits. */
export async function* featureChunks(parts: RidgeParts, rows: LearnRows, numerics: Numerics): AsyncGenerator<FeatureChunk> {
  const { expansion } = parts;
  const { inputs } = parts.options;
  for (let first = 0; first < rows.rows; first += chunkRows) {
    const n = Math.min(chunkRows, rows.rows - first);
    const x = Float64Array.from(rows.x.subarray(first * inputs, (first + n) * inputs));
    if (expansion === null) {
      yield { first, rows: n, main: x, compensation: null };
      continue;
    }
    const main = await expanded(expansion, x, n, numerics);
    const compensation = parts.compensation === null ? null : main.map(Math.tanh);
    // Not Math.max: NaN must stay NaN, to be refused when it is summed.
    for (let i = 0; i < main.length; i++) if (main[i]! < 0) main[i] = 0;
    yield { first, rows: n, main, compensation };
  }
}

/** Rows of the main stream with their targets, as a source to sum. `outputs`: columns of the targets. */
export function targetRows(parts: RidgeParts, rows: LearnRows, outputs: number, numerics: Numerics): RowSource {
  return {
    rows: rows.rows,
    columns: featuresOf(parts.options),
    outputs,
    async *chunks() {
      for await (const { first, rows: n, main } of featureChunks(parts, rows, numerics)) {
        const y = new Float64Array(n * outputs);
        fillTargets(parts.coding, rows.labels, first, n, outputs, y);
        yield { rows: n, x: main, y };
      }
    },
  };
}

/** [n, d] features of all rows at once. For small batches. */
export async function allFeatures(parts: RidgeParts, rows: LearnRows, numerics: Numerics): Promise<Float64Array> {
  const d = featuresOf(parts.options);
  const x = new Float64Array(rows.rows * d);
  for await (const { first, main } of featureChunks(parts, rows, numerics)) x.set(main, first * d);
  return x;
}

/** [n, outputs] targets of all rows at once. */
export function allTargets(parts: RidgeParts, rows: LearnRows, outputs: number): Float64Array {
  const y = new Float64Array(rows.rows * outputs);
  fillTargets(parts.coding, rows.labels, 0, rows.rows, outputs, y);
  return y;
}
