import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPlan } from '../../../solver-core/tiers/check.ts';
import { diagnosticCodes } from '../../../solver-core/tiers/codes.ts';
import { maxFindings } from '../../../solver-core/tiers/findings.ts';
import { formatPlan } from '../../../solver-core/tiers/format.ts';
import { maxTextLength, maxTokens } from '../../../solver-core/tiers/lexer.ts';
import {
  backendWords,
  cacheWords,
  countWords,
  energyUnits,
  escalateWords,
  headsWords,
  keywordDocs,
  learnWords,
  perWords,
  sizeUnits,
  solveWords,
  targetKindWords,
} from '../../../solver-core/tiers/vocabulary.ts';
import { projectRoot } from '../../shared.ts';
import { fakeWorld } from './fake-world.ts';

const manual = readFileSync(join(projectRoot, 'docs', 'tier-language.md'), 'utf8');
const findings = manual.slice(manual.indexOf('## Findings'));

test('the manual lists exactly the codes of the checker, in the same order', () => {
  expect([...findings.matchAll(/^\| `([a-z-]+)` \|/gm)].map((m) => m[1])).toEqual([...diagnosticCodes]);
});

test('each example of the manual is a plan without findings, laid out', () => {
  const examples = [...manual.matchAll(/```tiers\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(examples).toHaveLength(2);
  for (const example of examples) {
    expect(checkPlan(example, fakeWorld()).diagnostics).toEqual([]);
    expect(formatPlan(example)).toBe(example);
  }
});

test('the manual names every word, unit and limit of the language', () => {
  const words = [
    ...[...backendWords, ...learnWords, ...perWords, ...solveWords, ...targetKindWords, ...keywordDocs].map((w) => w.word),
    ...[...headsWords, ...countWords, ...escalateWords, ...cacheWords].map((w) => w.word),
    ...energyUnits.keys(),
    ...sizeUnits.keys(),
  ];
  // Two characters look like mu; the manual shows the one that keyboards give.
  expect(words.filter((word) => word !== 'μJ' && !manual.includes(word))).toEqual([]);
  for (const limit of [maxTextLength, maxTokens]) expect(manual).toContain(String(limit).replace(/\B(?=(\d{3})+$)/g, ' '));
  expect(findings).toContain(`more than ${maxFindings} findings`);
});
