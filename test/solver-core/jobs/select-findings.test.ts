import { describe, expect, test } from 'vitest';
import type { SelectCandidate, SelectOutcome } from '../../../solver-core/compress/select/types.ts';
import { selectAim } from '../../../solver-core/jobs/select-aim.ts';
import { outcomeFindings } from '../../../solver-core/jobs/select-record.ts';
import type { Diagnostic } from '../../../solver-core/model/diagnostic.ts';

const original = { metric: 'accuracy', quality: 0.9, divergence: 0, rows: 400 } as const;

const candidate = (id: string, quality: number, allowed: boolean, kind: SelectCandidate['kind'] = 'candidate'): SelectCandidate => ({
  id,
  label: `label of ${id}`,
  kind,
  energy: 1,
  saving: 0,
  assessment: { ...original, quality },
  allowed,
  layers: [],
});

const baseline = candidate('int8', 0.9, true, 'baseline');
const aim = selectAim({ path: 'p.tiers' }, 1);
const evaluation = { metric: 'accuracy', value: 0.9, rows: 400, correct: 360 } as const;
const quality = { given: evaluation, rounded: evaluation, selected: evaluation };

function findings(points: readonly SelectCandidate[], chosen: SelectCandidate, written: boolean): readonly Diagnostic[] {
  const outcome: SelectOutcome = { baseline, original, chosen, points: [baseline, ...points] };
  return outcomeFindings(outcome, aim, written ? quality : null, 'p.tiers');
}

describe('what a selection says of its outcome', () => {
  test('the nearest is the one that the search names, and a doubtful one is said to be', () => {
    const [far, near] = [candidate('a', 0.7, false), candidate('b', 0.895, false)];
    const [found] = findings([far, near], far, false);
    expect(found).toMatchObject({ code: 'nothing-within-drop', severity: 'error' });
    expect(found!.message).toMatch(/the nearest, "label of a", has 70.00 %\. Nothing was written/);
    expect(findings([far, near], near, false)[0]!.message).toMatch(/has 89.50 %, but the model is so much less sure/);
  });

  test('an outcome that is not written is an error, whatever the search allowed', () => {
    expect(findings([], baseline, false).map(({ code }) => code)).toEqual(['nothing-within-drop']);
  });

  test('where only rounding remains, those that were doubted are counted', () => {
    const [found] = findings([candidate('a', 0.895, false), candidate('b', 0.5, false)], baseline, true);
    expect(found).toMatchObject({ code: 'nothing-gained', severity: 'warning' });
    expect(found!.message).toMatch(/Of 1 that stayed within it the model is so much less sure/);
    expect(findings([], baseline, true)[0]!.message).not.toMatch(/less sure/);
  });
});
