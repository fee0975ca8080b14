import { headsOptions, learnerOptions, optionDefault, optionRange } from './method-options.ts';
import type { OptionKey } from './method-options.ts';
import {
  countWords,
  headsWords,
  keywordDocs,
  learnWords,
  perWords,
  shownSizeUnits,
  shownUnits,
  solveWords,
  targetKindWords,
} from './vocabulary.ts';
import type { Word } from './vocabulary.ts';

/** One place of a clause: a word with what follows it, or a value whose place alone says what it is (`word` absent). */
export interface SignaturePart {
  readonly word?: string;
  /** As it stands in the signature, e.g. `[lambda NUMBER | auto]`. */
  readonly label: string;
  /** What it means, with range and default. Markdown. */
  readonly doc: string;
}

/** How a clause may be written. The label is `head` and the labels of the parts with spaces between. */
export interface ClauseSignature {
  /** The words with which it begins, e.g. `learn rls`. */
  readonly head: string;
  readonly doc: string;
  readonly parts: readonly SignaturePart[];
}

/** The place of the clause that is written. */
export type ClausePlace = 'plan' | 'lower' | 'upper' | 'compound';

/**
 * The ways to write the clause that begins with `keyword`, the one whose head is written so far first; none for clauses without options.
 * `next` is the word behind the keyword, where there is one.
 */
export function signaturesOf(keyword: string, next: string | undefined, place: ClausePlace): readonly ClauseSignature[] {
  switch (keyword) {
    case 'solve':
      return methods('solve', solveWords, next, () => ['lambda']);
    case 'targets':
      return methods('targets', targetKindWords, next, () => ['seed']);
    case 'learn':
      return place === 'compound'
        ? methods('learn', headsWords, next, (word) => headsOptions[word])
        : methods('learn', learnWords, next, (word) => learnerOptions[word]);
    case 'budget':
      return [budget(place)];
    case 'escalate':
      return next === 'never' || next === 'always' ? [] : [escalate];
    case 'cache':
      return next === 'off' ? [] : [cache];
    case 'data':
      return [data];
    case 'text':
      return [text];
    case 'update':
      return [update];
    default:
      return [];
  }
}

const docOf = (word: string): string => keywordDocs.find((known) => known.word === word)?.doc ?? '';

function methods<W extends Word>(
  keyword: string,
  words: readonly W[],
  next: string | undefined,
  optionsOf: (word: W['word']) => readonly OptionKey[],
): readonly ClauseSignature[] {
  const known = words.filter(({ word }) => word === next);
  return (known.length > 0 ? known : words).map(({ word, doc }) => ({
    head: `${keyword} ${word}`,
    doc,
    parts: optionsOf(word).map((key) => option(key, word)),
  }));
}

function option(key: OptionKey, method: string): SignaturePart {
  const said = docOf(key);
  // The words of an option name its default where it is the same for all methods.
  const fallback = said.includes('Default') && key !== 'rate' ? '' : ` Default: ${optionDefault(key, method)}.`;
  const doc = `${said}\n\nRange: ${optionRange(key)}.${fallback}`;
  return { word: key, label: `[${key} ${key === 'lambda' ? 'NUMBER | auto' : 'NUMBER'}]`, doc };
}

function budget(place: ClausePlace): ClauseSignature {
  const words: readonly Word[] = place === 'compound' ? countWords : perWords.filter(({ word }) => place === 'plan' || fits(word, place));
  return {
    head: 'budget',
    doc: docOf('budget'),
    parts: [
      { label: 'NUMBER', doc: 'The limit, above 0.' },
      { label: shownUnits.join(' | '), doc: 'Unit of energy.' },
      {
        word: 'per',
        label: `per ${words.map(({ word }) => word).join(' | ')}`,
        doc: words.map(({ word, doc }) => `\`${word}\`: ${doc}`).join('  \n'),
      },
    ],
  };
}

const fits = (word: string, place: 'lower' | 'upper' | 'compound'): boolean =>
  !((word === 'fit' && place === 'upper') || (word === 'update' && place === 'lower'));

const escalate: ClauseSignature = {
  head: 'escalate',
  doc: docOf('escalate'),
  parts: [
    { word: 'below', label: 'below NUMBER | auto', doc: `${docOf('below')}\n\nRange: from 0 to 1. Default: auto.` },
    { word: 'within', label: '[within NUMBER]', doc: `${docOf('within')}\n\nRange: from 0, below 1. Default: 0.01.` },
  ],
};

const cache: ClauseSignature = {
  head: 'cache',
  doc: docOf('cache'),
  parts: [
    { label: 'NUMBER', doc: 'From 1 B to 64 GB. Default: 64 MB.' },
    { label: shownSizeUnits.join(' | '), doc: 'Unit of size; 1 KB is 1024 B.' },
  ],
};

const split = (fallback: string): SignaturePart => ({
  word: 'split',
  label: '[split NUMBER]',
  doc: `${docOf('split')}\n\nRange: between 0 and 1, both excluded. Default: ${fallback}.`,
});

const data: ClauseSignature = {
  head: 'data',
  doc: docOf('data'),
  parts: [
    { label: '"FILE"', doc: 'An .npz, .npy or .csv file, relative to the folder of the plan.' },
    { word: 'inputs', label: '[inputs NAME]', doc: docOf('inputs') },
    { word: 'labels', label: '[labels NAME]', doc: docOf('labels') },
    split('0.8'),
    { word: 'seed', label: '[seed NUMBER]', doc: `${docOf('seed')}\n\nRange: ${optionRange('seed')}. Default: 1.` },
  ],
};

const text: ClauseSignature = {
  head: 'text',
  doc: docOf('text'),
  parts: [
    { label: '"FILE"', doc: 'A text file (UTF-8), relative to the folder of the plan.' },
    { word: 'tokens', label: 'tokens "VOCABULARY"', doc: docOf('tokens') },
    { word: 'context', label: '[context NUMBER]', doc: docOf('context') },
    split('0.9'),
  ],
};

const update: ClauseSignature = {
  head: 'update',
  doc: docOf('update'),
  parts: [
    { word: 'when', label: 'when gain per joule >', doc: docOf('gain') },
    { label: 'NUMBER', doc: 'Errors avoided per joule, from 0.' },
  ],
};
