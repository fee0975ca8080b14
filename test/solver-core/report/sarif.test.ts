import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { CheckDocument, DiagnosticDocument } from '../../../solver-core/protocol/index.ts';
import { checkSarif } from '../../../solver-core/report/sarif.ts';
import { diagnosticCodes } from '../../../solver-core/tiers/codes.ts';
import { bareJoules } from '../../joules.ts';
import { check, evidencedEnergy } from './samples.ts';

/*
 * The parts of SARIF 2.1.0 that Tierwise writes, stated from the standard (OASIS, 27 March 2020) and not from the code: objects are
 * strict, so a property that the standard does not know fails.
 */
const text = v.pipe(v.string(), v.minLength(1));
const level = v.picklist(['none', 'note', 'warning', 'error']);
const from1 = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const message = v.strictObject({ text });
const region = v.pipe(
  v.strictObject({ startLine: from1, startColumn: v.optional(from1), endLine: v.optional(from1), endColumn: v.optional(from1) }),
  v.check((r) => (r.endLine ?? r.startLine) >= r.startLine, 'a region ends after it begins'),
  v.check((r) => (r.endLine ?? r.startLine) > r.startLine || (r.endColumn ?? Infinity) >= (r.startColumn ?? 1), 'columns are in order'),
);
const artifactLocation = v.strictObject({
  uri: v.pipe(v.string(), v.regex(/^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$/)),
  uriBaseId: v.optional(text),
});
const replacement = v.strictObject({ deletedRegion: region, insertedContent: v.optional(v.strictObject({ text: v.string() })) });
const result = v.strictObject({
  ruleId: text,
  ruleIndex: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  level,
  message,
  locations: v.pipe(
    v.array(
      v.strictObject({
        physicalLocation: v.strictObject({ artifactLocation, region: v.optional(region) }),
        logicalLocations: v.optional(v.array(v.strictObject({ name: text, kind: text }))),
      }),
    ),
    v.minLength(1),
  ),
  partialFingerprints: v.record(v.pipe(v.string(), v.regex(/\/v\d+$/)), text),
  fixes: v.optional(
    v.array(
      v.strictObject({
        description: message,
        artifactChanges: v.array(v.strictObject({ artifactLocation, replacements: v.pipe(v.array(replacement), v.minLength(1)) })),
      }),
    ),
  ),
  properties: v.optional(v.looseObject({})),
});
const rule = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
  name: v.pipe(v.string(), v.regex(/^[A-Z][A-Za-z0-9]+$/)),
  shortDescription: v.strictObject({ text: v.pipe(text, v.endsWith('.')) }),
  fullDescription: v.strictObject({ text }),
  help: v.strictObject({ text, markdown: text }),
  defaultConfiguration: v.strictObject({ level }),
  properties: v.strictObject({ tags: v.array(text), 'problem.severity': v.picklist(['error', 'warning', 'recommendation']) }),
});
const log = v.strictObject({
  $schema: v.literal('https://json.schemastore.org/sarif-2.1.0.json'),
  version: v.literal('2.1.0'),
  runs: v.tuple([
    v.strictObject({
      tool: v.strictObject({ driver: v.strictObject({ name: text, version: text, semanticVersion: text, rules: v.array(rule) }) }),
      automationDetails: v.strictObject({ id: v.pipe(text, v.endsWith('/')) }),
      originalUriBaseIds: v.record(text, v.strictObject({ description: message })),
      columnKind: v.literal('utf16CodeUnits'),
      invocations: v.array(v.strictObject({ executionSuccessful: v.boolean() })),
      results: v.array(result),
    }),
  ]),
});

const range = { line: 21, column: 1, endLine: 21, endColumn: 22 };
const budget = evidencedEnergy().budgets?.[0];

function findings(...diagnostics: readonly DiagnosticDocument[]): CheckDocument {
  return { ...check, budgets: budget === undefined ? [] : [{ ...budget, range }], diagnostics };
}

const exceeded: DiagnosticDocument = {
  code: 'budget-exceeded',
  severity: 'error',
  message: 'model: 2 of 3 layers are above the budget of 2 uJ per layer: "/fc2/Gemm" 5.92 uJ (between 1.1 uJ and 89 uJ); raise the budget',
  where: { path: '/p/digits.tiers', range },
};

