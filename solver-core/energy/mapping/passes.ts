import type { Dataflow, Pass } from './nest.ts';
import type { LayerShape } from './shape.ts';

/** What the mapper must know of an array. */
export interface ArrayGeometry {
  readonly rows: number;
  readonly columns: number;
  readonly dataflow: Dataflow;
  readonly bufferBytes: number;
  /** Words that one unit holds; used by the row-stationary dataflow. */
  readonly registerWords: { readonly weights: number; readonly inputs: number; readonly outputs: number };
  readonly weightsPassThrough: boolean;
}

/**
 * The passes worth trying of a layer on an array. Systolic dataflows have one. Row-stationary: sets of kernel rows by a strip of output
 * rows, as many as fit (a set wider than the array is folded into several slots), split between channels and filters in every way; units
 * take as many filters as their registers hold for each number of channels. A kernel taller than the array goes in parts. Kernels wider
 * than the registers are counted as if they fitted; `registersHold` tells.
 */
export function passes(shape: LayerShape, array: ArrayGeometry): readonly Pass[] {
  if (array.dataflow !== 'row-stationary') return [{ dataflow: array.dataflow, rows: array.rows, columns: array.columns }];
  const kernelRows = Math.min(shape.rows.kernel, array.rows);
  const slots = Math.floor(array.rows / kernelRows);
  return strips(shape.rows.outputs, slots * array.columns, array.columns).flatMap((strip) => {
    const sets = strip <= array.columns ? slots * Math.floor(array.columns / strip) : Math.floor(slots / Math.ceil(strip / array.columns));
    return sets === 0 ? [] : rowPasses(shape, array, { strip, kernelRows, sets });
  });
}

/** False: a kernel row is wider than the weights or inputs that a unit of a row-stationary array holds. */
export function registersHold(shape: LayerShape, { dataflow, registerWords }: ArrayGeometry): boolean {
  return dataflow !== 'row-stationary' || shape.columns.kernel <= Math.min(registerWords.weights, registerWords.inputs);
}

/**
 * Narrower forms of a pass, widest first, for a buffer that its smallest tile does not fit: the filters of a pass in ever more equal parts,
 * down to one. From 20 parts on by a twentieth more each, so that a few hundred forms are the most. None of a systolic pass.
 */
export function* narrower(shape: LayerShape, pass: Pass): Generator<Pass> {
  if (pass.dataflow !== 'row-stationary') return;
  let atOnce = Math.min(shape.outputs, pass.filterSets * pass.filters);
  while (atOnce > 1) {
    const parts = Math.ceil(shape.outputs / atOnce);
    atOnce = Math.ceil(shape.outputs / Math.max(Math.ceil(shape.outputs / (atOnce - 1)), Math.floor(parts * 1.05)));
    const filterSets = Math.min(pass.filterSets, Math.ceil(atOnce / pass.filters));
    yield { ...pass, filterSets, filters: Math.ceil(atOnce / filterSets) };
  }
}

/** Strip heights: the rows in as few parts as fit and in one, two and three more; a row of the array; halves of the tallest down to 1. */
function strips(rows: number, most: number, columns: number): readonly number[] {
  const heights = new Set<number>();
  for (let parts = Math.ceil(rows / most); heights.size < 4 && parts <= rows; parts += 1) heights.add(Math.ceil(rows / parts));
  heights.add(Math.min(columns, rows));
  for (let height = Math.ceil(rows / Math.ceil(rows / most)); height > 1;) {
    height = Math.ceil(height / 2);
    heights.add(height);
  }
  return [...heights];
}

function rowPasses(
  shape: LayerShape,
  array: ArrayGeometry,
  place: { readonly strip: number; readonly kernelRows: number; readonly sets: number },
): readonly Pass[] {
  const { registerWords: words } = array;
  const taps = shape.columns.kernel;
  const found: Pass[] = [];
  for (const channelSets of setSplits(Math.min(place.sets, shape.channels))) {
    const most = Math.max(1, Math.min(Math.floor(words.inputs / taps), Math.ceil(shape.channels / channelSets)));
    for (const channels of new Set([most, Math.max(1, most - 1), 1])) {
      const free = Math.floor(words.weights / (channels * taps));
      const filters = Math.max(1, Math.min(words.outputs, free, shape.outputs));
      const filterSets = Math.min(Math.floor(place.sets / channelSets), Math.ceil(shape.outputs / filters));
      const { strip, kernelRows } = place;
      found.push({ dataflow: 'row-stationary', strip, kernelRows, channels, filters, channelSets, filterSets });
    }
  }
  return found;
}

/** 1, 2, 3, 4, 6, 8, 12 ... up to `most`. */
function setSplits(most: number): readonly number[] {
  return [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 168].filter((n) => n <= most);
}
