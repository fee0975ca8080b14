import { describe, expect, it } from 'vitest';
import { budgetState } from '../../extension/budget-words.ts';
import { plainText } from './fixtures.ts';

describe('the state of all budgets', () => {
  it('is that of the worst one, in words and with a sign of its own', () => {
    const state = (...all: ('met' | 'exceeded' | 'uncertain' | 'unknown')[]) =>
      budgetState(
        all.map((status) => ({ status })),
        plainText,
      );
    expect(state()).toBeNull();
    expect(state('met', 'met')).toMatchObject({ icon: 'pass', text: 'within budget', spoken: 'all 2 budgets are met' });
    expect(state('met', 'unknown')).toMatchObject({ icon: 'question', text: 'budget unknown' });
    expect(state('unknown', 'uncertain', 'met')).toMatchObject({ icon: 'warning', text: 'budget uncertain' });
    expect(state('met', 'exceeded', 'uncertain')).toMatchObject({ icon: 'error', text: 'over budget', spoken: '1 of 3 budgets exceeded' });
  });
});
