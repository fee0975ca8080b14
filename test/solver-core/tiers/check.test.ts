import { afterAll, describe, expect, test } from 'vitest';
import { checkPlan } from '../../../solver-core/tiers/check.ts';
import { diagnosticCodes } from '../../../solver-core/tiers/codes.ts';
import { printDiagnostics, readCases, writeCases } from './cases.ts';
import type { Case } from './cases.ts';
import { fakeWorld } from './fake-world.ts';

const codesSeen = new Set<string>();

/** Findings, and the plan when there are none or the case asks for it. */
function actualOf(c: Case): string {
  const result = checkPlan(c.source, fakeWorld());
  for (const d of result.diagnostics) codesSeen.add(d.code);
  const parts = result.diagnostics.length > 0 ? [printDiagnostics(result.diagnostics)] : [];
  if (parts.length === 0 || c.options.includes('plan')) parts.push(JSON.stringify(result.plan, undefined, 1) ?? 'no plan');
  if (c.options.includes('outline')) parts.push(JSON.stringify(result.outline));
  return parts.join('\n').replace(/[\u202a-\u202e]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}

for (const [file, cases] of readCases()) {
  describe(file, () => {
    const actual = new Map<string, string>();
    afterAll(() => {
      if (process.env['UPDATE'] === '1') writeCases(file, cases, actual);
    });
    for (const c of cases) {
      test(c.name, () => {
        const text = actualOf(c);
        actual.set(c.name, text);
        if (process.env['UPDATE'] !== '1') expect(text).toBe(c.expected);
        expect(text).not.toBe('');
      });
    }
  });
}

test('the cases show every code that the text alone can cause', () => {
  // They need an estimate or a huge text: budgets.test.ts, check-budgets.test.ts and hostile.test.ts show them.
  const elsewhere = ['budget-exceeded', 'budget-uncertain', 'budget-unknown', 'plan-too-large', 'too-many-findings'];
  expect(diagnosticCodes.filter((code) => !elsewhere.includes(code) && !codesSeen.has(code))).toEqual([]);
});
