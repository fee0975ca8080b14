import type { Quantity, Source } from '../solver-core/protocol/index.ts';

const strength: readonly Source[] = ['assumed', 'modelled', 'simulated', 'measured'];

/** Sum of two energies: ends add up, and the weaker source counts. */
export function addEnergy(a: Quantity<'J'>, b: Quantity<'J'>): Quantity<'J'> {
  const isWeaker = strength.indexOf(b.source) < strength.indexOf(a.source);
  const { source, ref } = isWeaker ? b : a;
  return { value: a.value + b.value, unit: 'J', low: a.low + b.low, high: a.high + b.high, source, ref };
}
