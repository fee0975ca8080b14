import type { Layer } from '../model/layer.ts';
import { storedTaps } from './mapping/axis.ts';
import { mappedShape } from './mapping/shape.ts';
import type { Band } from './quantity.ts';
import { addBand, timesBand } from './quantity.ts';
import { modelCount } from './work.ts';

/** What is known about the inputs of a layer in one forward pass. */
export interface LayerActivity {
  /** Share of the inputs that are not zero. */
  readonly nonzero: Band;
  /** Elements that are compared with a threshold for this layer, and those of them that a centre is taken off. 0: none. */
  readonly compared: number;
  readonly centred: number;
  /** Multiply-adds beside those with inputs: one per output where making zeros gave the layer a bias, or changed the one it had. */
  readonly biased: number;
}

/**
 * Multiply-adds of a layer when none of its inputs is zero: those of its shape but for products with padding, which makes no event. A
 * nonzero input of a dense layer makes one with each output; of a convolution C_out·k_h·k_w/stride² on average, fewer near a padded border. Null when unknown.
 */
export function eventMacs(layer: Layer): number | null {
  if (layer.macs === null) return null;
  const shape = /Conv/.test(layer.op) ? mappedShape(layer) : null;
  if (shape === null) return layer.macs;
  const { images, groups, outputs, channels, rows, columns } = shape;
  return images * groups * outputs * channels * storedTaps(rows) * storedTaps(columns);
}

/** Multiply-adds that are made, of `all` when no input is zero: those with an input that is not zero, and those of a bias that making zeros brought. */
export function madeMacs(all: number, share: Band, biased = 0): Band {
  const made = timesBand(share, modelCount(all));
  return biased === 0 ? made : addBand(made, modelCount(biased));
}

/** What comparing takes, in multiply-adds: magnitude and comparison are two instructions as multiplication and addition are, a subtraction is one. */
export function thresholdMacs({ compared, centred }: LayerActivity): number {
  return compared + centred / 2;
}
