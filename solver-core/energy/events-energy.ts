import type { Layer } from '../model/layer.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, levelFor, staticPart, timeOf } from './cost.ts';
import type { Placement } from './inference.ts';
import { storedBits } from './mac.ts';
import type { Band } from './quantity.ts';
import { addBand, scaleBand, timesBand } from './quantity.ts';
import type { EventsOnTarget, MemoryLevel } from './target.ts';
import { modelCount } from './work.ts';

/**
 * Joules of one forward pass of a layer on an event-driven processor (method 6.5): `events` (nonzero inputs, each captured, generated and
 * sent), `MACs` (multiply-adds with a nonzero input), `memory` (weights and sums of those multiply-adds), `off-chip` (weights, and
 * inputs and outputs, that do not fit the cores, each once), `idle` (power while nothing switches). The low end of `memory` and `events` is the published model of a synaptic
 * operation without memory accesses; the high end pays every access. Null when MACs or tensor sizes are unknown.
 */
export function eventInference(layer: Layer, placement: Placement, events: EventsOnTarget, context: EnergyContext): Breakdown | null {
  if (layer.macs === null || layer.inputElements === null || layer.outputElements === null) return null;
  const { target } = context;
  const share = events.nonzeroInputs;
  const macs = timesBand(share, modelCount(layer.macs));
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
  const idle = staticPart(target, timeOf(target, macs)).map(([, band]): readonly [string, Band] => ['idle', band]);
  return breakdown([
    ['events', timesBand(events.eventJ, timesBand(share, modelCount(layer.inputElements)))],
    ['MACs', timesBand(events.macJ, macs)],
    ['memory', timesBand(perMac, macs)],
    ...(offChip.length === 0 ? [] : [['off-chip', offChip.reduce(addBand)] as const]),
    ...idle,
  ]);
}
