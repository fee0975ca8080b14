import type { Plan, UpperTier } from '../model/plan.ts';

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
    plan.upper.map((t) => ['upper', t.layers, t.lambda ?? null, t.forgetting, ...learnFacts(t)]),
  ]);
}

/** The part of `planFacts` that decides the weights of the lower tiers alone: what an upper tier learns on. */
export function lowerFacts(plan: Plan): string {
  return JSON.stringify([
    plan.modelPath,
    plan.data ?? null,
    plan.backend,
    plan.lower.map((t) => ['lower', t.layers, t.lambda ?? null, t.targets, t.seed]),
  ]);
}

/** What further decides how a tier learns; nothing for plain recursive least squares, so that older records stay valid. */
function learnFacts(tier: UpperTier): readonly unknown[] {
  if (tier.learner !== 'rls') return [tier.learner, tier.rate, tier.epochs, tier.ewc, tier.seed];
  return tier.expand === undefined ? [] : ['rls', tier.expand, tier.compensation ?? null, tier.seed];
}
