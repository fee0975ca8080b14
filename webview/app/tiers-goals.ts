import type { TierGoalView, TierView } from '../messages/index.ts';
import type { Translate } from './strings.ts';
import { shortName } from './text.ts';

export type TierKind = 'lower' | 'upper' | 'frozen';
type Tier = Pick<TierView, 'kind' | 'name'>;

/** The names that a plan's first tiers get; more are counted. */
const firstNames = { lower: 'features', upper: 'head' } as const;

/** A name for a new tier that no tier has yet. */
export function newTierName(tiers: readonly Tier[], kind: 'lower' | 'upper'): string {
  const taken = new Set(tiers.map((tier) => tier.name));
  const first = firstNames[kind];
  for (let n = 1; ; n++) {
    const name = n === 1 ? first : `${first}-${n}`;
    if (!taken.has(name)) return name;
  }
}

/** Where a key or button for a kind of tier sends layers: the only tier of the kind, a new one where there is none; undefined: ask which. */
export function goalOf(tiers: readonly Tier[], kind: TierKind): TierGoalView | undefined {
  if (kind === 'frozen') return { kind };
  const candidates = tiers.filter((tier) => tier.kind === kind);
  if (candidates.length > 1) return undefined;
  return { kind, name: candidates[0]?.name ?? newTierName(tiers, kind) };
}

/** The kinds that Space tries for a layer, in turn: lower, upper, frozen, from the one after its own. */
export function nextKinds(current: TierKind): readonly TierKind[] {
  const cycle: readonly TierKind[] = ['lower', 'upper', 'frozen'];
  const at = cycle.indexOf(current);
  return [1, 2].flatMap((step) => cycle[(at + step) % cycle.length] ?? []);
}

/** Where Space sends layers of a kind; with several tiers of a kind, the first. */
export function nextGoals(tiers: readonly Tier[], current: TierKind): readonly TierGoalView[] {
  return nextKinds(current).map((kind): TierGoalView => {
    if (kind === 'frozen') return { kind };
    return { kind, name: tiers.find((tier) => tier.kind === kind)?.name ?? newTierName(tiers, kind) };
  });
}

/** "lower tier features", "frozen". */
export function tierWords(t: Translate, goal: TierGoalView | Tier | undefined): string {
  if (goal === undefined || goal.kind === 'frozen') return t('frozen');
  const name = shortName(goal.name, 60);
  return goal.kind === 'lower' ? t('lower tier {0}', name) : t('upper tier {0}', name);
}

/** The letter that stands for a kind of tier beside its colour; also its key. */
export function tierLetter(kind: TierKind): string {
  return kind === 'lower' ? 'L' : kind === 'upper' ? 'U' : 'F';
}

/** "fc1", "fc1 and 2 more". */
export function layersWords(t: Translate, ids: readonly string[]): string {
  const first = shortName(ids[0] ?? '', 60);
  return ids.length <= 1 ? first : t('{0} and {1} more', first, ids.length - 1);
}

/** What happened, for the status line: "fc1 and 2 more moved to lower tier features". */
export function movedWords(t: Translate, ids: readonly string[], goal: TierGoalView): string {
  const layers = layersWords(t, ids);
  return goal.kind === 'frozen' ? t('{0} frozen', layers) : t('{0} moved to {1}', layers, tierWords(t, goal));
}
