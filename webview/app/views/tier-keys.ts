import { listen } from '../dom.ts';
import type { TierKind } from '../tiers-goals.ts';
import type { SelectMode } from '../tiers-selection.ts';
import type { TiersState } from '../tiers-state.ts';
import type { TierList } from './tier-list.ts';

/** What keys and presses in the list ask for. */
export interface ListActions {
  readonly onKind: (kind: TierKind) => void;
  readonly onNext: () => void;
  readonly onReveal: () => void;
  readonly onFilter: () => void;
  readonly onStep: (step: 'undo' | 'redo') => void;
  readonly onClear: () => void;
  /** The selection changed by key or press. */
  readonly onSelect: () => void;
}

/** Keys of the list: arrows, Home, End and pages move; Shift extends, Ctrl moves alone; Space, L, U and F set tiers; Enter shows the layer. */
export function installKeys(state: TiersState, list: TierList, actions: ListActions): void {
  listen(list.box, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.isComposing) return;
    if (move(event, state, list, actions) || command(event, state, actions)) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
  installPresses(state, list, actions);
}

function move(event: KeyboardEvent, state: TiersState, list: TierList, actions: ListActions): boolean {
  const at = state.shown.indexOf(state.selection.active);
  const to = target(event.key, at, state.shown.length, list.pageSize());
  if (to === undefined || event.altKey) return false;
  const index = state.shown[Math.min(state.shown.length - 1, Math.max(0, to))];
  if (index === undefined) return false;
  const mode: SelectMode = event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'move' : 'single';
  state.reach(index, mode);
  actions.onSelect();
  return true;
}

function target(key: string, at: number, count: number, page: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return at + 1;
    case 'ArrowUp':
      return at < 0 ? count - 1 : at - 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    case 'PageDown':
      return at + page;
    case 'PageUp':
      return at - page;
    default:
      return undefined;
  }
}

function command(event: KeyboardEvent, state: TiersState, actions: ListActions): boolean {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return withControl(event, key, state, actions);
  if (event.altKey) return false;
  switch (key) {
    case ' ':
      actions.onNext();
      return true;
    case 'l':
      actions.onKind('lower');
      return true;
    case 'u':
      actions.onKind('upper');
      return true;
    case 'f':
      actions.onKind('frozen');
      return true;
    case 'enter':
      actions.onReveal();
      return true;
    case '/':
      actions.onFilter();
      return true;
    case 'escape':
      actions.onClear();
      return true;
    default:
      return false;
  }
}

function withControl(event: KeyboardEvent, key: string, state: TiersState, actions: ListActions): boolean {
  switch (key) {
    case 'a':
      state.reachAll();
      actions.onSelect();
      return true;
    case ' ':
      if (state.selection.active < 0) return false;
      state.reach(state.selection.active, 'toggle');
      actions.onSelect();
      return true;
    case 'f':
      actions.onFilter();
      return true;
    case 'z':
      actions.onStep(event.shiftKey ? 'redo' : 'undo');
      return true;
    case 'y':
      actions.onStep('redo');
      return true;
    default:
      return false;
  }
}

/** Presses select as in every list: alone, with Ctrl one more, with Shift up to there. A selected row stays with the others until the press ends, so that all can be dragged. */
function installPresses(state: TiersState, list: TierList, actions: ListActions): void {
  let waiting = -1;
  listen(list.box, 'pointerdown', (event) => {
    if (!(event instanceof PointerEvent) || event.button !== 0) return;
    const index = list.indexAt(event.target instanceof Element ? event.target : null);
    waiting = -1;
    if (index < 0) return;
    const mode: SelectMode = event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'single';
    if (mode === 'single' && state.selection.chosen.has(index)) waiting = index;
    else state.reach(index, mode);
    list.box.focus({ preventScroll: true });
    actions.onSelect();
  });
  listen(list.box, 'click', (event) => {
    const index = list.indexAt(event.target instanceof Element ? event.target : null);
    if (index < 0 || !(event instanceof MouseEvent)) return;
    if (index === waiting) {
      state.reach(index, 'single');
      actions.onSelect();
    }
    if (event.detail === 2 && !event.shiftKey && !event.ctrlKey) actions.onReveal();
  });
}
