import type { Layer } from '../model/layer.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, levelFor, staticPart, timeOf } from './cost.ts';
import type { LayerActivity } from './events-work.ts';
import { eventMacs, madeMacs, thresholdMacs } from './events-work.ts';
import type { Placement } from './inference.ts';
import { storedBits } from './mac.ts';
import type { Band } from './quantity.ts';
import { addBand, scaleBand, timesBand } from './quantity.ts';
import type { EventCosts, EventsOnTarget, MemoryLevel } from './target.ts';
import { modelCount } from './work.ts';

/**
 * Joules of one forward pass of a layer on an event-driven processor (method 6.5): `events` (nonzero inputs, each captured, generated and
 * sent), `MACs` (multiply-adds with a nonzero input, and those of a bias that making zeros brought), `memory` (weights and sums of those multiply-adds), `off-chip` (weights, and
 * inputs and outputs, that do not fit the cores, each once: zeros save nothing there), `thresholds` (comparisons that make zeros), `idle` (power while nothing
 * switches). The low end of `memory` and `events` is the published model of a synaptic
 * operation without memory accesses; the high end pays every access. `activity`: what was measured of the layer's inputs; default the share
 * that the target assumes. Null when MACs or tensor sizes are unknown.
 */
export function eventInference(
  layer: Layer,
  placement: Placement,
  events: EventsOnTarget,
  context: EnergyContext,
  activity?: LayerActivity,
): Breakdown | null {
  const made = eventMacs(layer);
  if (made === null || layer.inputElements === null || layer.outputElements === null) return null;
  const { target } = context;
  const share = activity?.nonzero ?? events.nonzeroInputs;
  const macs = madeMacs(made, share, activity?.biased);
  const perMac = addBand(
    timesBand(events.weightLoadsPerMac, events.weightLoadJ),
    timesBand(events.stateAccessesPerMac, events.stateAccessJ),
  );
  const stored = storedBits(target.arithmetic.inference, layer);
  const crossing = (level: MemoryLevel, bits: number): readonly Band[] =>
    level === levelFor(target, 0) ? [] : [scaleBand(level.energyPerBitJ, bits)];
  const offChip = [
    ...crossing(placement.weights, layer.parameters * stored.weight),
    ...crossing(placement.activations, (layer.inputElements + layer.outputElements) * stored.activation),
  ];
  const comparing = activity === undefined ? 0 : thresholdMacs(activity);
  const busy = comparing === 0 ? macs : addBand(macs, modelCount(comparing));
  const idle = staticPart(target, timeOf(target, busy)).map(([, band]): readonly [string, Band] => ['idle', band]);
  return breakdown([
    ['events', timesBand(events.eventJ, timesBand(share, modelCount(layer.inputElements)))],
    ['MACs', timesBand(events.macJ, macs)],
    ['memory', timesBand(perMac, macs)],
    ...(offChip.length === 0 ? [] : [['off-chip', offChip.reduce(addBand)] as const]),
    ...(activity === undefined || comparing === 0 ? [] : [['thresholds', thresholdEnergy(events, activity)] as const]),
    ...idle,
  ]);
}

/** Joules of the comparisons with thresholds, and of taking centres off. */
export function thresholdEnergy({ thresholdJ, centreJ, macJ }: EventCosts, { compared, centred }: LayerActivity): Band {
  const comparing = timesBand(thresholdJ ?? macJ, modelCount(compared));
  return centred === 0 ? comparing : addBand(comparing, timesBand(centreJ ?? macJ, modelCount(centred)));
}
