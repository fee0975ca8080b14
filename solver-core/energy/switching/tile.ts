import { assert } from '../../model/error.ts';
import { seededOrder } from './random.ts';
import { defaultArray, emptyTransitions, layerMacs, sumStart, transitionRows, wrapSum } from './streams.ts';
import type { ArrayShape, Mapping, SumStart, SwitchingCell } from './streams.ts';
import type { CellEnergy, IntegerLayer, Transitions } from './types.ts';

export interface TileOptions {
  /**
   * Transitions that every unit is simulated on, drawn with the seed among the layer's rows; all of them when there are fewer. Default: as
   * many as `transitions` allows, 64 at least.
   */
  readonly rows?: number;
  /**
   * Most transitions of all units together, units with fewer than 64 counted as 64: where all of them would be more, columns are drawn
   * with the seed, and of layers with very many inputs the units of some inputs. 1024 units at least. Default 16 million.
   */
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
  /** Loads of the array. */
  readonly tiles: number;
  /** Columns of units, k. */
  readonly columns: number;
  /** Fewer than `columns` when they were sampled; the energy is then scaled up by multiply-adds. */
  readonly simulatedColumns: number;
  /** Rows of units, d. */
  readonly inputs: number;
  /** Fewer than `inputs` when the gates of some inputs' units were simulated only; sums run over all of them. */
  readonly simulatedInputs: number;
  /** Transitions of each unit. */
  readonly rows: number;
  /** Share of the sums that 22 bits do not hold: the units go on with what is left of them. */
  readonly wrapped: number;
}

/** The gates of a cell are simulated in blocks of 512 vectors, that is 256 transitions: fewer would cost as much. */
const leastRows = 256;
const leastColumns = 4;
/** Units that are simulated however little is allowed, and transitions that a unit costs however few it has. */
const leastUnits = 1024;
const leastCost = 64;

/**
 * Direct gate-level simulation of whole tiles: every unit with its own weight on its own stream of activations and partial sums, nothing
 * averaged. Tiles hold up to `array.rows` inputs of one group by `array.columns` outputs. Columns do not see each other, so where a layer
 * is too large, some columns are simulated through all tiles. The load of the weights, the bubbles between tiles and idle units are not in it.
 */
export function tileEnergy(cell: SwitchingCell, layer: IntegerLayer, options: TileOptions = {}): TileEnergy {
  const steps = tileSteps(cell, layer, options);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** `tileEnergy` unit by unit, for callers that can be stopped: gives the share that is done before each unit, at last the result. */
export function* tileSteps(cell: SwitchingCell, layer: IntegerLayer, options: TileOptions = {}): Generator<number, TileEnergy> {
  const { transitions = 2 ** 24, seed = 1 } = options;
  const { d } = layer;
  const rows = options.rows ?? Math.max(leastRows, Math.floor(transitions / (d * layer.k)));
  const mapping: Mapping = { array: options.array ?? defaultArray, sums: options.sums ?? 'carried' };
  const moments = sampledMoments(layer, rows, seed);
  const mostUnits = Math.max(leastUnits, Math.floor(transitions / Math.max(leastCost, moments.length)));
  const chosen = sampledColumns(layer.k, Math.floor(Math.min(transitions / (moments.length * d), mostUnits / d)), seed);
  const inputs = Math.min(d, Math.floor(mostUnits / chosen.length));
  const units = chosen.length * inputs;
  const total = { multiplier: 0, adder: 0, registers: 0 };
  let done = 0;
  let wrapped = 0;
  for (const column of chosen) {
    const seen = eachUnit(layer, column, moments, mapping, sampledInputs(d, inputs, seed + column));
    let unit = seen.next();
    for (; unit.done !== true; unit = seen.next()) {
      yield done++ / units;
      const mean = cell.transitionEnergy(unit.value.weight, unit.value.seen);
      total.multiplier += mean.multiplier;
      total.adder += mean.adder;
      total.registers += mean.registers;
    }
    wrapped += unit.value;
  }
  const macs = layerMacs(layer);
  const scale = macs / units;
  return {
    energy: { multiplier: total.multiplier * scale, adder: total.adder * scale, registers: total.registers * scale },
    macs,
    simulatedMacs: units * moments.length,
    tiles: tileCount(layer, mapping.array),
    columns: layer.k,
    simulatedColumns: chosen.length,
    inputs: d,
    simulatedInputs: inputs,
    rows: moments.length,
    wrapped: wrapped / (chosen.length * d * moments.length),
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

/** Loads of an array that a layer takes. */
export function tileCount(layer: IntegerLayer, array: ArrayShape): number {
  const inGroup = layer.groupInputs ?? layer.d;
  return (layer.d / inGroup) * Math.ceil(inGroup / array.rows) * Math.ceil(layer.k / array.columns);
}

/** All columns where they are at most `most`, else as many of them (4 at least), drawn with the seed, increasing. */
function sampledColumns(columns: number, most: number, seed: number): Uint32Array {
  return seededOrder(columns, seed + 1)
    .subarray(0, Math.min(columns, Math.max(leastColumns, most)))
    .sort();
}

/** [d] 1 for the inputs whose units are simulated: all, or `count` of them drawn with the seed. */
function sampledInputs(d: number, count: number, seed: number): Uint8Array {
  const isChosen = new Uint8Array(d);
  if (count >= d) return isChosen.fill(1);
  for (const input of seededOrder(d, seed).subarray(0, count)) isChosen[input] = 1;
  return isChosen;
}

/** What a unit holds and sees, valid until the next one is asked for. */
interface SeenUnit {
  readonly weight: number;
  readonly seen: Transitions;
}

/** The chosen units of a column from its first to its last; returns how many sums of all its units 22 bits do not hold. */
function* eachUnit(
  layer: IntegerLayer,
  column: number,
  moments: Uint32Array,
  mapping: Mapping,
  isChosen: Uint8Array,
): Generator<SeenUnit, number> {
  const { d, k: outputs, weights, activations } = layer;
  const seen = emptyTransitions(moments.length);
  const before = new Float64Array(moments.length);
  const now = new Float64Array(moments.length);
  let wrapped = 0;
  for (let k = 0; k < d; k++) {
    const weight = weights[k * outputs + column]!;
    if (sumStart(layer, k, mapping) === k) {
      before.fill(0);
      now.fill(0);
    }
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
    if (isChosen[k] === 1) yield { weight, seen };
  }
  return wrapped;
}
