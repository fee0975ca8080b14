import type { Layer } from '../model/layer.ts';
import { arrayInference } from './array-energy.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, levelFor, macOn, staticPart, timeOf, trafficEnergy } from './cost.ts';
import { eventInference } from './events-energy.ts';
import type { LayerActivity } from './events-work.ts';
import { precisionOf, storedBits } from './mac.ts';
import type { Mapping } from './mapping/bits.ts';
import type { Band } from './quantity.ts';
import { addBand, scaleBand } from './quantity.ts';
import type { MemoryLevel } from './target.ts';
import { modelCount } from './work.ts';

/** Where the weights and the activations of a model live on a target. */
export interface Placement {
  readonly weights: MemoryLevel;
  readonly activations: MemoryLevel;
  /** Bytes of all weights and of the largest layer's input plus output, at the target's widths. */
  readonly weightBytes: number;
  readonly activationBytes: number;
}

/**
 * Places a model in a target's memories: activations in the nearest level that holds the largest layer's input and output,
 * weights in the nearest level that holds all of them beside those activations.
 */
export function place(layers: readonly Layer[], context: EnergyContext): Placement {
  let weightBits = 0;
  let activationBits = 0;
  for (const layer of layers) {
    const stored = storedBits(context.target.arithmetic.inference, layer);
    weightBits += layer.parameters * stored.weight;
    activationBits = Math.max(activationBits, ((layer.inputElements ?? 0) + (layer.outputElements ?? 0)) * stored.activation);
  }
  const weightBytes = Math.ceil(weightBits / 8);
  const activationBytes = Math.ceil(activationBits / 8);
  return {
    weights: levelFor(context.target, weightBytes + activationBytes),
    activations: levelFor(context.target, activationBytes),
    weightBytes,
    activationBytes,
  };
}

/**
 * Joules of one forward pass of a layer, batch 1. With `mapping`, on a target with an array: see `arrayInference`; on an event-driven
 * target, where alone `activity` counts: see `eventInference`. Else `compute` (MACs · energy per MAC), `weights` (each weight once through its
 * memory, in recurrent layers once per step), `activations` (input read, output written), `static` (power while nothing switches, for the time of the MACs).
 * Null when MACs or tensor sizes are unknown. Pooling, normalisation and activation functions are not counted.
 */
export function layerInference(
  layer: Layer,
  placement: Placement,
  context: EnergyContext,
  mapping?: Mapping,
  activity?: LayerActivity,
): Breakdown | null {
  const { array, events } = context.target;
  if (array !== undefined && mapping !== undefined) return arrayInference(layer, mapping, array, context);
  if (events !== undefined) return eventInference(layer, placement, events, context, activity);
  if (layer.macs === null || layer.inputElements === null || layer.outputElements === null) return null;
  const { target } = context;
  const arithmetic = target.arithmetic.inference;
  const bits = storedBits(arithmetic, layer);
  const macs = modelCount(layer.macs);
  const parts: (readonly [string, Band])[] = [
    ['compute', scaleBand(macOn(target, context, precisionOf(arithmetic, layer)), layer.macs)],
    ['weights', weightTraffic(layer, bits.weight, placement, context)],
    [
      'activations',
      trafficEnergy(context, placement.activations, modelCount((layer.inputElements + layer.outputElements) * bits.activation)),
    ],
    ...staticPart(target, timeOf(target, macs)),
  ];
  return breakdown(parts);
}

/**
 * Joules of bringing a layer's weights to the units: once through their memory. A recurrent layer reads them at every step: the first time
 * from where they live, then from the nearest memory that holds those of this layer.
 */
function weightTraffic(layer: Layer, weightBits: number, placement: Placement, context: EnergyContext): Band {
  const bits = layer.parameters * weightBits;
  const once = trafficEnergy(context, placement.weights, modelCount(bits));
  const steps = recurrentSteps(layer);
  if (steps === 1) return once;
  const held = levelFor(context.target, Math.ceil(bits / 8));
  return addBand(once, trafficEnergy(context, held, modelCount(bits * (steps - 1))));
}

/** Steps of a recurrent layer at batch 1: its input is [steps, batch, features], or with the first two exchanged. 1 for other layers. */
function recurrentSteps({ op, inputShape }: Layer): number {
  if (!/^(RNN|GRU|LSTM)$/.test(op) || inputShape === null) return 1;
  const [first, second] = inputShape;
  const steps = typeof first === 'number' && typeof second === 'number' ? first * second : 1;
  return Number.isSafeInteger(steps) && steps > 1 ? steps : 1;
}
