import type { RowChunk, RowSource, SolveContext } from '../fit/backend.ts';
import type { Numerics } from '../fit/numerics.ts';
import type { RidgeSums } from '../fit/ridge/sums.ts';
import { splitRows } from '../fit/split.ts';

/** Rows of a layer's inputs, split into those that steer the compensation and those that judge it. */
export interface Calibration {
  /** Sums of the steering rows. */
  readonly sums: RidgeSums;
  /** [heldOutRows, d] rows that the sums do not hold. */
  readonly heldOut: Float64Array;
  readonly heldOutRows: number;
}

/** A fifth of the rows judges, 1024 at most: enough for a ratio of errors, and little memory. */
const judgingShare = 0.2;
const judgeAtMost = 1024;

/**
 * One pass for the sums, one for the judging rows, which are drawn with the seed. Rejects like `Numerics.sums`. Fewer than 2 rows:
 * the one row steers and judges.
 */
export async function calibrate(numerics: Numerics, source: RowSource, context: SolveContext, seed = 1): Promise<Calibration> {
  const n = source.rows;
  const fraction = Math.max(1 - judgingShare, 1 - judgeAtMost / Math.max(1, n));
  const { fit, heldOut: judging } = splitRows(n, fraction, seed);
  const sums = await numerics.sums(parted(source, fit), context);
  return { sums, heldOut: await collect(parted(source, judging)), heldOutRows: judging.length };
}

/** The given rows (increasing numbers) of a source, as a source of x alone. */
function parted(source: RowSource, wanted: Uint32Array): RowSource {
  const d = source.columns;
  return {
    rows: wanted.length,
    columns: d,
    outputs: 0,
    async *chunks(preferredRows?: number): AsyncGenerator<RowChunk> {
      let first = 0;
      let next = 0;
      for await (const chunk of source.chunks(preferredRows)) {
        const x = new Float64Array(chunk.rows * d);
        let taken = 0;
        for (; next < wanted.length && wanted[next]! < first + chunk.rows; next++, taken++) {
          const r = wanted[next]! - first;
          x.set(chunk.x.subarray(r * d, (r + 1) * d), taken * d);
        }
        first += chunk.rows;
        if (taken > 0) yield { rows: taken, x: x.subarray(0, taken * d), y: new Float64Array(0) };
      }
    },
  };
}

async function collect(source: RowSource): Promise<Float64Array> {
  const all = new Float64Array(source.rows * source.columns);
  let at = 0;
  for await (const { x } of source.chunks()) {
    all.set(x, at);
    at += x.length;
  }
  return all;
}
