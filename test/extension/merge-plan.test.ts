import { describe, expect, it } from 'vitest';
import { mergePlan } from '../../extension/python/merge-plan.ts';
import { parsePlan } from '../../solver-core/tiers/language.ts';

const existing = `// my plan
model "m.onnx"
data "rows.npz" inputs x labels y

lower tier features {
  layers "/fc1/Gemm",     // "a { brace" in a comment
    "/fc2/Gemm"
  solve ridge lambda 30
  budget 2 mJ per fit
}

upper tier head {
  layers "/fc3/Gemm"
  learn rls forgetting 1.0
}

budget 15 uJ per inference
`;

const stated = (lower: string, upper: string, name = 'features'): string =>
  `model "m.onnx"\n\nlower tier ${name} {\n  layers ${lower}\n  solve ridge\n}\n\nupper tier head {\n  layers ${upper}\n  learn rls\n}\n`;

/** The tiers by the parser of plans: kind and name; a syntax error is one of its own. */
const tiersOf = (text: string): unknown => {
  const { value, parserErrors } = parsePlan(text);
  expect(parserErrors).toEqual([]);
  return value.clauses.flatMap((clause) => (clause.$type === 'TierBlock' ? [[clause.kind, clause.name]] : []));
};

describe('the tiers of annotations in a plan', () => {
  it('change nothing where they are the same', () => {
    expect(mergePlan(existing, stated('"/fc1/Gemm", "/fc2/Gemm"', '"/fc3/Gemm"'))).toBe(existing);
    expect(mergePlan(existing, stated('"/fc1/Gemm", "/fc2/Gemm"', '"/fc3/Gemm"', 'other'))).toBe(existing);
  });

  it('replace the layers and leave everything else', () => {
    expect(mergePlan(existing, stated('"/fc1/Gemm"', '"/fc2/Gemm", "/fc3/Gemm"'))).toBe(
      existing
        .replace('layers "/fc1/Gemm",     // "a { brace" in a comment\n    "/fc2/Gemm"', 'layers "/fc1/Gemm"')
        .replace('layers "/fc3/Gemm"', 'layers "/fc2/Gemm", "/fc3/Gemm"'),
    );
  });

  it('come in and go whole', () => {
    const without = mergePlan(existing, 'model "m.onnx"\n\nlower tier features {\n  layers "/fc1/Gemm", "/fc2/Gemm"\n  solve ridge\n}\n');
    expect(without).toBe(existing.replace(/upper tier head \{[^}]*\}\n\n/, ''));
    const again = mergePlan(without, stated('"/fc1/Gemm", "/fc2/Gemm"', '"/fc3/Gemm"'));
    expect(again).toContain('budget 2 mJ per fit');
    expect(again).toContain('budget 15 uJ per inference');
    expect(tiersOf(again)).toEqual([
      ['lower', 'features'],
      ['upper', 'head'],
    ]);
    expect(mergePlan('model "m.onnx"\n', stated('"a"', '"b"'))).toMatch(/^model "m.onnx"\n\nlower tier features \{/);
  });
});
