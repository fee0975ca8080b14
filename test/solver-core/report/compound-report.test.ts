import { expect, test } from 'vitest';
import { compoundMarkdown } from '../../../solver-core/report/compound-markdown.ts';
import { compoundText } from '../../../solver-core/report/compound-text.ts';
import { headSentences, stepLine } from '../../../solver-core/report/compound-words.ts';
import { compoundRun, hostileCompoundRun, plainCompoundRun } from './compound-samples.ts';
import { expectGolden } from './golden.ts';

test.each([
  ['compound.txt', () => compoundText(compoundRun())],
  ['compound.md', () => compoundMarkdown(compoundRun())],
  ['compound-plain.txt', () => compoundText(plainCompoundRun())],
  ['compound-plain.md', () => compoundMarkdown(plainCompoundRun())],
  ['compound-hostile.txt', () => compoundText(hostileCompoundRun())],
  ['compound-hostile.md', () => compoundMarkdown(hostileCompoundRun())],
])('golden file %s', (name, render) => {
  expect.hasAssertions();
  expectGolden(`report/${name}`, render());
});

test('a batch is one inert line with all four sums', () => {
  const line = stepLine(compoundRun().steps[2]!);
  expect(line).toBe(
    'batch 2: 64 decisions, accuracy 55.0 % (55.0 % so far), 25.0 % escalated, 12.5 % hits, 30 mJ against 21 mJ lower only, 36 mJ whole depth, 36 mJ with retraining; skip, new: "2", "3"',
  );
  expect(stepLine(hostileCompoundRun().steps[0]!)).not.toContain('\u001b');
});

test('that the closed form loses on a language model is told in words, with its figures', () => {
  const [lower] = headSentences(compoundRun());
  expect(lower).toContain('does not match a cross-entropy head on this language model (cross-entropy 2.14 against 1.52 nats');
  expect(headSentences({ ...compoundRun(), task: 'row-class' })[0]).not.toContain('does not match');
});
