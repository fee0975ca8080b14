import { assert } from '../../model/error.ts';
import { largestWindow, windowElements } from './axis.ts';
import type { Mapping, Resident, WordBits } from './bits.ts';
import { bitsAt, storedSumBits } from './bits.ts';
import type { Dim, Loop, Nest, Pass } from './nest.ts';
import { extent, operands, steps, tileOf, visits } from './nest.ts';
import type { ArrayGeometry } from './passes.ts';
import { narrower, passes, registersHold } from './passes.ts';
import type { LayerShape } from './shape.ts';
import type { Level } from './traffic.ts';
import { levels, nestTraffic, tensorWords } from './traffic.ts';

/**
 * Cost of moving a bit at each level, and of a unit that waits for a cycle per bit of its width, relative to an access of a register; they
 * decide between mappings only, no energy is computed with them.
 */
const choiceWeights: Readonly<Record<Level, number>> = { registers: 0, array: 2, buffer: 6, dram: 200 };
const waitingWeight = 0.1;

/**
 * The mapping of a layer with the least weighted traffic and waiting among: the passes that fit the array, tiles of the four outer
 * dimensions that fit the buffer, and the orders of the loops over them. A pass whose smallest tile does not fit is narrowed. Where nothing
 * fits, the smallest tile that was found, in its best order. Ties go to the first found. Deterministic.
 */
export function chooseMapping(shape: LayerShape, array: ArrayGeometry, bits: WordBits, resident: Resident): Mapping {
  const misfit = registersHold(shape, array) ? null : 'registers';
  const search: Search = { array, bits, resident, misfit, best: null, bestCost: Infinity };
  let smallest: Sized | null = null;
  for (const wide of passes(shape, array)) {
    const found = fitting(shape, wide, search);
    if (smallest === null || found.needed < smallest.needed) smallest = found;
    if (found.needed > array.bufferBytes * 8) continue;
    for (const nest of tilings(shape, found.nest.pass, array)) {
      if (neededBits(nest, bits, resident) > array.bufferBytes * 8) continue;
      for (const ordered of orders(nest)) consider(search, ordered);
      // One tile for everything: every word crosses once, so no other tiling of this pass is better.
      if (nest.outer.every((loop) => steps(nest, loop.dim) === 1)) break;
    }
  }
  if (search.best !== null) return search.best;
  assert(smallest !== null, 'an array without passes');
  const overfull: Search = { ...search, misfit: misfit ?? 'buffer' };
  for (const ordered of orders(smallest.nest)) consider(overfull, ordered);
  assert(overfull.best !== null, 'a nest without an order');
  return overfull.best;
}

/** The best mapping so far. */
interface Search {
  readonly array: ArrayGeometry;
  readonly bits: WordBits;
  readonly resident: Resident;
  readonly misfit: Mapping['misfit'];
  best: Mapping | null;
  bestCost: number;
}

interface Sized {
  readonly nest: Nest;
  readonly needed: number;
}

/** The smallest tile of a pass, or of the widest of its narrower forms that fits the buffer; of the narrowest when none does. */
function fitting(shape: LayerShape, pass: Pass, { array, bits, resident }: Search): Sized {
  const sized = (tried: Pass): Sized => {
    const nest = smallestTiling(shape, tried, array);
    return { nest, needed: neededBits(nest, bits, resident) };
  };
  const fits = ({ needed }: Sized): boolean => needed <= array.bufferBytes * 8;
  const whole = sized(pass);
  if (fits(whole) || pass.dataflow !== 'row-stationary') return whole;
  const narrowest = sized({ ...pass, filterSets: 1, filters: 1 });
  if (!fits(narrowest)) return narrowest;
  for (const narrow of narrower(shape, pass)) {
    const found = sized(narrow);
    if (fits(found)) return found;
  }
  return narrowest;
}

function consider(search: Search, nest: Nest): void {
  const { array, bits, resident, misfit } = search;
  if (choiceWeights.dram * leastDramBits(nest, bits, resident) >= search.bestCost) return;
  const traffic = nestTraffic(nest, array.rows, array.columns);
  const mapping: Mapping = { nest, traffic, bits, resident, misfit };
  const waiting = array.rows * array.columns * traffic.cycles - traffic.macs;
  const cost = weightedTraffic(mapping) + waitingWeight * bits.activations * waiting;
  if (cost >= search.bestCost) return;
  search.bestCost = cost;
  search.best = mapping;
}

/** No more than the bits that cross DRAM, without looking at windows: rules most loop orders out before anything else is counted. */
function leastDramBits(nest: Nest, bits: WordBits, resident: Resident): number {
  const { images, groups, outputs, channels, rows, columns } = nest.shape;
  const fetches = nest.weightsPassThrough ? steps(nest, 'images') * steps(nest, 'rows') : visits(nest, 'weights');
  const weights = fetches * groups * outputs * channels * rows.kernel * columns.kernel * bits.weights;
  const sums = visits(nest, 'outputs') * groups * images * outputs * rows.outputs * columns.outputs * bits.activations;
  return (resident.weights ? 0 : weights) + (resident.activations ? 0 : sums);
}

