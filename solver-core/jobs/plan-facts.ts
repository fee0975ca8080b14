import type { Plan } from '../model/plan.ts';

/**
 * The part of a plan that decides the result of a fit, as canonical text. Comments, layout, targets and budgets are not in it:
 * changing them leaves a fit record valid.
 */
export function planFacts(plan: Plan): string {
  return JSON.stringify([
    plan.modelPath,
    plan.data ?? null,
    plan.backend,
    plan.lower.map((t) => ['lower', t.layers, t.lambda ?? null, t.targets, t.seed]),
    plan.upper.map((t) => ['upper', t.layers, t.lambda ?? null, t.forgetting]),
  ]);
}
