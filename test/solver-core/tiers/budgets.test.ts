import { expect, test } from 'vitest';
import type { Budget } from '../../../solver-core/model/plan.ts';
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

test('a budget that is met, or an unknown energy, says nothing', () => {
  expect(budgetDiagnostic(budget, 'model', { value: 15e-6, low: 1e-6, high: 15e-6 })).toBeUndefined();
  expect(budgetDiagnostic(budget, 'model', null)).toBeUndefined();
  expect(budgetDiagnostic(budget, 'model', { value: NaN, low: NaN, high: NaN })).toBeUndefined();
});
