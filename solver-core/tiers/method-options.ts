import type { Compound, LambdaChoice, Learner, UpperTier } from '../model/plan.ts';
import type { HeadsClause, LearnClause, MethodOption, SolveClause, TargetsClause } from './generated/ast.ts';
import { seedRule } from './check-header.ts';
import { checkNumber, OnceOnly, wholeWithin } from './context.ts';
import type { CheckContext, NumberRule } from './context.ts';
import { numberOf, spanOf } from './nodes.ts';

/** An option after a method: `solve ridge KEY …`, `targets … KEY …`, `learn … KEY …`. */
export type OptionKey = NonNullable<MethodOption['key']>;

/** Values of options, those that were written and are in range. */
export type MethodOptions = { readonly [Key in OptionKey]?: Key extends 'lambda' ? LambdaChoice : number };

/** As many as the ridge head takes: their Gram has expand² · 8 bytes, 512 MiB here. */
const largestExpansion = 8192;
const mostEpochs = 10_000;

const rules: Readonly<Record<OptionKey, NumberRule>> = {
  lambda: { what: 'lambda', accepts: (v) => v > 0, range: 'above 0 and finite' },
  forgetting: { what: 'the forgetting factor', accepts: (v) => v > 0 && v <= 1, range: 'above 0 and at most 1', nearest: () => 1 },
  expand: {
    what: 'the number of random features',
    accepts: (v) => Number.isInteger(v) && v >= 1 && v <= largestExpansion,
    range: `a whole number from 1 to ${largestExpansion}`,
    nearest: wholeWithin(1, largestExpansion),
  },
  compensation: {
    what: 'the weight of the compensation',
    accepts: (v) => v >= 0 && v <= 2,
    range: 'from 0 to 2',
    nearest: (v) => Math.min(2, Math.max(0, v)),
  },
  rate: { what: 'the learning rate', accepts: (v) => v > 0, range: 'above 0 and finite' },
  epochs: {
    what: 'the number of epochs',
    accepts: (v) => Number.isInteger(v) && v >= 1 && v <= mostEpochs,
    range: `a whole number from 1 to ${mostEpochs}`,
    nearest: wholeWithin(1, mostEpochs),
  },
  ewc: { what: 'the strength of ewc', accepts: (v) => v >= 0, range: 'from 0 and finite', nearest: () => 0 },
  seed: seedRule,
};

/** The numbers that an option accepts. */
export function optionRule(key: OptionKey): NumberRule {
  return rules[key];
}

/** Which options the heads of a compound model take. */
export const headsOptions: Readonly<Record<Compound['learn'], readonly OptionKey[]>> = {
  auto: ['lambda', 'forgetting', 'rate'],
  rls: ['lambda', 'forgetting'],
  adam: ['rate'],
  none: [],
};

/** Which options a way to learn takes. */
export const learnerOptions: Readonly<Record<Learner, readonly OptionKey[]>> = {
  rls: ['lambda', 'forgetting', 'expand', 'compensation', 'seed'],
  sgd: ['rate', 'epochs', 'ewc', 'seed'],
  adam: ['rate', 'epochs', 'ewc', 'seed'],
};

const defaults: Readonly<Record<OptionKey, string>> = {
  lambda: '1e-3 of the mean diagonal',
  forgetting: '1',
  expand: 'none',
  compensation: 'none',
  rate: '1e-3, for sgd 1e-2',
  epochs: '1',
  ewc: '0',
  seed: '1',
};

/** What stands for an option that is left out, in words; `method` makes it exact where methods differ. */
export function optionDefault(key: OptionKey, method?: string): string {
  return key === 'rate' && method !== undefined ? (method === 'sgd' ? '1e-2' : '1e-3') : defaults[key];
}

/** The numbers that an option takes, in words. */
export function optionRange(key: OptionKey): string {
  return rules[key].range;
}

/** Default and range of an option in one line, for completion lists. */
export function optionDetail(key: OptionKey): string {
  return `default ${defaults[key]}; ${rules[key].range}`;
}

const anyOption = Object.keys(rules) as readonly OptionKey[];

/** True for a word that is an option of some method. */
export function isOptionKey(word: string): word is OptionKey {
  return Object.hasOwn(rules, word);
}

const defaultRate: Readonly<Record<Learner, number>> = { rls: 1e-3, sgd: 1e-2, adam: 1e-3 };

/** The options after a method; reports those that do not belong to `owner` (as it is called), repeated and impossible ones. */
export function optionsOf(
  context: CheckContext,
  clause: SolveClause | LearnClause | TargetsClause | HeadsClause,
  owner: string,
  allowed: readonly OptionKey[],
): MethodOptions {
  const once = new OnceOnly(context, `the ${owner.split(' ')[0]} clause`);
  const options: { -readonly [Key in OptionKey]?: MethodOptions[Key] } = {};
  for (const option of clause.options) {
    const key = option.key;
    if (key === undefined) continue;
    const span = spanOf(option);
    if (!allowed.includes(key)) {
      const message = `"${key}" does not belong to "${owner}", which takes ${listed(allowed)}; remove it`;
      context.findings.add('error', 'misplaced-clause', span, message, ['']);
      continue;
    }
    if (!once.first(key, span)) continue;
    if (option.auto) {
      if (key === 'lambda') options.lambda = 'auto';
      else context.findings.add('error', 'value-out-of-range', span, `"${key}" has no automatic value; write a number`);
      continue;
    }
    const number = numberOf(option, 'number');
    const value = number && checkNumber(context, rules[key], number);
    if (value !== undefined) options[key] = value;
  }
  return options;
}

/**
 * What a learn clause says, with the defaults of model/plan.ts. An unknown way to learn (reported by the caller) reads as rls, and any
 * option may follow it: which of them belong is not known.
 */
export function learnOptions(
  context: CheckContext,
  clause: LearnClause | undefined,
  learner: Learner | undefined,
): Pick<UpperTier, 'learner' | 'lambda' | 'forgetting' | 'expand' | 'compensation' | 'seed' | 'rate' | 'epochs' | 'ewc'> {
  const owner = learner === undefined ? 'learn' : `learn ${learner}`;
  const options =
    clause === undefined ? {} : optionsOf(context, clause, owner, learner === undefined ? anyOption : learnerOptions[learner]);
  if (clause !== undefined && learner === 'rls') checkCompensation(context, clause);
  return {
    learner: learner ?? 'rls',
    lambda: options.lambda,
    forgetting: options.forgetting ?? 1,
    expand: options.expand,
    compensation: options.expand === undefined ? undefined : options.compensation,
    seed: options.seed ?? 1,
    rate: options.rate ?? defaultRate[learner ?? 'rls'],
    epochs: options.epochs ?? 1,
    ewc: options.ewc ?? 0,
  };
}

/** The compensation stream learns from the same random features that `expand` makes. */
function checkCompensation(context: CheckContext, clause: LearnClause): void {
  const compensation = clause.options.find((option) => option.key === 'compensation');
  if (compensation === undefined || clause.options.some((option) => option.key === 'expand')) return;
  const span = spanOf(compensation);
  const written = context.text.slice(span.offset, span.end);
  context.findings.add(
    'error',
    'missing-clause',
    span,
    '"compensation" needs random features to work on; add expand with their number, or remove it',
    [`expand 1024 ${written}`, ''],
  );
}

function listed(words: readonly string[]): string {
  if (words.length === 0) return 'none';
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
