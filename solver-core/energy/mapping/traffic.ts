import { storedTaps, tiledElements, windowElements } from './axis.ts';
import type { Nest, Operand, RowStationaryPass, SystolicPass } from './nest.ts';
import { pieces, steps, sumOverTiles, tileOf, visits } from './nest.ts';
import { shapeMacs } from './shape.ts';

/**
 * Words of one operand at one level of memory.
 * `reads` and `writes`: uses of a word that is held there, i.e. words sent towards the units, and sums added there (a read and a write each).
 * `arrivals` and `departures`: words written because they come to be held, and results read because they leave.
 */
export interface Access {
  readonly reads: number;
  readonly writes: number;
  readonly arrivals: number;
  readonly departures: number;
}

export type LevelAccess = Readonly<Record<Operand, Access>>;

/** Levels, nearest first. Accesses of the array are transfers between units, or from the array's edge to one unit. */
export const levels = ['registers', 'array', 'buffer', 'dram'] as const;
export type Level = (typeof levels)[number];

/** What a nest costs. Counts are exact: the tests compare them with a walk through every iteration. */
export interface Traffic {
  readonly macs: number;
  readonly cycles: number;
  /** Passes of the array over all steps and groups. */
  readonly passes: number;
  readonly levels: Readonly<Record<Level, LevelAccess>>;
}

