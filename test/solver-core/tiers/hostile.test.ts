import { describe, expect, test } from 'vitest';
import { checkPlan } from '../../../solver-core/tiers/check.ts';
import { formatPlan } from '../../../solver-core/tiers/format.ts';
import { maxFindings } from '../../../solver-core/tiers/findings.ts';
import { fakeLayer, fakeWorld } from './fake-world.ts';

// A megabyte each: what once made the lexer, the parser or the tree builder slow or run out of stack.
const texts: readonly (readonly [string, string])[] = [
  ['one string', '"'.padEnd(1e6, 'a')],
  ['one string of escapes', `"${'\\a'.repeat(499_999)}`],
  ['open comments', '/*'.repeat(5e5)],
  ['slashes', '/'.repeat(1e6)],
  ['empty comments', '//\n'.repeat(333_333)],
  ['numbers', '1 '.repeat(5e5)],
  ['one number', '1'.repeat(1e6)],
  ['one word', 'a'.repeat(1e6)],
  ['braces', '{'.repeat(1e6)],
  ['closing braces', '} '.repeat(5e5)],
  ['open tiers', 'lower tier a {'.repeat(71_428)],
  ['keywords', 'model '.repeat(166_666)],
  ['half clauses', `lower tier a { ${'layers '.repeat(142_000)}`],
  ['a long list', `lower tier a { layers ${'"a",'.repeat(249_000)}"b" }`],
  ['commented clauses', '/**/ model "x"'.repeat(71_428)],
  ['signs', '@ '.repeat(5e5)],
  ['dots', '..'.repeat(5e5)],
  ['blank', ' \n'.repeat(5e5)],
];

describe('a megabyte of', () => {
  test.each(texts)('%s is read without a throw, with a bounded answer', (_name, text) => {
    const result = checkPlan(text, fakeWorld());
    expect(result.diagnostics.length).toBeGreaterThan(0);
    expect(result.diagnostics.length).toBeLessThanOrEqual(maxFindings + 1);
  });
});

test('a long plan is formatted', () => {
  const text = `lower tier a{layers ${'"a",'.repeat(10_000)}"b"}`;
  expect(formatPlan(text)?.split(', ')).toHaveLength(10_001);
});

test('a text over the limit is cut, said so, and the start is still read', () => {
  const text = `model "digits.onnx"\ntarget "nothing"\n${'// filler\n'.repeat(101_000)}`;
  const codes = checkPlan(text, fakeWorld()).diagnostics.map((d) => d.code);
  expect(codes).toEqual(['plan-too-large', 'unknown-target']);
});

test('findings beyond the limit are counted, not listed', () => {
  const list = Array.from({ length: 500 }, (_, i) => `"missing ${i}"`).join(', ');
  const { diagnostics } = checkPlan(`model "digits.onnx"\ndata "digits.npz"\nlower tier a { layers ${list} solve ridge }`, fakeWorld());
  expect(diagnostics).toHaveLength(maxFindings + 1);
  expect(diagnostics.at(-1)?.code).toBe('too-many-findings');
});

test('a thousand ranges over ten thousand layers end with a full list of findings', () => {
  const layers = Array.from({ length: 10_000 }, (_, i) => fakeLayer(`/l${i}`));
  const ranges = Array.from({ length: 1000 }, () => '"/l0" .. "/l9999"').join(', ');
  const result = checkPlan(
    `model "digits.onnx"\ndata "digits.npz"\nlower tier a { layers ${ranges} solve ridge }`,
    fakeWorld({ model: () => ({ layers }) }),
  );
  expect(result.plan?.lower[0]?.layers).toHaveLength(10_000);
  expect(result.outline.tiers[0]?.layers).toHaveLength(10_000);
  expect(result.diagnostics.length).toBeLessThanOrEqual(maxFindings + 1);
});

test('names of layers are inert in messages, whatever they hold', () => {
  const evil = fakeLayer('a\n\u001b[31m\u202egnp.exe', 'Conv');
  const { diagnostics } = checkPlan(
    'model "digits.onnx"\ndata "digits.npz"\nlower tier a { layers "a\\u{a}\\u{1b}[31m\\u{202e}gnp.exe" solve ridge }',
    fakeWorld({ model: () => ({ layers: [evil] }) }),
  );
  expect(diagnostics.map((d) => d.code)).toEqual(['layer-not-solvable']);
  expect(diagnostics[0]?.message).not.toMatch(/[\u0000-\u001f\u202e]/);
});
