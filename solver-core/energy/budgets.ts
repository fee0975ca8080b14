import type { Budget, Plan } from '../model/plan.ts';
import type { BudgetDocument, EnergyDocument, EnergyLayer } from '../protocol/documents.ts';
import type { Quantity } from './quantity.ts';
import { exactly, sum } from './quantity.ts';

/** Scope of a budget that covers the whole model. */
export const modelScope = 'model';

/**
 * Every budget of a plan against the estimate: `met` when the whole band is within the limit, `uncertain` when the central
 * value is but the high end is not, `exceeded` when the central value is above it, `unknown` when a figure is missing.
 * Scope "model": the totals, where `fit` covers all lower tiers and `update` all upper tiers (all tiers when there is no upper
 * one). Scope of a tier, "lower NAME" or "upper NAME": the sum over the tier's layers; `fit` is the direct solve, `update` the incremental update.
 */
export function evaluateBudgets(plan: Plan, energy: EnergyDocument): readonly BudgetDocument[] {
  const byId = new Map(energy.layers.map((layer) => [layer.id, layer]));
  const pickLayers = (ids: readonly string[]): readonly (EnergyLayer | undefined)[] => ids.map((id) => byId.get(id));
  const tiers = [...plan.lower, ...plan.upper];
  const model = plan.budgets.map((budget) => {
    if (budget.per === 'inference') return judge(modelScope, budget, energy.totals.inference);
    const fitted = plan.lower.flatMap((tier) => tier.layers);
    const learned = (plan.upper.length > 0 ? plan.upper : tiers).flatMap((tier) => tier.layers);
    return judge(modelScope, budget, energyOf(pickLayers(budget.per === 'fit' ? fitted : learned), budget.per));
  });
  const ofTiers = tiers.flatMap((tier) =>
    tier.budgets.map((budget) => judge(`${tier.kind} ${tier.name}`, budget, energyOf(pickLayers(tier.layers), budget.per))),
  );
  return [...model, ...ofTiers];
}

/** Status of an energy against a limit in joules; null gives `unknown`. */
export function budgetStatus(actual: Quantity<'J'> | null, limitJ: number): BudgetDocument['status'] {
  if (actual === null) return 'unknown';
  if (actual.value > limitJ) return 'exceeded';
  return actual.high <= limitJ ? 'met' : 'uncertain';
}

function judge(scope: string, budget: Budget, actual: Quantity<'J'> | null): BudgetDocument {
  const limit = exactly(budget.limitJ, 'J', 'assumed', 'stated in the plan');
  return { scope, per: budget.per, limit, actual, status: budgetStatus(actual, budget.limitJ), range: budget.range };
}

function energyOf(layers: readonly (EnergyLayer | undefined)[], per: Budget['per']): Quantity<'J'> | null {
  const parts: Quantity<'J'>[] = [];
  for (const layer of layers) {
    const part = layer === undefined ? null : figureOf(layer, per);
    if (part === null) return null;
    parts.push(part);
  }
  return parts.length === 0 ? null : sum(parts);
}

function figureOf(layer: EnergyLayer, per: Budget['per']): Quantity<'J'> | null {
  if (per === 'inference') return layer.inference;
  return per === 'fit' ? layer.retraining.solve : layer.retraining.incremental;
}
