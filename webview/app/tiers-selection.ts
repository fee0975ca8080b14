/** Rows of a list that are selected, by their index in the model, and the one that the keyboard speaks to. */
export interface Selection {
  readonly chosen: ReadonlySet<number>;
  /** -1 when there is none. */
  readonly active: number;
  /** Where a range that Shift extends begins. */
  readonly anchor: number;
}

export const noSelection: Selection = { chosen: new Set(), active: -1, anchor: -1 };

/** What a key or a click does: take one alone, add or take away one, extend from the anchor, or move without choosing. */
export type SelectMode = 'single' | 'toggle' | 'range' | 'move';

/** The selection after `index` was reached in `mode`; `shown` are the rows of the list from top to bottom. */
export function select(before: Selection, shown: readonly number[], index: number, mode: SelectMode): Selection {
  switch (mode) {
    case 'single':
      return { chosen: new Set([index]), active: index, anchor: index };
    case 'move':
      return { ...before, active: index };
    case 'toggle': {
      const chosen = new Set(before.chosen);
      if (!chosen.delete(index)) chosen.add(index);
      return { chosen, active: index, anchor: index };
    }
    case 'range': {
      const from = shown.indexOf(before.anchor);
      const to = shown.indexOf(index);
      if (from < 0 || to < 0) return select(before, shown, index, 'single');
      return { chosen: new Set(shown.slice(Math.min(from, to), Math.max(from, to) + 1)), active: index, anchor: before.anchor };
    }
  }
}

/** All rows of the list. */
export function selectAll(before: Selection, shown: readonly number[]): Selection {
  const active = before.active >= 0 ? before.active : (shown[0] ?? -1);
  return { chosen: new Set(shown), active, anchor: active };
}

/** The listed rows between two places of the model; nothing changes where none is listed. */
export function selectSpan(before: Selection, shown: readonly number[], from: number, to: number): Selection {
  const chosen = shown.filter((index) => Math.min(from, to) <= index && index <= Math.max(from, to));
  const [first] = chosen;
  if (first === undefined) return before;
  return { chosen: new Set(chosen), active: chosen.includes(to) ? to : first, anchor: chosen.includes(from) ? from : first };
}

/** Without what is not in the list any more. */
export function within(before: Selection, shown: readonly number[]): Selection {
  const here = new Set(shown);
  const chosen = new Set([...before.chosen].filter((index) => here.has(index)));
  return { chosen, active: here.has(before.active) ? before.active : -1, anchor: here.has(before.anchor) ? before.anchor : -1 };
}
