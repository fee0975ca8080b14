import type { Layer } from '../model/layer.ts';
import type { EnergyContext } from './cost.ts';
import { place } from './inference.ts';
import type { Precision } from './mac.ts';
import { precisionOf, storedBits } from './mac.ts';
import type { Mapping } from './mapping/bits.ts';
import { chooseMapping } from './mapping/choose.ts';
import { mappedShape } from './mapping/shape.ts';

/** The mappings of a model's layers on one target, by layer id. They depend on sizes alone, not on any constant with a band. */
export interface ArrayMappings {
  readonly targetId: string;
  readonly byLayer: ReadonlyMap<string, Mapping>;
}

/** Maps every layer that can be; none on a target without an array. The rest are priced as on targets without one. */
export function mapLayers(layers: readonly Layer[], context: EnergyContext): ArrayMappings {
  const { target } = context;
  const byLayer = new Map<string, Mapping>();
  const byShape = new Map<string, Mapping>();
  const { array } = target;
  const buffer = target.memories[0];
  if (array === undefined || buffer === undefined) return { targetId: target.id, byLayer };
  const placement = place(layers, context);
  const resident = { weights: placement.weights === buffer, activations: placement.activations === buffer };
  const geometry = { ...array, bufferBytes: buffer.sizeBytes ?? Infinity };
  for (const layer of layers) {
    const shape = mappedShape(layer);
    if (shape === null || !Number.isSafeInteger(layer.macs)) continue;
    const precision = precisionOf(target.arithmetic.inference, layer);
    const stored = storedBits(target.arithmetic.inference, layer);
    const bits = { weights: stored.weight, activations: stored.activation, sums: sumBits(precision) };
    // Networks repeat their layers, and the search is most of the work of an estimate.
    const key = JSON.stringify([shape, bits]);
    const mapping = byShape.get(key) ?? chooseMapping(shape, geometry, bits, resident);
    byShape.set(key, mapping);
    byLayer.set(layer.id, mapping);
  }
  return { targetId: target.id, byLayer };
}

function sumBits(precision: Precision): number {
  return precision.kind === 'int' ? precision.accumulatorBits : precision.bits;
}
