import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAnnotation } from '../../../solver-core/python/annotation.ts';
import { planText, planTiers } from '../../../solver-core/python/index.ts';
import type { AnnotatedLayer } from '../../../solver-core/python/index.ts';
import { PythonFindings } from '../../../solver-core/python/python-findings.ts';
import { parsePython } from '../../../solver-core/python/syntax.ts';
import { tierComments } from '../../../solver-core/python/tier-comments.ts';
import { checkPlan } from '../../../solver-core/tiers/check.ts';
import { blindWorld } from '../../../solver-core/tiers/world.ts';

const option = (key: string, ...values: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(...values).map((value) => ` ${key}=${value}`) },
  );
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((all) => all.join(''));

const name = option('name', 'head', 'features', 'lower', 'data', 'a-b', '_x1', 'solve');
const lower = joined(
  fc.constantFrom('lower', 'lower ridge'),
  option('lambda', 'auto', '1e-2', '30', '.5'),
  option('targets', 'labels', 'forward-projection', 'autoencode', 'teacher', 'pca', 'random'),
  option('seed', '0', '7'),
  option('budget', '5mJ', '0.5uJ', '2e3nJ'),
  name,
);
const rls = joined(
  fc.constantFrom('upper', 'upper rls'),
  option('lambda', 'auto', '2'),
  option('forgetting', '0.99', '1'),
  fc.constantFrom('', ' expand=64', ' expand=64 compensation=0.5'),
  option('seed', '3'),
  option('update', '0.5', '0'),
  option('budget', '1J'),
  name,
);
const gradient = joined(
  fc.constantFrom('upper sgd', 'upper adam'),
  option('rate', '1e-3', '0.1'),
  option('epochs', '1', '20'),
  option('ewc', '0', '2.5'),
  option('seed', '9'),
  option('update', '1e-6'),
  name,
);

test('the plan of any annotations reads without errors and has their tiers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(lower, rls, gradient, fc.constant('frozen')), { minLength: 1, maxLength: 8 }),
      fc.string(),
      (comments, strange) => {
        const source = parsePython(comments.map((each) => `x = 1  # tier: ${each}\n`).join(''));
        const findings = new PythonFindings(source.lines);
        const annotations = tierComments(source).map((comment) => readAnnotation(source.text, comment, findings));
        expect([annotations.length, findings.list()]).toEqual([comments.length, []]);
        const layers = annotations.flatMap((annotation, index): readonly AnnotatedLayer[] =>
          annotation === undefined ? [] : [{ id: `/${strange}${index}/Gemm`, index, annotation }],
        );
        const text = planText({ modelPath: 'a b/m.onnx', dataPath: 'd.npz', source: strange, layers, unmatched: [strange] });
        const { plan, diagnostics } = checkPlan(text, blindWorld([]));
        expect(diagnostics).toEqual([]);
        const plain = (tier: object): object => ({ ...tier, range: undefined, budgets: undefined });
        const expected = planTiers(layers);
        expect(plan?.lower.map(plain)).toEqual(expected.lower.map(plain));
        expect(plan?.upper.map(plain)).toEqual(expected.upper.map(plain));
        const budgets = [...(plan?.lower ?? []), ...(plan?.upper ?? [])].flatMap((tier) => tier.budgets);
        expect(budgets.length > 0).toBe(comments.some((each) => each.includes('budget=')));
      },
    ),
    { numRuns: 300, seed: 11 },
  );
});
