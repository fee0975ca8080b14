import type { Layer } from '../model/layer.ts';
import { positionsOf } from '../model/positions.ts';
import type { Shape } from '../model/tensor.ts';

/** What one value of the model may take in memory on the rows that steer a layer. */
export const valueBytes = 2 ** 29;
/** What the choice of one layer's weights may take in memory. */
const layerBytes = 2 ** 31;
/** Square matrices of float64, d to a side, that are held at once for each group of a layer, and numbers for each of its weights. */
const squares = 8;
const perWeight = 12;

/** Rows (samples times positions) that steer a layer: as many as say something about its inputs, few enough to stay quick. */
const rowsPerInput = 128;
const leastRows = 49152;
const leastSamples = 160;
/** Fewer samples than this say too little about a layer. */
const fewestSamples = 20;

/** Why a layer's weights cannot be chosen in bounded memory, as the end of "is left as it is: …"; null when they can. */
export function whyTooLarge(layer: Layer): string | null {
  if (layer.linear === null) return null;
  const { inputs: d, outputs, groups } = layer.linear;
  const bytes = 8 * (squares * groups * d * d + perWeight * d * outputs);
  if (bytes > layerBytes) {
    const held = groups === 1 ? `${d} inputs` : `${groups} groups of ${d} inputs`;
    return `choosing its weights takes some ${mebibytes(bytes)} MiB of memory for ${held}; ${mebibytes(layerBytes)} MiB are allowed`;
  }
  const size = valueElements(layer);
  if (mostSamples(layer) >= fewestSamples || size === null) return null;
  return `the values that it reads or gives take ${mebibytes(4 * size)} MiB for each sample; ${mebibytes(valueBytes)} MiB are allowed for ${fewestSamples} samples`;
}

/** Samples that steer a layer, of `rows` at most: fewer where its values are large. */
export function steeringSamples(layer: Layer, rows: number): number {
  const positions = positionsOf(layer) ?? 1;
  const d = layer.linear?.inputs ?? 1;
  const wanted = Math.max(leastSamples, Math.ceil(Math.max(leastRows, rowsPerInput * d) / positions));
  return Math.max(1, Math.min(rows, wanted, mostSamples(layer)));
}

/** Samples whose values fit into `valueBytes`; Infinity where shapes are not known. */
function mostSamples(layer: Layer): number {
  const size = valueElements(layer);
  return size === null || size === 0 ? Infinity : Math.floor(valueBytes / (4 * size));
}

/** Numbers of a sample in the larger of the values that the layer reads and gives; null when a shape is unknown. */
function valueElements({ inputShape, outputShape }: Layer): number | null {
  const [read, given] = [elements(inputShape), elements(outputShape)];
  return read === null || given === null ? null : Math.max(read, given);
}

function elements(shape: Shape): number | null {
  if (shape === null) return null;
  const dims = shape.slice(1);
  return dims.every((dim) => typeof dim === 'number') ? dims.reduce((product, dim) => product * dim, 1) : null;
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
