import type { TierGoalView } from '../messages/index.ts';
import { fill, h, icon } from './dom.ts';
import type { TiersState } from './tiers-state.ts';

/** What the status line says: what was done, or why not, or what takes a while. */
export interface TierNews {
  readonly kind: 'done' | 'refused' | 'skipped' | 'busy';
  readonly text: string;
  /** What to do about a refusal. */
  readonly advice: string;
  /** Where the text says that layers are: the line is cleared when they go elsewhere. */
  readonly claim?: { readonly ids: readonly string[]; readonly goal: TierGoalView };
}

/** The status line below the list. */
export interface NewsLine {
  readonly element: HTMLElement;
  /** Shows news; null clears the line. */
  readonly tell: (news: TierNews | null) => void;
  /** Clears the line when what it claims was so and is not any more, as after an undo in the plan's editor. */
  readonly check: () => void;
}

const icons = {
  done: ['check', 'severity-good'],
  refused: ['warning', 'severity-warning'],
  skipped: ['info', 'severity-info'],
  busy: ['loading', 'severity-info'],
} as const;

export function createNewsLine(state: TiersState): NewsLine {
  const element = h('p', { class: 'tier-news', role: 'status' });
  let claim: TierNews['claim'];
  let wasSo = false;
  const tell = (news: TierNews | null): void => {
    claim = news?.claim;
    wasSo = false;
    if (news === null) return fill(element);
    const { kind, text, advice } = news;
    const [name, look] = icons[kind];
    fill(element, icon(name, look), h('span', {}, advice === '' ? text : `${text}. ${advice}`.replace(/([.?!])\. /, '$1 ')));
  };
  return {
    element,
    tell,
    check: () => {
      if (claim === undefined) return;
      const isSo = holds(state, claim);
      if (wasSo && !isSo) return tell(null);
      wasSo ||= isSo;
    },
  };
}

function holds({ rows }: TiersState, { ids, goal }: NonNullable<TierNews['claim']>): boolean {
  const claimed = new Set(ids);
  return rows.every(({ row, tier }) => {
    if (!claimed.has(row.id)) return true;
    return goal.kind === 'frozen' ? tier === undefined : tier?.kind === goal.kind && tier.name === goal.name;
  });
}
