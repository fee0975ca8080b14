import { expect, test } from 'vitest';
import { gradientRules } from '../../../../solver-core/learn/gradient/rules/registry.ts';
import { tolerances } from '../../../tolerances.ts';
import { ruleCases } from './rule-cases.ts';
import { prepare, runStep } from './rule-harness.ts';
import { hasTorch, torchGradients } from './torch-rules.ts';

const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

test('every rule stands in a network that is compared with PyTorch', () => {
  const used = new Set(ruleCases.flatMap((rule) => rule.nodes.map((node) => node.opType)));
  expect(Object.keys(gradientRules).filter((op) => !used.has(op))).toEqual([]);
});

test.skipIf(!hasTorch)('gradients of all rules are those of PyTorch in double precision (skips without python3-torch)', async () => {
  const prepared = ruleCases.map(prepare);
  const theirs = torchGradients(
    prepared.map(({ x, target, stored }, i) => ({
      x: [...x.data],
      shape: x.dims,
      target: [...target.data],
      targetShape: target.dims,
      parameters: Object.fromEntries([...stored].map(([name, { dims, data }]) => [name, { dims, data: [...data] }])),
      scores: ruleCases[i]!.torch,
      loss: ruleCases[i]!.loss ?? 'cross-entropy',
    })),
  );
  for (const [i, rule] of ruleCases.entries()) {
    const { loss, gradients } = await runStep(prepared[i]!);
    const expected = theirs[i]!;
    expect(Math.abs(loss / expected.loss - 1), rule.name).toBeLessThan(tolerances.gradientFp32.relative);
    // A gradient much smaller than the others is as exact as they are, not as it is itself.
    const whole = norm(Object.values(expected.gradients).flat());
    for (const [k, name] of prepared[i]!.request.part.parameters.entries()) {
      const wanted = expected.gradients[name]!;
      const error = norm(gradients[k]!.map((v, j) => v - wanted[j]!)) / (norm(wanted) + 0.1 * whole);
      expect(error, `${rule.name}, ${name}`).toBeLessThan(tolerances.gradientFp32.relative);
    }
  }
});
