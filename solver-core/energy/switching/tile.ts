import { assert } from '../../model/error.ts';
import { seededOrder } from './random.ts';
import { defaultArray, emptyTransitions, enteringSum, layerMacs, sumStart, transitionRows, wrapSum } from './streams.ts';
import type { ArrayShape, Mapping, SumStart, SwitchingCell } from './streams.ts';
import type { CellEnergy, IntegerLayer, Transitions } from './types.ts';

export interface TileOptions {
  /**
   * Transitions that every unit is simulated on, drawn with the seed among the layer's rows; all of them when there are fewer. Default: as
   * many as `transitions` allows, 64 at least.
   */
  readonly rows?: number;
  /** Most transitions of all units together; tiles are drawn with the seed where all of them would be more. Default 16 million. */
  readonly transitions?: number;
  /** Default 64 x 64. */
  readonly array?: ArrayShape;
  /** Default 'carried'. */
  readonly sums?: SumStart;
  /** Default 1. */
  readonly seed?: number;
}

/** Energy of a layer by simulation of every unit of its tiles. */
export interface TileEnergy {
  /** Of all multiply-adds of one inference, in the unit of `CellEnergy`. */
  readonly energy: CellEnergy;
  /** Multiply-adds of one inference. */
  readonly macs: number;
  /** Transitions that were simulated. */
  readonly simulatedMacs: number;
  readonly tiles: number;
  /** Fewer than `tiles` when they were sampled; the energy is then scaled up by multiply-adds. */
  readonly simulatedTiles: number;
  /** Transitions of each unit. */
  readonly rows: number;
  /** Share of the sums that 22 bits do not hold: the units go on with what is left of them. */
  readonly wrapped: number;
}

const leastRows = 64;

/** One load of the array: inputs firstInput .. endInput - 1 by outputs firstOutput .. endOutput - 1. */
interface Tile {
  readonly firstInput: number;
  readonly endInput: number;
  readonly firstOutput: number;
  readonly endOutput: number;
}

/**
 * Direct gate-level simulation of whole tiles: every unit of a tile with its own weight on its own stream of activations and partial
 * sums, nothing averaged. Tiles hold up to `array.rows` inputs of one group by `array.columns` outputs. The load of the weights, the
 * bubbles between tiles and idle units are not in it.
 */
export function tileEnergy(cell: SwitchingCell, layer: IntegerLayer, options: TileOptions = {}): TileEnergy {
  const { transitions = 2 ** 24, seed = 1 } = options;
  const rows = options.rows ?? Math.max(leastRows, Math.floor(transitions / (layer.d * layer.k)));
  const mapping: Mapping = { array: options.array ?? defaultArray, sums: options.sums ?? 'carried' };
  const moments = sampledMoments(layer, rows, seed);
  const tiles = tilesOf(layer, mapping.array);
  const chosen = sampledTiles(tiles, Math.floor(transitions / moments.length), seed);
  const total = { multiplier: 0, adder: 0, registers: 0 };
  let units = 0;
  let wrapped = 0;
  for (const tile of chosen) {
    wrapped += eachUnit(layer, tile, moments, mapping, (weight, seen) => {
      const mean = cell.transitionEnergy(weight, seen);
      total.multiplier += mean.multiplier;
      total.adder += mean.adder;
      total.registers += mean.registers;
      units++;
    });
  }
  const macs = layerMacs(layer);
  const scale = macs / units;
  return {
    energy: { multiplier: total.multiplier * scale, adder: total.adder * scale, registers: total.registers * scale },
    macs,
    simulatedMacs: units * moments.length,
    tiles: tiles.length,
    simulatedTiles: chosen.length,
    rows: moments.length,
    wrapped: wrapped / (units * moments.length),
  };
}

/** `count` of the rows that have a predecessor, drawn with the seed, increasing. */
function sampledMoments(layer: IntegerLayer, count: number, seed: number): Uint32Array {
  const all = transitionRows(layer);
  assert(all.length > 0, `layer ${layer.id} has no two successive rows`);
  if (all.length <= count) return all;
  return seededOrder(all.length, seed)
    .subarray(0, count)
    .map((at) => all[at]!)
    .sort();
}

/** Tiles in the order in which they are loaded: group by group, inputs inside outputs. */
export function tilesOf(layer: IntegerLayer, array: ArrayShape): readonly Tile[] {
  const inGroup = layer.groupInputs ?? layer.d;
  const tiles: Tile[] = [];
  for (let group = 0; group < layer.d; group += inGroup) {
    for (let firstOutput = 0; firstOutput < layer.k; firstOutput += array.columns) {
      const endOutput = Math.min(layer.k, firstOutput + array.columns);
      for (let first = group; first < group + inGroup; first += array.rows) {
        tiles.push({ firstInput: first, endInput: Math.min(group + inGroup, first + array.rows), firstOutput, endOutput });
      }
    }
  }
  return tiles;
}

/** All tiles where they have at most `units` units, else as many as fit (one at least), drawn with the seed, in their order. */
function sampledTiles(tiles: readonly Tile[], units: number, seed: number): readonly Tile[] {
  const chosen: number[] = [];
  let used = 0;
  for (const at of seededOrder(tiles.length, seed + 1)) {
    const { firstInput, endInput, firstOutput, endOutput } = tiles[at]!;
    used += (endInput - firstInput) * (endOutput - firstOutput);
    if (used > units && chosen.length > 0) break;
    chosen.push(at);
  }
  return chosen.sort((a, b) => a - b).map((at) => tiles[at]!);
}

/** Calls `visit` with what every unit of a tile holds and sees (valid during the call); returns how many sums 22 bits do not hold. */
function eachUnit(
  layer: IntegerLayer,
  tile: Tile,
  moments: Uint32Array,
  mapping: Mapping,
  visit: (weight: number, seen: Transitions) => void,
): number {
  const { d, k: outputs, weights, activations } = layer;
  const start = sumStart(layer, tile.firstInput, mapping);
  const seen = emptyTransitions(moments.length);
  const before = new Float64Array(moments.length);
  const now = new Float64Array(moments.length);
  let wrapped = 0;
  for (let n = tile.firstOutput; n < tile.endOutput; n++) {
    moments.forEach((row, t) => {
      before[t] = enteringSum(layer, tile.firstInput, n, row - 1, start);
      now[t] = enteringSum(layer, tile.firstInput, n, row, start);
    });
    for (let k = tile.firstInput; k < tile.endInput; k++) {
      const weight = weights[k * outputs + n]!;
      for (let t = 0; t < moments.length; t++) {
        const at = moments[t]! * d + k;
        const a0 = activations[at - d]!;
        const a1 = activations[at]!;
        seen.activationBefore[t] = a0;
        seen.activation[t] = a1;
        seen.sumBefore[t] = wrapSum(before[t]!);
        seen.sum[t] = wrapSum(now[t]!);
        if (seen.sum[t] !== now[t]) wrapped++;
        before[t] = before[t]! + weight * a0;
        now[t] = now[t]! + weight * a1;
      }
      visit(weight, seen);
    }
  }
  return wrapped;
}
