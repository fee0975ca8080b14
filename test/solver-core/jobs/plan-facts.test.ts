import { expect, test } from 'vitest';
import { planFacts } from '../../../solver-core/jobs/plan-facts.ts';
import type { UpperTier } from '../../../solver-core/model/plan.ts';
import { lower, planOf, upper } from '../fit/digits.ts';

const facts = (changes: Partial<UpperTier>): string => planFacts(planOf([lower(['a'])], [upper(['b'], changes)]));

test('a tier that learns by plain least squares has the facts it had before there were other ways', () => {
  expect(facts({ learner: 'rls', lambda: 2, forgetting: 0.9 })).toContain('["upper",["b"],2,0.9]]');
});

test('every field that changes what a tier learns changes the facts', () => {
  const variants: readonly Partial<UpperTier>[] = [
    { learner: 'rls' },
    { learner: 'rls', lambda: 'auto' },
    { learner: 'rls', forgetting: 0.5 },
    { learner: 'rls', expand: 64 },
    { learner: 'rls', expand: 65 },
    { learner: 'rls', expand: 64, compensation: 0 },
    { learner: 'rls', expand: 64, compensation: 0.6 },
    { learner: 'rls', expand: 64, seed: 9 },
    { learner: 'sgd' },
    { learner: 'adam' },
    { learner: 'adam', rate: 0.5 },
    { learner: 'adam', epochs: 7 },
    { learner: 'adam', ewc: 3 },
    { learner: 'adam', seed: 9 },
  ];
  expect(new Set(variants.map(facts)).size).toBe(variants.length);
});

test('fields of the other ways to learn change nothing', () => {
  expect(facts({ learner: 'rls', rate: 0.5, epochs: 7, ewc: 3, seed: 9 })).toBe(facts({ learner: 'rls' }));
  expect(facts({ learner: 'adam', expand: 64, compensation: 1 })).toBe(facts({ learner: 'adam' }));
});
