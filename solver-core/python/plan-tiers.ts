import type { LambdaChoice, Learner, LowerTier, TargetKind, UpperTier } from '../model/plan.ts';
import { learnWords, targetKindWords } from '../tiers/vocabulary.ts';
import type { AnnotatedLayer, TierGroup } from './plan-text.ts';
import { tierGroups } from './plan-text.ts';

const noRange = { line: 1, column: 1, endLine: 1, endColumn: 1 } as const;

/** The tiers that the plan of these layers has (`planText`), budgets left out, without writing and reading it. */
export function planTiers(layers: readonly AnnotatedLayer[]): {
  readonly lower: readonly LowerTier[];
  readonly upper: readonly UpperTier[];
} {
  const groups = tierGroups(layers);
  return {
    lower: groups.filter(({ kind }) => kind === 'lower').map(lowerTier),
    upper: groups.filter(({ kind }) => kind === 'upper').map(upperTier),
  };
}

function lowerTier(group: TierGroup): LowerTier {
  const { options } = group.annotation;
  const targets: TargetKind = targetKindWords.find(({ word }) => word === options.get('targets'))?.word ?? 'labels';
  return { kind: 'lower', ...base(group), lambda: lambdaOf(options), targets, seed: numberOf(options, 'seed') ?? 1 };
}

function upperTier(group: TierGroup): UpperTier {
  const { options, method } = group.annotation;
  const learner: Learner = learnWords.find(({ word }) => word === method)?.word ?? 'rls';
  return {
    kind: 'upper',
    ...base(group),
    learner,
    lambda: lambdaOf(options),
    forgetting: numberOf(options, 'forgetting') ?? 1,
    expand: numberOf(options, 'expand'),
    compensation: options.has('expand') ? numberOf(options, 'compensation') : undefined,
    seed: numberOf(options, 'seed') ?? 1,
    rate: numberOf(options, 'rate') ?? (learner === 'sgd' ? 1e-2 : 1e-3),
    epochs: numberOf(options, 'epochs') ?? 1,
    ewc: numberOf(options, 'ewc') ?? 0,
    gainPerJoule: numberOf(options, 'update'),
  };
}

function base({ name, layers }: TierGroup): Pick<LowerTier, 'name' | 'layers' | 'budgets' | 'range'> {
  return { name, layers: layers.map(({ id }) => id), budgets: [], range: noRange };
}

type Options = ReadonlyMap<string, string>;

function lambdaOf(options: Options): LambdaChoice {
  return options.get('lambda') === 'auto' ? 'auto' : numberOf(options, 'lambda');
}

function numberOf(options: Options, key: string): number | undefined {
  const written = options.get(key);
  return written === undefined ? undefined : Number(written);
}
