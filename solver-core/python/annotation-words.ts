import { energyUnits, keywordDocs, learnWords, solveWords, targetKindWords } from '../tiers/vocabulary.ts';
import type { Word } from '../tiers/vocabulary.ts';
import { gainRule } from '../tiers/check-tiers.ts';
import type { NumberRule } from '../tiers/context.ts';
import { isOptionKey, learnerOptions, optionRule } from '../tiers/method-options.ts';
import type { Learner } from '../model/plan.ts';
import type { TierKind } from '../protocol/documents.ts';

/** The kinds of tiers with what they mean. */
export const kindWords: readonly (Word & { readonly word: TierKind })[] = [
  { word: 'lower', doc: 'Weights are solved directly, in one step.' },
  { word: 'upper', doc: 'Learns incrementally and is never retrained from scratch.' },
  { word: 'frozen', doc: 'Left alone. The default; it takes a layer out of the tier of its class.' },
];

/** The methods of a kind of tier; the first is the default. */
export function methodsOf(kind: TierKind): readonly Word[] {
  if (kind === 'frozen') return [];
  return kind === 'lower' ? solveWords : learnWords;
}

/** The options that a kind of tier takes with a method. */
export function optionsFor(kind: TierKind, method: string | null): readonly string[] {
  if (kind === 'frozen') return [];
  if (kind === 'lower') return ['lambda', 'targets', 'seed', 'budget', 'name'];
  const learner = learnWords.find(({ word }) => word === (method ?? 'rls'))?.word;
  const own = learner === undefined ? allLearnerOptions() : learnerOptions[learner];
  return [...own, 'update', 'budget', 'name'];
}

/** Every option that some kind of tier takes. */
export function allOptions(): readonly string[] {
  return [...new Set([...optionsFor('lower', null), ...allLearnerOptions(), 'update'])];
}

function allLearnerOptions(): readonly string[] {
  return [...new Set((Object.keys(learnerOptions) as Learner[]).flatMap((each) => learnerOptions[each]))];
}

/** What an option means, its range and default. */
export function optionDoc(option: string): string {
  if (option === 'name') return 'Name of the tier in a plan that is made from the annotations. Default: its kind.';
  if (option === 'budget') return 'An energy limit such as `5mJ`: per fit of a lower tier, per update of an upper one.';
  if (option === 'update') return '`update=NUMBER`: update only when the expected gain per joule exceeds this; from 0.';
  if (option === 'targets') return 'What the lower tier is solved for. Default `labels`.';
  return keywordDocs.find(({ word }) => word === option)?.doc ?? '';
}

/** The words that an option accepts; undefined for numbers and names. */
export function valueWords(option: string): readonly Word[] | undefined {
  if (option === 'targets') return targetKindWords;
  if (option === 'lambda') return [{ word: 'auto', doc: 'The ridge chosen from the data by generalised cross-validation.' }];
  return undefined;
}

/** The numbers that an option accepts; undefined where it takes something else. */
export function numberRule(option: string): NumberRule | undefined {
  if (option === 'update') return gainRule;
  return isOptionKey(option) ? optionRule(option) : undefined;
}

/** Joules of a budget such as "5mJ"; undefined when it is none, or not above 0. */
export function readBudget(written: string): { readonly amount: string; readonly unit: string; readonly energyJ: number } | undefined {
  const match = /^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-zµμ]+)$/.exec(written);
  const [, amount = '', unit = ''] = match ?? [];
  const power = energyUnits.get(unit);
  const energyJ = power === undefined ? NaN : Number(amount) * 10 ** power;
  return Number.isFinite(energyJ) && energyJ > 0 ? { amount, unit, energyJ } : undefined;
}
