import type { IntegerLayer } from '../energy/switching/types.ts';

/**
 * How a layer lies on the array beside its natural way: which input goes to which row, and from which constant the sums start. Both are
 * exact: sums are the same in any order, and the constant is taken off with the bias.
 */
export interface Arrangement {
  /** [d] number of the input in each row of the array, top first; groups stay together. */
  readonly order: Uint32Array;
  /** Rows of a constant input that stand for the start of the sums, see `arranged`. */
  readonly startRows: number;
}

/**
 * Where sums start: no run of equal bits, so that a sum that crosses the start changes few bits. From 0, every change of sign would turn
 * all bits above the magnitude.
 */
const start = 0x55555;
const constantInput = 255;
const largestWeight = 127;

/**
 * The inputs by how much they move the sums, least first: sums stay quiet until late. `activity`: [d] mean square of what each input
 * changes by from row to row, see inputChanges.
 */
export function arrangement(layer: IntegerLayer, activity: Float64Array): Arrangement {
  const { d, k, weights, groupInputs = d } = layer;
  const moved = Float64Array.from({ length: d }, (_, i) => {
    let sum = 0;
    for (let n = 0; n < k; n++) sum += weights[i * k + n]! ** 2;
    return sum * activity[i]!;
  });
  const order = Uint32Array.from({ length: d }, (_, i) => i);
  for (let group = 0; group < d; group += groupInputs)
    order.subarray(group, group + groupInputs).sort((a, b) => moved[a]! - moved[b]! || a - b);
  return { order, startRows: Math.ceil(start / (constantInput * largestWeight)) };
}

/** [d] mean square of an input's change from one row to the next. */
export function inputChanges({ d, rows, activations, runRows = rows }: IntegerLayer): Float64Array {
  const changes = new Float64Array(d);
  let count = 0;
  for (let r = 1; r < rows; r++) {
    if (r % runRows === 0) continue;
    count++;
    for (let i = 0; i < d; i++) changes[i] = changes[i]! + (activations[r * d + i]! - activations[(r - 1) * d + i]!) ** 2;
  }
  return changes.map((c) => c / Math.max(1, count));
}

/**
 * The same layer in another order, under rows of a constant input whose products add up to the start of the sums. Nothing switches in
 * those rows, so they cost nothing; they stand for a constant at the top of each column.
 */
export function arranged(layer: IntegerLayer, { order, startRows }: Arrangement): IntegerLayer {
  const { d, k, rows, groupInputs = d } = layer;
  const inGroup = groupInputs + startRows;
  const all = (d / groupInputs) * inGroup;
  const weights = new Int8Array(all * k);
  const activations = new Uint8Array(rows * all);
  const constant = Math.round(start / constantInput / startRows);
  for (let at = 0; at < all; at++) {
    const group = Math.floor(at / inGroup);
    const row = at - group * inGroup - startRows;
    const from = row < 0 ? -1 : order[group * groupInputs + row]!;
    for (let n = 0; n < k; n++) weights[at * k + n] = from < 0 ? constant : layer.weights[from * k + n]!;
    for (let r = 0; r < rows; r++) activations[r * all + at] = from < 0 ? constantInput : layer.activations[r * d + from]!;
  }
  return { ...layer, weights, activations, d: all, ...(layer.groupInputs === undefined ? {} : { groupInputs: inGroup }) };
}

/**
 * [d, k] energy that a weight v adds per v² in the units below it, per multiply-add: a sum whose changes have the mean square s keeps
 * about log2(√s) bits busy, so more of it costs perBit / (2·ln 2·s) at every unit that it passes. `perBit`: energy of a unit per bit
 * of the sum that is busy.
 */
export function sumPrices(layer: IntegerLayer, { order }: Arrangement, activity: Float64Array, perBit: number): Float64Array {
  const { d, k, weights, groupInputs = d } = layer;
  const prices = new Float64Array(d * k);
  const passed = new Float64Array(groupInputs);
  for (let group = 0; group < d; group += groupInputs) {
    for (let n = 0; n < k; n++) {
      // Before the first weight a sum does not move: what the first one starts is bounded by a change of a few steps.
      let size = quietSum;
      for (let row = 0; row < groupInputs; row++) {
        const from = order[group + row]!;
        size += weights[from * k + n]! ** 2 * activity[from]!;
        passed[row] = 1 / size;
      }
      let below = 0;
      for (let row = groupInputs - 1; row >= 0; row--) {
        below += passed[row]!;
        const from = order[group + row]!;
        prices[from * k + n] = (perBit / (2 * Math.LN2)) * activity[from]! * below;
      }
    }
  }
  return prices;
}

/** Mean square of a change that keeps no bit busy to speak of; keeps the price of the first weight finite. */
const quietSum = 4096;
