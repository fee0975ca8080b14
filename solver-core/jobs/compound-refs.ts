import type { CompoundDecision, CompoundStep, Quantity } from '../protocol/index.ts';

/** Where a figure that is told thousands of times comes from: the record says it once. */
const inRecord = 'as totals.energy of the record';

/** The decision with references in short: every line of a log would repeat half a kilobyte five times. */
export function withShortRefs(decision: CompoundDecision): CompoundDecision {
  const { total, lower, cache, head, upper } = decision.energy;
  return { ...decision, energy: { total: short(total), lower: short(lower), cache: short(cache), head: short(head), upper: short(upper) } };
}

/** A step as a record keeps it: without its decisions, which the log holds, and with references in short. */
export function shortStep(step: CompoundStep): CompoundStep {
  const { compound, alwaysLower, alwaysUpper, retraining } = step.sums;
  return {
    ...step,
    shown: [],
    update: step.update === null ? null : { ...step.update, energy: short(step.update.energy) },
    sums: { compound: short(compound), alwaysLower: short(alwaysLower), alwaysUpper: short(alwaysUpper), retraining: short(retraining) },
  };
}

function short(quantity: Quantity<'J'>): Quantity<'J'> {
  return { ...quantity, ref: inRecord };
}