function run(document: CheckDocument): v.InferOutput<typeof log>['runs'][0] {
  return v.parse(log, JSON.parse(checkSarif(document, { version: '1.2.3', root: '/p' }))).runs[0];
}

function fingerprint(document: CheckDocument, index = 0): string | undefined {
  return run(document).results[index]?.partialFingerprints['tierwiseFinding/v1'];
}

test('every kind of finding is a result by the standard, with a rule of its own that says what it is and what to do', () => {
  const one = (code: string): DiagnosticDocument => ({ ...exceeded, code, message: `about ${code}` });
  const { results, tool } = run(
    findings(...diagnosticCodes.map(one), { code: 'not-onnx', severity: 'error', message: 'x', where: { path: '/p/a.onnx' } }),
  );
  expect(results.map((r) => tool.driver.rules[r.ruleIndex]?.id)).toEqual([...diagnosticCodes, 'not-onnx']);
  expect(new Set(tool.driver.rules.map((r) => r.help.text)).size).toBe(diagnosticCodes.length + 1);
  expect(run(check).results).toHaveLength(check.diagnostics.length);
});

describe('a budget that is exceeded', () => {
  test('stands in the plan, at its clause, relative to the root', () => {
    expect(run(findings(exceeded)).results[0]?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'digits.tiers', uriBaseId: '%SRCROOT%' },
      region: { startLine: 21, startColumn: 1, endLine: 21, endColumn: 22 },
    });
  });

  test('carries its outcome as quantities', () => {
    const { properties } = run(findings(exceeded)).results[0] ?? {};
    expect(properties).toMatchObject({ budget: { per: 'layer', status: 'exceeded', limit: { unit: 'J' }, ofLayers: { exceeded: 2 } } });
    expect(bareJoules(properties)).toEqual([]);
  });

  test('is the same finding when lines move and figures change, and another one for another budget', () => {
    const moved = { ...exceeded, where: { ...exceeded.where, range: { ...range, line: 40, endLine: 40 } } };
    const changed = { ...exceeded, message: exceeded.message.replace('5.92', '6.01').replace('/fc2/Gemm', '/fc1/Gemm') };
    const own = fingerprint(findings(exceeded));
    expect([fingerprint(findings(moved)), fingerprint(findings(changed))]).toEqual([own, own]);
    const others = [
      { ...exceeded, message: exceeded.message.replace('model:', 'lower a:') },
      { ...exceeded, message: exceeded.message.replace('per layer', 'per fit') },
      { ...exceeded, code: 'budget-uncertain' },
      { ...exceeded, where: { ...exceeded.where, path: '/p/other.tiers' } },
    ];
    expect(new Set([own, ...others.map((d) => fingerprint(findings(d)))]).size).toBe(others.length + 1);
  });

  test('two alike in one plan are told apart', () => {
    const both = findings(exceeded, exceeded);
    expect(fingerprint(both, 0)).not.toBe(fingerprint(both, 1));
  });
});

test('a finding keeps the names in its message apart and lets its numbers change', () => {
  const unknown = (id: string, count: number): DiagnosticDocument => ({
    code: 'unknown-layer',
    severity: 'error',
    message: `the model has no layer "${id}"; its ${count} layers are …`,
    where: { path: '/p/digits.tiers', range },
  });
  expect(fingerprint(findings(unknown('/fc8', 5)))).toBe(fingerprint(findings(unknown('/fc8', 6))));
  expect(fingerprint(findings(unknown('/fc8', 5)))).not.toBe(fingerprint(findings(unknown('/fc9', 5))));
});

test('a plan is a category of its own, and one without a place stands on its first line', () => {
  const { automationDetails, results } = run({ ...findings({ ...exceeded, where: { path: '/p/a b/x.tiers' } }), plan: '/p/a b/x.tiers' });
  expect(automationDetails.id).toBe('tierwise/a%20b/x.tiers/');
  expect(results[0]?.locations[0]?.physicalLocation.region).toEqual({ startLine: 1 });
});
