import type { Band } from './quantity.ts';
import { addBand, joinRefs, scaleBand, weakest } from './quantity.ts';
import type { Arithmetic, EnergyTable } from './target.ts';

/** Widths of one multiply-add: integers with their sum's width, or IEEE numbers. */
export type Precision =
  | { readonly kind: 'int'; readonly weightBits: number; readonly activationBits: number; readonly accumulatorBits: number }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 };

/** Width of the sum of 8-bit products where the target does not say (the tables price a 32-bit adder). */
const defaultAccumulatorBits = 32;

/** The multiply-add a target performs for a layer whose tensors have these widths. */
export function precisionOf(arithmetic: Arithmetic, layer: { readonly weightBits: number; readonly activationBits: number }): Precision {
  switch (arithmetic.kind) {
    case 'float':
      return arithmetic;
    case 'fixed':
      return {
        kind: 'int',
        weightBits: Math.min(arithmetic.bits, layer.weightBits),
        activationBits: Math.min(arithmetic.bits, layer.activationBits),
        accumulatorBits: arithmetic.accumulatorBits,
      };
    case 'model': {
      const widest = Math.max(layer.weightBits, layer.activationBits);
      // Narrow weights with wide activations are unpacked first, so the wider operand sets the arithmetic.
      if (widest > 32) return { kind: 'float', bits: 64 };
      if (widest > 16) return { kind: 'float', bits: 32 };
      if (widest > 8) return { kind: 'float', bits: 16 };
      return { kind: 'int', weightBits: layer.weightBits, activationBits: layer.activationBits, accumulatorBits: defaultAccumulatorBits };
    }
  }
}

/** Bits that one weight and one activation take in the target's memories. */
export function storedBits(
  arithmetic: Arithmetic,
  layer: { readonly weightBits: number; readonly activationBits: number },
): { readonly weight: number; readonly activation: number } {
  switch (arithmetic.kind) {
    case 'float':
      return { weight: arithmetic.bits, activation: arithmetic.bits };
    case 'fixed':
      return { weight: Math.min(arithmetic.bits, layer.weightBits), activation: Math.min(arithmetic.bits, layer.activationBits) };
    case 'model':
      return { weight: layer.weightBits, activation: layer.activationBits };
  }
}

/**
 * Joules of one multiply-add by one table. Integers: multiplier scaled by the product of the operand widths
 * (8-bit row up to 8 bits, 32-bit row above), adder by the width of the sum. Floats: multiplier row plus adder row.
 */
export function macEnergyByTable(table: EnergyTable, precision: Precision): Band {
  const ops = table.operations;
  if (precision.kind === 'float') {
    if (precision.bits === 16) return addBand(ops.fp16MulJ, ops.fp16AddJ);
    if (precision.bits === 32) return addBand(ops.fp32MulJ, ops.fp32AddJ);
    return addBand(ops.fp64MulJ, ops.fp64AddJ);
  }
  const product = precision.weightBits * precision.activationBits;
  const narrow = precision.weightBits <= 8 && precision.activationBits <= 8;
  const multiply = narrow ? scaleBand(ops.int8MulJ, product / 64) : scaleBand(ops.int32MulJ, product / 1024);
  return addBand(multiply, scaleBand(ops.int32AddJ, precision.accumulatorBits / 32));
}

/**
 * Joules of one multiply-add over several tables: value = geometric mean of the tables' values, because they disagree by
 * factors; low = the lowest low, high = the highest high.
 */
export function macEnergy(tables: readonly EnergyTable[], precision: Precision): Band {
  const bands = tables.map((table) => macEnergyByTable(table, precision));
  const logMean = bands.reduce((total, band) => total + Math.log(band.value), 0) / bands.length;
  const low = Math.min(...bands.map((b) => b.low));
  const high = Math.max(...bands.map((b) => b.high));
  return {
    // Rounding in exp/log may step over a bound by one unit in the last place when all tables agree.
    value: Math.min(high, Math.max(low, Math.exp(logMean))),
    low,
    high,
    source: bands.map((b) => b.source).reduce(weakest),
    ref: bands.map((b) => b.ref).reduce(joinRefs),
  };
}
