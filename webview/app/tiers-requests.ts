import type { TierGoalView, TiersView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { layersWords, movedWords, tierWords } from './tiers-goals.ts';
import type { TiersState } from './tiers-state.ts';

/** What the status line says: what was done, or why not. */
export interface TierNews {
  readonly kind: 'done' | 'refused' | 'skipped';
  readonly text: string;
  /** What to do about a refusal. */
  readonly advice: string;
}

/** Asks the host to move layers, shows them moved at once and takes that back when the host refuses. */
export interface TierRequests {
  /** The first of `goals` that the host does not refuse. */
  readonly move: (ids: readonly string[], goals: readonly TierGoalView[]) => void;
  /** Takes the answer of a view. */
  readonly take: (view: TiersView) => void;
}

interface Asked {
  readonly request: number;
  readonly ids: readonly string[];
  readonly goals: readonly TierGoalView[];
  /** The refusal of the goal that was tried before. */
  readonly before: TiersView['answer'];
}

/** `tell`: what happened. `changed`: the state shows something else now. */
export function createTierRequests(
  context: PageContext,
  state: TiersState,
  tell: (news: TierNews) => void,
  changed: () => void,
): TierRequests {
  const { t } = context;
  let newest = 0;
  let asked: readonly Asked[] = [];
  const ask = (ids: readonly string[], goals: readonly TierGoalView[], before: Asked['before']): void => {
    const [goal] = goals;
    if (goal === undefined || ids.length === 0) return;
    const request = ++newest;
    asked = [...asked, { request, ids, goals, before }];
    state.expect(request, ids, goal);
    context.post({ kind: 'assign-tier', request, plan: state.plan, ids, goal });
  };
  const answer = (one: Asked, { refusal }: NonNullable<TiersView['answer']>): void => {
    const [goal, ...others] = one.goals;
    if (goal === undefined) return;
    if (refusal === null) {
      const moved = movedWords(t, one.ids, goal);
      const skipped = one.before?.refusal;
      if (skipped)
        tell({ kind: 'skipped', text: t('{0}; the tier between was not possible: {1}', moved, skipped.message), advice: skipped.advice });
      else tell({ kind: 'done', text: moved, advice: '' });
      return;
    }
    if (others.length > 0) return ask(one.ids, others, { request: one.request, refusal });
    const text = t('{0} cannot go to {1}: {2}', layersWords(t, one.ids), tierWords(t, goal), refusal.message);
    tell({ kind: 'refused', text, advice: refusal.advice });
  };
  return {
    move: (ids, goals) => {
      if (ids.length === 0)
        return tell({ kind: 'refused', text: t('No layer is selected.'), advice: t('Choose layers in the list first.') });
      ask(ids, goals, null);
      changed();
    },
    take: (view) => {
      const one = asked.find(({ request }) => request === view.answer?.request);
      if (one === undefined || view.answer === null) return;
      // Earlier requests without an answer of their own were dealt with before this one.
      asked = asked.filter(({ request }) => request > one.request);
      state.settle(one.request);
      answer(one, view.answer);
    },
  };
}