/** Bits of one tile of every operand, and of what lives in the buffer throughout. Nothing is counted twice for overlapping transfers. */
export function neededBits(nest: Nest, bits: WordBits, resident: Resident): number {
  const { shape, pass } = nest;
  const { rows, columns } = shape;
  const sizes = tensorWords(nest);
  const channels = tileOf(nest, 'channels');
  const filters = tileOf(nest, 'outputs');
  const taps = rows.kernel * columns.kernel;
  const rowWords = windowElements(columns, { first: 0, count: columns.outputs, firstTap: 0, taps: columns.kernel });
  const outputWords = tileOf(nest, 'images') * filters * tileOf(nest, 'rows') * columns.outputs;
  const inputs = tileOf(nest, 'images') * channels * largestWindow(rows, tileOf(nest, 'rows')) * rowWords * bits.activations;
  const passWeights = Math.min(filters, filtersPerPass(pass)) * Math.min(channels * taps, productsPerPass(pass, taps));
  const weights = (nest.weightsPassThrough ? passWeights : filters * channels * taps) * bits.weights;
  const partial = steps(nest, 'channels') > 1 || channels * taps > productsPerPass(pass, taps);
  const outputs = outputWords * (partial ? storedSumBits(bits.sums) : bits.activations);
  const activations = (sizes.inputs + sizes.outputs) * bits.activations + (partial ? outputs : 0);
  return (resident.weights ? sizes.weights * bits.weights : weights) + (resident.activations ? activations : inputs + outputs);
}

function filtersPerPass(pass: Pass): number {
  return pass.dataflow === 'row-stationary' ? pass.filters * pass.filterSets : pass.columns;
}

/** Products (channel and tap) that are added up before a sum reaches the buffer. */
function productsPerPass(pass: Pass, taps: number): number {
  if (pass.dataflow === 'row-stationary') return pass.channels * pass.channelSets * taps;
  return pass.dataflow === 'weight-stationary' ? pass.rows : Infinity;
}

function weightedTraffic(mapping: Mapping): number {
  let cost = 0;
  for (const level of levels) {
    if (level === 'registers') continue;
    for (const operand of operands) {
      const { reads, writes, arrivals, departures } = bitsAt(mapping, level, operand);
      cost += choiceWeights[level] * (reads + writes + arrivals + departures);
    }
  }
  return cost;
}

function* tilings(shape: LayerShape, pass: Pass, array: ArrayGeometry): Generator<Nest> {
  const piece = pieceOf(pass);
  const most = pass.dataflow === 'row-stationary' ? 3 : 8;
  const tiles = (dim: Dim): readonly number[] => tileSizes(extent(shape, dim), piece[dim], most);
  for (const images of new Set([shape.images, 1]))
    for (const outputs of tiles('outputs'))
      for (const channels of tiles('channels'))
        for (const rows of tiles('rows')) yield tiled(shape, pass, array, { images, outputs, channels, rows });
}

function smallestTiling(shape: LayerShape, pass: Pass, array: ArrayGeometry): Nest {
  return tiled(shape, pass, array, pieceOf(pass));
}

type Tile = Readonly<Record<Dim, number>>;

/** The smallest tile that a pass makes full use of; larger ones are whole multiples. */
function pieceOf(pass: Pass): Tile {
  const isRow = pass.dataflow === 'row-stationary';
  return {
    images: 1,
    outputs: filtersPerPass(pass),
    channels: isRow ? pass.channels * pass.channelSets : 1,
    rows: isRow ? pass.strip : 1,
  };
}

function tiled(shape: LayerShape, pass: Pass, array: ArrayGeometry, tile: Tile): Nest {
  const outer = (['outputs', 'images', 'rows', 'channels'] as const).map((dim): Loop => ({
    dim,
    tile: Math.min(tile[dim], extent(shape, dim)),
  }));
  return { shape, outer, pass, weightsPassThrough: array.weightsPassThrough };
}

/** Tiles of whole pieces, largest first: the dimension in 1, 2, 3, 4, 6, 8, 12 ... parts, at most `count` sizes, and single pieces. */
function tileSizes(size: number, piece: number, count: number): readonly number[] {
  const nPieces = Math.ceil(size / piece);
  const sizes = new Set<number>();
  for (let parts = 1, at = 0; parts < nPieces && sizes.size < count; at += 1, parts = partsOf(at))
    sizes.add(Math.ceil(nPieces / parts) * piece);
  sizes.add(piece);
  return [...sizes].map((tile) => Math.min(tile, size));
}

/** 1, 2, 3, 4, 6, 8, 12, 16, 24 ... */
function partsOf(index: number): number {
  if (index < 2) return index + 1;
  return index % 2 === 0 ? 3 * 2 ** (index / 2 - 1) : 2 ** ((index + 1) / 2);
}

/** The loops in every order of outputs, channels and positions (images and rows stay together); loops of one step go outermost. */
function* orders(nest: Nest): Generator<Nest> {
  const isLoop = (loop: Loop): boolean => steps(nest, loop.dim) > 1;
  const idle = nest.outer.filter((loop) => !isLoop(loop));
  const groups = [['outputs'], ['channels'], ['images', 'rows']]
    .map((dims) => nest.outer.filter((loop) => dims.includes(loop.dim) && isLoop(loop)))
    .filter((loops) => loops.length > 0);
  for (const order of permutations(groups)) yield { ...nest, outer: [...idle, ...order.flat()] };
}

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length <= 1) return [list];
  return list.flatMap((first, index) => permutations(list.filter((_, i) => i !== index)).map((rest) => [first, ...rest]));
}
