import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  keywordDocs,
  backendWords,
  cacheWords,
  countWords,
  escalateWords,
  headsWords,
  learnWords,
  perWords,
  shownSizeUnits,
  shownUnits,
  sizeUnits,
  solveWords,
  targetKindWords,
} from '../../../solver-core/tiers/vocabulary.ts';
import { projectRoot } from '../../shared.ts';
import { flatRules, tokenize } from './textmate.ts';
import type { TextMateGrammar } from './textmate.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const grammar = JSON.parse(read('extension/language/tiers.tmLanguage.json')) as TextMateGrammar;

/** Keywords of the parser, from its generated list. */
const keywords = [...read('solver-core/tiers/generated/ast.ts').matchAll(/^ {4}\| "([a-z]+)"/gm)].map((m) => m[1] ?? '');

test('the parser has keywords, and each is explained', () => {
  expect(keywords.length).toBeGreaterThan(20);
  expect(keywords.filter((word) => !keywordDocs.some((k) => k.word === word))).toEqual([]);
  expect(keywordDocs.filter((k) => !keywords.includes(k.word))).toEqual([]);
});

test('every keyword and every word of a closed set has a colour', () => {
  const sets = [backendWords, cacheWords, countWords, escalateWords, headsWords, learnWords, perWords, solveWords, targetKindWords];
  const words = [...keywords, ...sets.flatMap((set) => set.map((w) => w.word))];
  const uncoloured = words.filter(
    (word) =>
      !tokenize(grammar, word).some((t) => t === `${word} ${t.split(' ')[1] ?? ''}` && /keyword|storage|constant\.language/.test(t)),
  );
  expect(uncoloured).toEqual([]);
  expect(shownUnits.filter((unit) => !tokenize(grammar, `2 ${unit}`).includes(`${unit} keyword.other.unit.tiers`))).toEqual([]);
  expect(shownSizeUnits.filter((unit) => !sizeUnits.has(unit))).toEqual([]);
  expect([...sizeUnits.keys()].filter((unit) => !tokenize(grammar, `2${unit}`).includes(`${unit} keyword.other.unit.tiers`))).toEqual([]);
});

test('a compound section is coloured as it should be', () => {
  expect(tokenize(grammar, 'text "t" tokens "v" compound my-c { lower blocks 0..3 upper rest cache 64 MB escalate below auto }')).toEqual([
    'text keyword.control.tiers',
    '"t" string.quoted.double.tiers',
    'tokens keyword.other.tiers',
    '"v" string.quoted.double.tiers',
    'compound storage.type.tiers',
    'my-c entity.name.type.compound.tiers',
    '{ punctuation.section.block.tiers',
    'lower storage.modifier.tiers',
    'blocks keyword.other.tiers',
    '0 constant.numeric.tiers',
    '.. keyword.operator.range.tiers',
    '3 constant.numeric.tiers',
    'upper storage.modifier.tiers',
    'rest constant.language.tiers',
    'cache keyword.control.tiers',
    '64 constant.numeric.tiers',
    'MB keyword.other.unit.tiers',
    'escalate keyword.control.tiers',
    'below keyword.other.tiers',
    'auto constant.language.tiers',
    '} punctuation.section.block.tiers',
  ]);
});

test('the patterns are ones that editors can compile', () => {
  for (const rule of flatRules(grammar)) {
    for (const pattern of [rule.match, rule.begin, rule.end]) {
      if (pattern === undefined) continue;
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
      // Their engine knows no look-behind of varying length.
      expect(pattern).not.toMatch(/\(\?<[=!](?:[^()[\]]|\[[^\]]*\])*[*+?]/);
    }
  }
});

test('the example is coloured as it should be', () => {
  expect(
    tokenize(
      grammar,
      `model "a.onnx" // why
data "d.npz" inputs data labels y split 0.8
lower tier my-tier { layers "/l\\"1" .. "x"
  solve ridge lambda 1e-2 targets forward-projection seed 7
  budget 2mJ per fit }
update when gain per joule > 0.5 /* two
lines */ backend sim`,
    ),
  ).toEqual([
    'model keyword.control.tiers',
    '"a.onnx" string.quoted.double.tiers',
    '// why comment.line.double-slash.tiers',
    'data keyword.control.tiers',
    '"d.npz" string.quoted.double.tiers',
    'inputs keyword.other.tiers',
    'data variable.other.array.tiers',
    'labels keyword.other.tiers',
    'y variable.other.array.tiers',
    'split keyword.other.tiers',
    '0.8 constant.numeric.tiers',
    'lower storage.modifier.tiers',
    'tier storage.type.tiers',
    'my-tier entity.name.type.tier.tiers',
    '{ punctuation.section.block.tiers',
    'layers keyword.control.tiers',
    '"/l\\"1" string.quoted.double.tiers',
    '.. keyword.operator.range.tiers',
    '"x" string.quoted.double.tiers',
    'solve keyword.control.tiers',
    'ridge constant.language.tiers',
    'lambda keyword.other.tiers',
    '1e-2 constant.numeric.tiers',
    'targets keyword.control.tiers',
    'forward-projection constant.language.tiers',
    'seed keyword.other.tiers',
    '7 constant.numeric.tiers',
    'budget keyword.control.tiers',
    '2 constant.numeric.tiers',
    'mJ keyword.other.unit.tiers',
    'per keyword.other.tiers',
    'fit constant.language.tiers',
    '} punctuation.section.block.tiers',
    'update keyword.control.tiers',
    'when keyword.other.tiers',
    'gain keyword.other.tiers',
    'per keyword.other.tiers',
    'joule keyword.other.tiers',
    '> keyword.operator.comparison.tiers',
    '0.5 constant.numeric.tiers',
    '/* two comment.block.tiers',
    'lines */ comment.block.tiers',
    'backend keyword.control.tiers',
    'sim constant.language.tiers',
  ]);
});
