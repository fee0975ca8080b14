import type { Budget, Plan } from '../model/plan.ts';
import type { BudgetDocument, BudgetLayer, EnergyDocument, EnergyLayer, MissingFigures } from '../protocol/documents.ts';
import type { Quantity } from './quantity.ts';
import { exactly, sum } from './quantity.ts';

/** Scope of a budget that covers the whole model. */
export const modelScope = 'model';

/**
 * Every budget of a plan against the estimate: `met` when the whole band is within the limit, `uncertain` when the central
 * value is but the high end is not, `exceeded` when the central value is above it, `unknown` when a figure is missing.
 * Scope "model": the totals, where `fit` covers all lower tiers and `update` all upper tiers (all tiers when there is no upper
 * one). Scope of a tier, "lower NAME" or "upper NAME": the sum over the tier's layers; `fit` is the direct solve, `update` the incremental update.
 * A budget per layer holds for one inference of each layer of its scope, and its outcome is that of the worst one.
 */
export function evaluateBudgets(plan: Plan, energy: EnergyDocument): readonly BudgetDocument[] {
  const byId = new Map(energy.layers.map((layer) => [layer.id, layer]));
  const pickLayers = (ids: readonly string[]): readonly (EnergyLayer | undefined)[] => ids.map((id) => byId.get(id));
  const tiers = [...plan.lower, ...plan.upper];
  const model = plan.budgets.map((budget) => {
    if (budget.per === 'inference') return judge(modelScope, budget, energy.totals.inference, missingIn(energy.layers, budget.per));
    if (budget.per === 'layer') return judgeLayers(modelScope, budget, energy.layers);
    const fitted = plan.lower.flatMap((tier) => tier.layers);
    const learned = (plan.upper.length > 0 ? plan.upper : tiers).flatMap((tier) => tier.layers);
    const counted = pickLayers(budget.per === 'fit' ? fitted : learned);
    return judge(modelScope, budget, energyOf(counted, budget.per), missingIn(counted, budget.per));
  });
  const ofTiers = tiers.flatMap((tier) =>
    tier.budgets.map((budget) => {
      const scope = `${tier.kind} ${tier.name}`;
      const counted = pickLayers(tier.layers);
      if (budget.per !== 'layer') return judge(scope, budget, energyOf(counted, budget.per), missingIn(counted, budget.per));
      return judgeLayers(
        scope,
        budget,
        counted.flatMap((layer) => layer ?? []),
      );
    }),
  );
  return [...model, ...ofTiers];
}

/** The layers of an estimate, each with the strictest limit per layer of the plan and of its tier, where there is one. */
export function withLayerBudgets(plan: Plan, layers: readonly EnergyLayer[]): readonly EnergyLayer[] {
  const limitsOf = (budgets: readonly Budget[]): readonly number[] =>
    budgets.flatMap(({ per, limitJ }) => (per === 'layer' ? [limitJ] : []));
  const ofPlan = limitsOf(plan.budgets);
  const tiers = [...plan.lower, ...plan.upper];
  return layers.map((layer) => {
    const limitJ = Math.min(...ofPlan, ...tiers.flatMap((tier) => (tier.layers.includes(layer.id) ? limitsOf(tier.budgets) : [])));
    return Number.isFinite(limitJ)
      ? { ...layer, budget: { limit: statedLimit(limitJ), status: budgetStatus(layer.inference, limitJ) } }
      : layer;
  });
}

/** Status of an energy against a limit in joules; null gives `unknown`. */
export function budgetStatus(actual: Quantity<'J'> | null, limitJ: number): BudgetDocument['status'] {
  if (actual === null) return 'unknown';
  if (actual.value > limitJ) return 'exceeded';
  return actual.high <= limitJ ? 'met' : 'uncertain';
}

/** Layers that a finding about a budget can name. */
const mostNamed = 10;

/** Worst first: what is above the limit, then what may be, then what nobody knows. */
const severity: Readonly<Record<BudgetDocument['status'], number>> = { exceeded: 3, uncertain: 2, unknown: 1, met: 0 };

/** The outcome of the worst layer; a scope without layers gives `unknown`. */
function judgeLayers(scope: string, budget: Budget, layers: readonly EnergyLayer[]): BudgetDocument {
  const judged = layers
    .map(({ id, inference }) => ({ id, actual: inference, status: budgetStatus(inference, budget.limitJ) }))
    .sort((a, b) => severity[b.status] - severity[a.status] || (b.actual?.value ?? 0) - (a.actual?.value ?? 0));
  const count = (status: BudgetDocument['status']): number => judged.filter((layer) => layer.status === status).length;
  const largest = judged.reduce<Quantity<'J'> | null>(
    (most, { actual }) => ((actual?.value ?? -1) > (most?.value ?? -1) ? actual : most),
    null,
  );
  const worst = judged.filter((layer): layer is BudgetLayer => layer.status !== 'met').slice(0, mostNamed);
  return {
    ...judge(scope, budget, largest, missingIn(layers, 'inference')),
    status: judged[0]?.status ?? 'unknown',
    ofLayers: {
      total: judged.length,
      exceeded: count('exceeded'),
      surelyExceeded: judged.filter(({ actual }) => actual !== null && actual.low > budget.limitJ).length,
      uncertain: count('uncertain'),
      unknown: count('unknown'),
      worst,
    },
  };
}

function judge(scope: string, budget: Budget, actual: Quantity<'J'> | null, missing: MissingFigures): BudgetDocument {
  const { per, limitJ, range } = budget;
  const outcome = { scope, per, limit: statedLimit(limitJ), actual, status: budgetStatus(actual, limitJ), range };
  return missing.total === 0 ? outcome : { ...outcome, missing };
}

function statedLimit(limitJ: number): Quantity<'J'> {
  return exactly(limitJ, 'J', 'assumed', 'stated in the plan');
}

function missingIn(layers: readonly (EnergyLayer | undefined)[], per: 'inference' | 'fit' | 'update'): MissingFigures {
  const ids = layers.flatMap((layer) => (layer !== undefined && figureOf(layer, per) === null ? [layer.id] : []));
  return { total: ids.length, layers: ids.slice(0, mostNamed) };
}

function energyOf(layers: readonly (EnergyLayer | undefined)[], per: 'inference' | 'fit' | 'update'): Quantity<'J'> | null {
  const parts: Quantity<'J'>[] = [];
  for (const layer of layers) {
    const part = layer === undefined ? null : figureOf(layer, per);
    if (part === null) return null;
    parts.push(part);
  }
  return parts.length === 0 ? null : sum(parts);
}

function figureOf(layer: EnergyLayer, per: 'inference' | 'fit' | 'update'): Quantity<'J'> | null {
  if (per === 'inference') return layer.inference;
  return per === 'fit' ? layer.retraining.solve : layer.retraining.incremental;
}
