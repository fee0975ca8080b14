import { expect, test } from 'vitest';
import { fitText } from '../../../solver-core/report/fit-text.ts';
import type { FitLayer } from '../../../solver-core/protocol/documents.ts';
import { fit } from './samples.ts';

const textOf = (changes: Partial<FitLayer>): string => fitText({ ...fit, layers: fit.layers.map((layer) => ({ ...layer, ...changes })) });

test('a lambda that was chosen says how, with degrees of freedom and rank where they are known', () => {
  const chosen = { lambda: 7.25, columns: 193, lambdaFrom: 'gcv', degreesOfFreedom: 101.5, rank: 190 } as const;
  expect(textOf(chosen)).toContain(
    'lambda 7.25 chosen by generalised cross-validation, 102 degrees of freedom, rank 190 of 193 unknowns\n',
  );
  expect(textOf({ ...chosen, lambdaFrom: 'held-out', degreesOfFreedom: null, rank: null })).toContain(
    'lambda 7.25 chosen by held-out rows\n',
  );
});

test('a lambda that was given, taken by default, or recorded by an older version says nothing of a choice', () => {
  expect(textOf({ lambdaFrom: 'given' })).toBe(fitText(fit));
  expect(textOf({ lambdaFrom: 'default', degreesOfFreedom: 3, rank: 4 })).toBe(fitText(fit));
});
