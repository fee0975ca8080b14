import type { Numerics } from '../../fit/numerics.ts';
import { arrayRows } from '../../fit/ridge/array-rows.ts';
import { growOutputs } from '../../fit/ridge/sums.ts';
import { TierwiseError } from '../../model/error.ts';
import { addToBatch } from './add-sums.ts';
import type { RecentRows, RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { quietContext } from './solve-parts.ts';

/** Most rows that wait for the sums. */
export const maxRecent = 64;

/** The recent rows and these; x: [n, features], y: [n, outputs]. Earlier rows get zeros in further outputs. */
export function withRecent(parts: RidgeParts, x: Float64Array, y: Float64Array, n: number, outputs: number): RecentRows {
  const before = parts.recent;
  if (before === null) return { rows: n, x, y };
  const old = parts.sums.outputs;
  const rows = before.rows + n;
  const allX = new Float64Array(before.x.length + x.length);
  allX.set(before.x);
  allX.set(x, before.x.length);
  const allY = new Float64Array(rows * outputs);
  for (let r = 0; r < before.rows; r++) allY.set(before.y.subarray(r * old, (r + 1) * old), r * outputs);
  allY.set(y, before.rows * outputs);
  return { rows, x: allX, y: allY };
}

/** The same parts with every row in the sums. */
export async function folded(parts: RidgeParts, numerics: Numerics): Promise<RidgeParts> {
  const { recent, sums } = parts;
  if (recent === null) return parts;
  const source = arrayRows(recent.x, recent.y, featuresOf(parts.options), sums.outputs);
  const batch = await numerics.sums(source, quietContext);
  return { ...parts, sums: addToBatch(sums, batch), recent: null };
}

/** Parts with as many outputs, the sums' and the recent rows' further ones zero. */
export function withOutputs(parts: RidgeParts, outputs: number): RidgeParts {
  if (parts.sums.outputs === outputs) return parts;
  const recent = parts.recent === null ? null : withRecent(parts, new Float64Array(0), new Float64Array(0), 0, outputs);
  return { ...parts, recent, sums: growOutputs(parts.sums, outputs) };
}

/** Sums find such values themselves; rows that go into R first must be looked at. */
export function requireFinite(values: Float64Array, columns: number): void {
  const at = values.findIndex((v) => !Number.isFinite(v));
  if (at < 0) return;
  throw new TierwiseError(
    'non-finite-rows',
    `row ${Math.floor(at / columns)} holds a value that is infinite or not a number`,
    'Check the data for such values, and the layers below for weights that overflow.',
  );
}
