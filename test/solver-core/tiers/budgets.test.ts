import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../solver-core/model/plan.ts';
import type { BudgetLayer, Quantity } from '../../../solver-core/protocol/index.ts';
import { budgetDiagnostic } from '../../../solver-core/tiers/budgets.ts';

const range = { line: 3, column: 1, endLine: 3, endColumn: 27 };
const budget: Budget = { limitJ: 15e-6, per: 'inference', range };

test('a value above the limit is an error that shows value, band and limit', () => {
  expect(budgetDiagnostic(budget, 'model', { value: 21.234e-6, low: 16e-6, high: 40e-6 })).toEqual({
    severity: 'error',
    code: 'budget-exceeded',
    where: { range },
    message: 'model: 21.2 uJ per inference (between 16 uJ and 40 uJ), and the budget is 15 uJ; raise the budget or make the layers cheaper',
  });
});

test('says when the lower bound would still fit', () => {
  expect(budgetDiagnostic(budget, 'lower a', { value: 16e-6, low: 1e-6, high: 1e-3 })?.message).toContain(
    '; the lower bound would still fit;',
  );
});

test('an upper bound above the limit is information', () => {
  expect(budgetDiagnostic(budget, 'lower a', { value: 15e-6, low: 1e-6, high: 15.1e-6 })).toMatchObject({
    severity: 'info',
    code: 'budget-uncertain',
  });
});

describe('a budget per layer', () => {
  const perLayer: Budget = { limitJ: 5e-6, per: 'layer', range };
  const energy = (value: number, low = value / 2, high = value * 2): Quantity<'J'> => ({
    value,
    low,
    high,
    unit: 'J',
    source: 'modelled',
    ref: 'a table',
  });
  const exceeded = (id: string, value: number): BudgetLayer => ({ id, actual: energy(value), status: 'exceeded' });

  test('the finding names the worst layers, with their bands, and counts the rest', () => {
    const worst = [exceeded('/fc1/Gemm', 40e-6), exceeded('"a"\u202e', 12e-6), exceeded('c', 6e-6), exceeded('d', 5.5e-6)];
    const found = budgetDiagnostic(perLayer, 'model', energy(40e-6), { total: 9, exceeded: 4, uncertain: 1, unknown: 0, worst });
    expect(found).toEqual({
      severity: 'error',
      code: 'budget-exceeded',
      where: { range },
      message:
        'model: 4 of 9 layers are above the budget of 5 uJ per layer: "/fc1/Gemm" 40 uJ (between 20 uJ and 80 uJ), ' +
        '"\\"a\\"\\u{202e}" 12 uJ (between 6 uJ and 24 uJ), "c" 6 uJ (between 3 uJ and 12 uJ) and 1 more; raise the budget or make these layers cheaper',
    });
  });

  test('does not say that lower bounds would fit when a layer that it does not name is above for sure', () => {
    const wide = (id: string, value: number): BudgetLayer => ({ id, actual: energy(value, 1e-9), status: 'exceeded' });
    const worst = [wide('a', 40e-6), wide('b', 12e-6), wide('c', 6e-6), exceeded('d', 5.5e-6)];
    const counts = { total: 9, exceeded: 4, uncertain: 0, unknown: 0, worst };
    const message = (surelyExceeded: number): string | undefined =>
      budgetDiagnostic(perLayer, 'model', energy(40e-6), { ...counts, surelyExceeded })?.message;
    expect(message(0)).toContain('the lower bounds would still fit');
    expect(message(1)).not.toContain('would still fit');
  });

  test('one whose upper bound alone is above is information', () => {
    const worst: BudgetLayer[] = [{ id: 'a', actual: energy(3e-6), status: 'uncertain' }];
    expect(budgetDiagnostic(perLayer, 'lower t', energy(3e-6), { total: 1, exceeded: 0, uncertain: 1, unknown: 0, worst })).toEqual({
      severity: 'info',
      code: 'budget-uncertain',
      where: { range },
      message:
        'lower t: the estimate of every layer is within the budget of 5 uJ per layer, the upper bound of the only layer is not: "a" 3 uJ (between 1.5 uJ and 6 uJ)',
    });
  });

  test('says nothing when every layer is within, or nobody knows', () => {
    const none = { total: 2, exceeded: 0, uncertain: 0, unknown: 0, worst: [] };
    expect(budgetDiagnostic(perLayer, 'model', energy(1e-6), none)).toBeUndefined();
    expect(budgetDiagnostic(perLayer, 'model', null, { ...none, unknown: 2 })).toBeUndefined();
  });
});

test('a budget that is met, or an unknown energy, says nothing', () => {
  expect(budgetDiagnostic(budget, 'model', { value: 15e-6, low: 1e-6, high: 15e-6 })).toBeUndefined();
  expect(budgetDiagnostic(budget, 'model', null)).toBeUndefined();
  expect(budgetDiagnostic(budget, 'model', { value: NaN, low: NaN, high: NaN })).toBeUndefined();
});
