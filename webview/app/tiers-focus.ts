import type { PageContext } from './context.ts';
import { listen } from './dom.ts';
import type { TiersState } from './tiers-state.ts';
import type { TierList } from './views/tier-list.ts';
import type { TierToolbar } from './views/tier-toolbar.ts';

/** What the focus moves between. */
export interface FocusParts {
  readonly list: TierList;
  readonly toolbar: TierToolbar;
  readonly paint: (options?: { readonly follow?: boolean }) => void;
}

/** Keeps the focus where the user is: on a row of the list, in the filter and back, and where it was before the editor had it. */
export function keepTiersFocus(panel: HTMLElement, { t, announce }: PageContext, state: TiersState, parts: FocusParts): void {
  const { list, toolbar, paint } = parts;
  listen(list.box, 'focus', () => {
    const [first] = state.shown;
    if (state.selection.active >= 0 || first === undefined) return;
    state.reach(first, 'single');
    paint({ follow: true });
  });
  let last: HTMLElement = list.box;
  listen(panel, 'focusin', (event) => {
    if (event.target instanceof HTMLElement) last = event.target;
  });
  // Going to the editor and back, browsers may forget which element had the focus.
  const restore = (): void => {
    if (!list.box.isConnected) return window.removeEventListener('focus', restore);
    if (document.activeElement === document.body) (last.isConnected ? last : list.box).focus({ preventScroll: true });
  };
  window.addEventListener('focus', restore);
  listen(panel, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.target === list.box) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
      event.preventDefault();
      toolbar.focusFilter();
    } else if (event.target instanceof HTMLInputElement && event.target.classList.contains('tier-filter')) {
      if (event.key === 'Escape') state.setFilter('');
      else if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
      event.preventDefault();
      // A list without rows is hidden and cannot take the focus before it is drawn.
      paint();
      list.box.focus();
      paint({ follow: true });
      announce(t('{0} of {1} layers', state.shown.length, state.rows.length));
    }
  });
}
