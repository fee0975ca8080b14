import type { TierGoalView, TiersView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { layersWords, movedWords, tierWords } from './tiers-goals.ts';
import type { TierNews } from './tiers-news.ts';
import type { TiersState } from './tiers-state.ts';

/** An answer that takes longer is announced. */
const slowMs = 700;

/** Asks the host to move layers, shows them moved at once and takes that back when the host refuses. */
export interface TierRequests {
  /** The first of `goals` that the host does not refuse. */
  readonly move: (ids: readonly string[], goals: readonly TierGoalView[]) => void;
  /** Undo or redo of the plan's newest edit. */
  readonly step: (step: 'undo' | 'redo') => void;
  /** Takes the answer of a view. */
  readonly take: (view: TiersView) => void;
}

interface Move {
  readonly kind: 'move';
  readonly ids: readonly string[];
  readonly goals: readonly TierGoalView[];
  /** The refusal of the goal that was tried before. */
  readonly before: TiersView['answer'];
}

type Asked = (Move | { readonly kind: 'undo' | 'redo'; readonly ids: readonly string[] }) & {
  readonly request: number;
  readonly plan: string;
  readonly slow: ReturnType<typeof setTimeout>;
};

type Refusal = NonNullable<TiersView['answer']>['refusal'];

/** `tell`: what happened; null: nothing to say any more. `changed`: the state shows something else now. */
export function createTierRequests(
  context: PageContext,
  state: TiersState,
  tell: (news: TierNews | null) => void,
  changed: () => void,
): TierRequests {
  const { t } = context;
  let newest = 0;
  let asked: readonly Asked[] = [];
  const remember = (what: Move | { readonly kind: 'undo' | 'redo'; readonly ids: readonly string[] }, text: string): number => {
    const slow = setTimeout(() => tell({ kind: 'busy', text, advice: '' }), slowMs);
    asked = [...asked, { ...what, request: ++newest, plan: state.plan, slow }];
    return newest;
  };
  const ask = (ids: readonly string[], goals: readonly TierGoalView[], before: Move['before']): void => {
    const [goal] = goals;
    if (goal === undefined || ids.length === 0) return;
    const request = remember({ kind: 'move', ids, goals, before }, t('Moving {0}…', layersWords(t, ids)));
    state.expect(request, ids, goal);
    context.post({ kind: 'assign-tier', request, plan: state.plan, ids, goal });
  };
  const answerMove = (one: Move & Asked, refusal: Refusal): void => {
    const [goal, ...others] = one.goals;
    if (goal === undefined) return;
    if (refusal === null) return tell(doneNews(context, one, goal));
    if (others.length > 0 && one.plan === state.plan) {
      // What was asked of a layer since then is the user's newer wish.
      const later = new Set(asked.flatMap(({ ids }) => ids));
      const left = one.ids.filter((id) => !later.has(id));
      if (left.length > 0) ask(left, others, { request: one.request, refusal });
      return;
    }
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
    step: (step) => {
      // What the line says may not be so any more.
      tell(null);
      const request = remember({ kind: step, ids: [] }, t('Changing the plan…'));
      context.post({ kind: 'plan-step', request, plan: state.plan, step });
    },
    take: (view) => {
      const { answer } = view;
      const one = asked.find(({ request }) => request === answer?.request);
      if (one === undefined || answer === null) return;
      // Earlier requests without an answer of their own were dealt with before this one.
      for (const { request, slow } of asked) if (request <= one.request) clearTimeout(slow);
      asked = asked.filter(({ request }) => request > one.request);
      state.settle(one.request);
      // What became of another plan is no news of the one that is shown; that nothing became of it is.
      if (one.plan !== state.plan && answer.refusal === null) return tell(null);
      if (one.kind === 'move') answerMove(one, answer.refusal);
      else tell(stepNews(context, one.kind, answer.refusal));
    },
  };
}

function doneNews({ t }: PageContext, { ids, before }: Move, goal: TierGoalView): TierNews {
  const moved = movedWords(t, ids, goal);
  const skipped = before?.refusal;
  const claim = { ids, goal };
  if (!skipped) return { kind: 'done', text: moved, advice: '', claim };
  const text = t('{0}; the tier between was not possible: {1}', moved, skipped.message);
  return { kind: 'skipped', text, advice: skipped.advice, claim };
}

function stepNews({ t }: PageContext, step: 'undo' | 'redo', refusal: Refusal): TierNews {
  if (refusal === null) return { kind: 'done', text: step === 'undo' ? t('Undone in the plan') : t('Redone in the plan'), advice: '' };
  const text = step === 'undo' ? t('Not undone: {0}', refusal.message) : t('Not redone: {0}', refusal.message);
  return { kind: 'refused', text, advice: refusal.advice };
}