/** Words that cross each boundary of the hierarchy over all groups. */
interface Crossing {
  readonly weights: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Counts of a nest on an array of `rows` x `columns` units.
 * Inputs in the padding are never moved, but their multiply-adds count. Rules that differ by dataflow:
 * - weight-stationary: weights enter a unit once per step of the outer loops, shifted down the column from its top; inputs pass along the
 *   units of a row, sums down a column, and the buffer adds up what several passes give. A pass that needs fewer rows uses the lowest, where
 *   sums leave. Cycles per pass: load `rows`, stream, drain `rows + columns - 2`.
 * - output-stationary: sums stay in the unit over the products of a step; weights and inputs pass along. A pass that needs fewer rows uses
 *   the highest, where weights enter; sums are shifted down the column. Cycles per pass: stream, skew `rows + columns - 2`, drain `rows`.
 * - row-stationary (Chen et al., ISCA 2016): a word is sent to every unit that needs it, once per pass; a unit adds over its taps and
 *   channels, a column of units over kernel rows and channel sets, the buffer over passes. Cycles: those of the slowest unit, without
 *   the ramp of a pass.
 */
export function nestTraffic(nest: Nest, rows: number, columns: number): Traffic {
  const macs = shapeMacs(nest.shape);
  const sizes = tensorWords(nest);
  const fromDram = dramWords(nest, sizes);
  const outerSteps = steps(nest, 'images') * steps(nest, 'rows');
  const fetched = nest.weightsPassThrough ? outerSteps * sizes.weights : fromDram.weights;
  const { pass } = nest;
  const array =
    pass.dataflow === 'row-stationary' ? rowStationary(nest, pass, sizes, macs) : systolic(nest, pass, sizes, macs, { rows, columns });
  const { crossing } = array;
  return {
    macs,
    cycles: array.cycles,
    passes: array.passes,
    levels: {
      registers: array.registers,
      array: { weights: sent(array.transfers.weights), inputs: sent(array.transfers.inputs), outputs: sent(array.transfers.outputs) },
      buffer: {
        weights: held(crossing.weights, fetched),
        inputs: held(crossing.inputs, fromDram.inputs),
        outputs: summed(crossing.outputs - sizes.outputs, fromDram.outputs),
      },
      dram: {
        weights: sent(fetched),
        inputs: sent(fromDram.inputs),
        outputs: { reads: fromDram.outputs - sizes.outputs, writes: fromDram.outputs, arrivals: 0, departures: 0 },
      },
    },
  };
}

/** Words of each tensor; of the inputs those that some output reads. */
export function tensorWords(nest: Nest): Crossing {
  const { images, groups, outputs, channels, rows, columns } = nest.shape;
  const whole = { first: 0, count: rows.outputs, firstTap: 0, taps: rows.kernel };
  return {
    weights: groups * outputs * channels * rows.kernel * columns.kernel,
    inputs: groups * images * channels * windowElements(rows, whole) * rowWords(nest),
    outputs: groups * images * outputs * rows.outputs * columns.outputs,
  };
}

/** Words of each tensor that DRAM sends (weights, inputs) or takes (outputs, and partial sums each time they leave the buffer). */
export function dramWords(nest: Nest, sizes: Crossing): Crossing {
  const { images, groups, channels, rows } = nest.shape;
  const inputTiles = groups * images * channels * tiledElements(rows, tileOf(nest, 'rows')) * rowWords(nest);
  return {
    weights: visits(nest, 'weights') * sizes.weights,
    inputs: visits(nest, 'inputs') * inputTiles,
    outputs: visits(nest, 'outputs') * sizes.outputs,
  };
}

/** Stored words of one input row that the layer reads. */
function rowWords({ shape: { columns } }: Nest): number {
  return windowElements(columns, { first: 0, count: columns.outputs, firstTap: 0, taps: columns.kernel });
}

/** What the array itself does. */
interface ArrayPart {
  /** Between buffer and array. */
  readonly crossing: Crossing;
  /** Between units. */
  readonly transfers: Crossing;
  readonly registers: LevelAccess;
  readonly cycles: number;
  readonly passes: number;
}

function systolic(
  nest: Nest,
  pass: SystolicPass,
  sizes: Crossing,
  macs: number,
  array: { readonly rows: number; readonly columns: number },
): ArrayPart {
  const fill = 2 * array.rows + array.columns - 2;
  const { shape } = nest;
  const { images, groups, channels } = shape;
  const taps = shape.rows.kernel * shape.columns.kernel;
  const filterPieces = pieces(nest, 'outputs', pass.columns);
  const storedPairs = groups * images * channels * storedTaps(shape.rows) * storedTaps(shape.columns);
  const storedMacs = storedPairs * shape.outputs;
  if (pass.dataflow === 'weight-stationary') {
    const outerSteps = steps(nest, 'images') * steps(nest, 'rows');
    const productPieces = sumOverTiles(nest, 'channels', (tile) => Math.ceil((tile * taps) / pass.rows));
    const weights = outerSteps * sizes.weights;
    const outputs = productPieces * sizes.outputs;
    const positions = images * shape.rows.outputs * shape.columns.outputs;
    const tiles = groups * filterPieces * productPieces;
    // Over the unused rows above, and as far down as the weight's own row.
    const loadHops = (used: number): number => used * (array.rows - used) + (used * (used + 1)) / 2;
    const hops =
      groups * shape.outputs * outerSteps * sumOverTiles(nest, 'channels', (tile) => overPieces(tile * taps, pass.rows, loadHops));
    return {
      crossing: { weights, inputs: filterPieces * storedPairs, outputs },
      transfers: { weights: hops, inputs: storedMacs, outputs: macs - outputs },
      registers: { weights: held(macs, weights), inputs: none, outputs: none },
      cycles: tiles * (positions + outerSteps * fill),
      passes: tiles * outerSteps,
    };
  }
  const overPositions = (f: (used: number) => number): number =>
    sumOverTiles(nest, 'images', (n) => sumOverTiles(nest, 'rows', (p) => overPieces(n * p * shape.columns.outputs, pass.rows, f)));
  const positionPieces = overPositions(() => 1);
  // From a sum's own row to the lowest.
  const drainHops = overPositions((used) => used * array.rows - (used * (used + 1)) / 2);
  const outputs = steps(nest, 'channels') * sizes.outputs;
  const tiles = groups * filterPieces * positionPieces;
  return {
    crossing: { weights: positionPieces * sizes.weights, inputs: filterPieces * storedPairs, outputs },
    transfers: { weights: macs, inputs: storedMacs, outputs: groups * shape.outputs * steps(nest, 'channels') * drainHops },
    registers: { weights: none, inputs: none, outputs: summed(macs - outputs, outputs) },
    cycles: tiles * (channels * taps + steps(nest, 'channels') * fill),
    passes: tiles * steps(nest, 'channels'),
  };
}

function rowStationary(nest: Nest, pass: RowStationaryPass, sizes: Crossing, macs: number): ArrayPart {
  const { images, groups, outputs, channels, rows, columns } = nest.shape;
  const kernelPieces = Math.ceil(rows.kernel / pass.kernelRows);
  const perPass = { filters: pass.filters * pass.filterSets, channels: pass.channels * pass.channelSets };
  const filterPieces = pieces(nest, 'outputs', perPass.filters);
  const channelPieces = pieces(nest, 'channels', perPass.channels);
  const strips = pieces(nest, 'rows', pass.strip);
  /** Sets of filters, of channels, at work summed over pieces: sets fill up one after the other. */
  const filterSets = sumOverPieces(nest, 'outputs', perPass.filters, (n) => Math.ceil(n / pass.filters));
  const channelSets = sumOverPieces(nest, 'channels', perPass.channels, (n) => Math.ceil(n / pass.channels));
  const inputs = filterPieces * groups * images * channels * tiledElements(rows, pass.strip, pass.kernelRows) * rowWords(nest);
  const weights = steps(nest, 'images') * steps(nest, 'rows') * sizes.weights;
  const sums = kernelPieces * channelPieces * sizes.outputs;
  /** Sums that leave a unit: each output gets one from every kernel row and channel set. */
  const unitSums = rows.kernel * channelSets * sizes.outputs;
  const storedMacs = groups * images * outputs * channels * storedTaps(rows) * storedTaps(columns);
  const transfers = {
    weights: steps(nest, 'images') * sizes.weights * sumOverTiles(nest, 'rows', (tile) => Math.min(tile, pass.strip)),
    inputs: filterSets * groups * images * channels * storedTaps(rows) * rowWords(nest),
    outputs: unitSums - sums,
  };
  const slowest =
    sumOverPieces(nest, 'outputs', perPass.filters, (n) => Math.min(n, pass.filters)) *
    sumOverPieces(nest, 'channels', perPass.channels, (n) => Math.min(n, pass.channels));
  return {
    crossing: { weights, inputs, outputs: sums },
    transfers,
    registers: {
      weights: held(macs, transfers.weights),
      inputs: held(storedMacs, transfers.inputs),
      outputs: summed(macs - unitSums, unitSums),
    },
    cycles: groups * images * strips * kernelPieces * slowest * columns.kernel * columns.outputs,
    passes: groups * steps(nest, 'images') * strips * kernelPieces * filterPieces * channelPieces,
  };
}

/** Sum of `f(size)` over the pieces of all tiles along a dimension. */
function sumOverPieces(nest: Nest, dim: 'outputs' | 'channels', piece: number, f: (size: number) => number): number {
  return sumOverTiles(nest, dim, (tile) => overPieces(tile, piece, f));
}

/** Sum of `f(size)` over the pieces of at most `piece` that a whole is cut into. */
function overPieces(whole: number, piece: number, f: (size: number) => number): number {
  const full = Math.floor(whole / piece);
  const rest = whole - full * piece;
  return full * f(piece) + (rest > 0 ? f(rest) : 0);
}

const none: Access = { reads: 0, writes: 0, arrivals: 0, departures: 0 };

function sent(reads: number): Access {
  return { ...none, reads };
}

function held(reads: number, arrivals: number): Access {
  return { ...none, reads, arrivals };
}

/** Sums kept at a level: each addition reads and writes, the first value arrives, the result leaves. */
function summed(additions: number, results: number): Access {
  return { reads: additions, writes: additions, arrivals: results, departures: results };
}
