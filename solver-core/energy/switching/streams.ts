import { sumBits } from './groups.ts';
import type { CellEnergy, IntegerLayer, MacCellId, Transitions } from './types.ts';

/** What the layer model asks of a multiply-add cell; `MacCell` of gate-simulation.ts is one. */
export interface SwitchingCell {
  readonly id: MacCellId;
  /** Weights the cell can hold. */
  readonly allowed: readonly number[];
  /** Mean energy per transition of a unit that holds `weight`. */
  transitionEnergy(weight: number, transitions: Transitions): CellEnergy;
}

/** Units of a weight-stationary array: inputs of a layer lie along the rows, outputs along the columns. */
export interface ArrayShape {
  readonly rows: number;
  readonly columns: number;
}

/** 22 bits hold 64 products of 8 bits: the array that the width of the sums stands for (method 1.2). */
export const defaultArray: ArrayShape = { rows: 64, columns: 64 };

/**
 * What enters the first unit of a column when a layer has more inputs than the array has rows: what the previous tile wrote (`carried`,
 * the default), or 0 with the tiles added up outside the array (`restarted`).
 */
export type SumStart = 'carried' | 'restarted';

/** How a layer lies on an array. */
export interface Mapping {
  readonly array: ArrayShape;
  readonly sums: SumStart;
}

/** Two's complement of the lowest 22 bits, as the units hold it. */
export function wrapSum(sum: number): number {
  return (sum << (32 - sumBits)) >> (32 - sumBits);
}

/** Row numbers `after` whose predecessor `after - 1` really precedes them. */
export function transitionRows(layer: IntegerLayer): Uint32Array {
  const run = layer.runRows ?? layer.rows;
  const rows: number[] = [];
  for (let r = 1; r < layer.rows; r++) if (r % run !== 0) rows.push(r);
  return Uint32Array.from(rows);
}

/** The first input of the sum that enters input `k`'s unit: of its group, or of its tile where tiles restart. */
export function sumStart(layer: IntegerLayer, k: number, { array, sums }: Mapping): number {
  const inGroup = layer.groupInputs ?? layer.d;
  const group = k - (k % inGroup);
  return sums === 'carried' ? group : group + (k - group) - ((k - group) % array.rows);
}

/**
 * The partial sums that enter some units of column `n` at `row - 1` and at `row`, with all their bits: one walk down the column, which
 * calls `visit` with the place in `units` (increasing inputs) and both sums.
 */
export function enteringSums(
  layer: IntegerLayer,
  { units, n, row, mapping }: { readonly units: Uint32Array; readonly n: number; readonly row: number; readonly mapping: Mapping },
  visit: (at: number, before: number, after: number) => void,
): void {
  const { weights, activations, d, k: outputs } = layer;
  const last = (row - 1) * d;
  let before = 0;
  let after = 0;
  let i = 0;
  for (let at = 0; at < units.length; at++) {
    const from = sumStart(layer, units[at]!, mapping);
    if (at === 0 || i < from) {
      i = from;
      before = 0;
      after = 0;
    }
    for (; i < units[at]!; i++) {
      const weight = weights[i * outputs + n]!;
      before += weight * activations[last + i]!;
      after += weight * activations[last + d + i]!;
    }
    visit(at, before, after);
  }
}

/** Multiply-adds of one inference. */
export function layerMacs(layer: IntegerLayer): number {
  return layer.d * layer.k * layer.positions;
}

/** Room for `count` transitions. */
export function emptyTransitions(count: number): Transitions {
  return {
    count,
    activationBefore: new Uint8Array(count),
    activation: new Uint8Array(count),
    sumBefore: new Int32Array(count),
    sum: new Int32Array(count),
  };
}
