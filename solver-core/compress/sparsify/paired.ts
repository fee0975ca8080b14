import { assert } from '../../model/error.ts';

/** Rows whose differences are averaged first: neighbouring tokens of one window are not independent. */
const groupRows = 64;

/** The loss of a state beside the one before it, on the same rows. */
export interface PairedIncrease {
  readonly loss: number;
  /** Mean difference relative to the mean loss before; infinite when a loss is not finite. */
  readonly increase: number;
  /** Standard error of `increase`, from groups of neighbouring rows where there are at least 16 groups, from single rows otherwise. */
  readonly error: number;
}

/** Compares losses row by row: what rows have in common (hard words) cancels, so the error is far below that of either loss. */
export function pairedIncrease(before: Float64Array, after: Float64Array): PairedIncrease {
  assert(before.length === after.length && before.length > 0, `${before.length} and ${after.length} losses are no pairs`);
  const n = before.length;
  let base = 0;
  let loss = 0;
  for (let i = 0; i < n; i++) {
    base += before[i]!;
    loss += after[i]!;
  }
  base /= n;
  loss /= n;
  if (!Number.isFinite(loss) || !(base > 0)) return { loss, increase: loss === base ? 0 : Infinity, error: 0 };
  const size = n >= 16 * groupRows ? groupRows : 1;
  const groups = Math.floor(n / size);
  const mean = (loss - base) * size;
  let square = 0;
  for (let g = 0; g < groups; g++) {
    let sum = 0;
    for (let i = g * size; i < (g + 1) * size; i++) sum += after[i]! - before[i]!;
    square += (sum - mean) ** 2;
  }
  const error = groups < 2 ? 0 : Math.sqrt(square / (groups - 1) / groups) / size / base;
  return { loss, increase: (loss - base) / base, error };
}
