import type { LayerShape } from './shape.ts';

/** How an array reuses data: which operand stays in the units while the others stream. */
export type Dataflow = 'weight-stationary' | 'output-stationary' | 'row-stationary';

/** Dimensions in which a layer is cut into tiles that the buffer holds. */
export type Dim = 'images' | 'outputs' | 'channels' | 'rows';

/** A loop over tiles of `tile` (the last may be smaller) along one dimension. */
export interface Loop {
  readonly dim: Dim;
  readonly tile: number;
}

/**
 * What the array works on at a time, inside a tile of the buffer.
 * - weight-stationary: `rows` products (channel and tap) by `columns` output channels; all positions of the tile stream through.
 * - output-stationary: `rows` positions by `columns` output channels; all products of the tile stream through.
 * - row-stationary: units stand for a kernel row and an output row. `strip` output rows, `kernelRows` kernel rows, `channelSets` and
 *   `filterSets` of such sets side by side, and in every unit `channels` and `filters` in turn over all columns and images of the tile.
 */
export type Pass = SystolicPass | RowStationaryPass;

export interface SystolicPass {
  readonly dataflow: 'weight-stationary' | 'output-stationary';
  readonly rows: number;
  readonly columns: number;
}

export interface RowStationaryPass {
  readonly dataflow: 'row-stationary';
  readonly strip: number;
  readonly kernelRows: number;
  readonly channels: number;
  readonly filters: number;
  readonly channelSets: number;
  readonly filterSets: number;
}

/**
 * A layer as a loop nest on an array: groups, then the loops over the buffer's tiles (`outer`, outermost first, every dimension once), then
 * passes of the array over a tile, then the units. An operand's tile stays in the buffer until a loop changes it.
 */
export interface Nest {
  readonly shape: LayerShape;
  readonly outer: readonly Loop[];
  readonly pass: Pass;
  /** Weights go through the buffer without staying there: every step of the outer loops fetches its weights again. */
  readonly weightsPassThrough: boolean;
}

/** The three tensors of a layer. Outputs are partial sums until their last product is added. */
export const operands = ['weights', 'inputs', 'outputs'] as const;
export type Operand = (typeof operands)[number];

/** Dimensions that change an operand's tile. */
const relevant: Readonly<Record<Operand, readonly Dim[]>> = {
  weights: ['outputs', 'channels'],
  inputs: ['images', 'channels', 'rows'],
  outputs: ['images', 'outputs', 'rows'],
};

/** Extent of a dimension in one group. */
export function extent(shape: LayerShape, dim: Dim): number {
  return dim === 'rows' ? shape.rows.outputs : shape[dim];
}

/** Tile of a dimension in the buffer, never larger than the dimension. */
export function tileOf(nest: Nest, dim: Dim): number {
  const size = extent(nest.shape, dim);
  return Math.min(size, nest.outer.find((loop) => loop.dim === dim)?.tile ?? size);
}

/** Tiles along a dimension. */
export function steps(nest: Nest, dim: Dim): number {
  return Math.ceil(extent(nest.shape, dim) / tileOf(nest, dim));
}

/** Pieces of at most `piece` over all tiles along a dimension: a tile's last piece may be smaller. */
export function pieces(nest: Nest, dim: Dim, piece: number): number {
  return sumOverTiles(nest, dim, (tile) => Math.ceil(tile / piece));
}

/** Sum of `f(size)` over the tiles along a dimension: all alike but the last. */
export function sumOverTiles(nest: Nest, dim: Dim, f: (size: number) => number): number {
  const size = extent(nest.shape, dim);
  const tile = tileOf(nest, dim);
  const whole = Math.floor(size / tile);
  const rest = size - whole * tile;
  return whole * f(tile) + (rest > 0 ? f(rest) : 0);
}

/**
 * How often each tile of an operand enters the buffer: the product of the loops that do not change it but stand outside the innermost loop
 * that does. Loops of one step change nothing.
 */
export function visits(nest: Nest, operand: Operand): number {
  const loops = nest.outer.filter((loop) => steps(nest, loop.dim) > 1);
  const innermost = loops.findLastIndex((loop) => relevant[operand].includes(loop.dim));
  return loops
    .slice(0, innermost + 1)
    .filter((loop) => !relevant[operand].includes(loop.dim))
    .reduce((product, loop) => product * steps(nest, loop.dim), 1);
}
