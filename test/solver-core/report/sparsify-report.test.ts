import { describe, expect, test } from 'vitest';
import { evalText } from '../../../solver-core/report/eval-text.ts';
import { sparsifyMarkdown } from '../../../solver-core/report/sparsify-markdown.ts';
import { sparsifyText } from '../../../solver-core/report/sparsify-text.ts';
import { roleTable, sparsifyPointLine, sparsityHeadline } from '../../../solver-core/report/sparsify-words.ts';
import { expectGolden } from './golden.ts';
import { hostileSparsification, plainSparsification, sparsification } from './sparsify-samples.ts';

test.each([
  ['sparsify.txt', () => sparsifyText(sparsification())],
  ['sparsify.md', () => sparsifyMarkdown(sparsification())],
  ['sparsify-plain.txt', () => sparsifyText(plainSparsification())],
  ['sparsify-plain.md', () => sparsifyMarkdown(plainSparsification())],
  ['sparsify-hostile.txt', () => sparsifyText(hostileSparsification())],
  ['sparsify-hostile.md', () => sparsifyMarkdown(hostileSparsification())],
])('golden file %s', (name, render) => {
  expect.hasAssertions();
  expectGolden(`report/${name}`, render());
});

describe('zeros by block', () => {
  test('are weighted by multiply-adds, with what was left marked', () => {
    const table = roleTable(sparsification());
    expect(table?.roles).toEqual(['att.key', 'att.output', 'ffn.value']);
    expect(table?.rows[0]).toEqual(['block 0', '50 %', '0 %*', '93 %', '70.3 %']);
    // (16384 · (0.5 + 0 + 0.51 + 0.75) + 65536 · 2 · 0.93) / 196608
    expect(table?.rows[2]?.at(-1)).toBe('76.7 %');
    expect(table?.rows[3]).toEqual(['before', '0 %', '0 %', '90 %', '60 %']);
  });

  test('are not told of models without blocks', () => {
    expect(roleTable(plainSparsification())).toBeNull();
  });
});

test('a saving is never told without the machine that skips natural zeros', () => {
  for (const text of [sparsifyText(sparsification()), sparsifyMarkdown(sparsification())]) {
    expect(text).toContain("Saved against a machine that skips rectifiers' zeros already: 46-50 %; against one that skips none: 73-75 %.");
    expect(text).toContain('Zeros save energy only on a machine that skips them.');
  }
  expect(sparsityHeadline(sparsification())).toContain('52 % before');
});

test('a result without thresholds has no tables of zeros and no saving', () => {
  const nothing = sparsification({ evaluation: null, energy: null, output: null });
  for (const text of [sparsifyText(nothing), sparsifyMarkdown(nothing)]) {
    expect(text).toContain('Nothing was made sparse.');
    expect(text).not.toMatch(/block 0|Saved against|skips them/);
  }
});

test('a point in a line', () => {
  const [, chosen, , refused] = sparsification().points;
  expect(sparsifyPointLine(chosen!)).toBe('budget 2 %: 74 % zeros, loss 1.5200 (+1.33 %)');
  expect(sparsifyPointLine(refused!)).toBe('budget 4 %: 80 % zeros, loss 1.5800 (+5.33 %, not allowed)');
});

test('within the bound and not allowed all the same is told apart', () => {
  for (const text of [sparsifyText(sparsification()), sparsifyMarkdown(sparsification())]) {
    expect(text).toMatch(/budget 2\.2 %.*not sure/);
    expect(text).toContain('Not sure: within the bound on these tokens');
  }
  const without = sparsification({ points: sparsification().points.slice(0, 2) });
  expect(sparsifyText(without)).not.toContain('Not sure');
});

test('names from files are inert', () => {
  for (const text of [sparsifyText(hostileSparsification()), sparsifyMarkdown(hostileSparsification())]) {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.includes('\n- item')).toBe(false);
  }
  expect(sparsifyMarkdown(hostileSparsification())).not.toMatch(/<img|\[l\]\(command/);
});

test('the loss of a text has its perplexity and its bits per character', () => {
  const evaluation = {
    schema: 'tierwise.eval/1',
    model: '/p/rwkv.onnx',
    dataset: 'input.txt',
    rows: 1000,
    metric: 'cross-entropy',
    value: Math.LN2,
    correct: 550,
    text: { characters: 2000, context: 128 },
  } as const;
  expect(evalText(evaluation)).toBe(
    'rwkv.onnx on 1,000 tokens of input.txt in windows of 128: cross-entropy 0.6931 nats per token, perplexity 2, 0.5000 bits per character, 55.0 % of the next tokens right\n',
  );
});
