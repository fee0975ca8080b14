import type { Child } from './dom.ts';
import { fill } from './dom.ts';

/** A place in the page that is built anew only when its data changes, so that focus, scrolling and selection elsewhere stay. */
export interface Slot {
  readonly element: HTMLElement;
  readonly show: (data: unknown, build: () => readonly Child[]) => void;
}

/** Makes `element` a slot. `show` compares the data by its JSON text and keeps the focus on the element with the same `data-focus`. */
export function createSlot(element: HTMLElement): Slot {
  let shown: string | undefined;
  return {
    element,
    show: (data, build) => {
      const signature = JSON.stringify(data);
      if (signature === shown) return;
      shown = signature;
      keepFocus(element, () => fill(element, ...build()));
    },
  };
}

/** Runs `change`, then puts the focus back on the element of `root` that carries the same `data-focus` key as the focused one did. */
export function keepFocus(root: HTMLElement, change: () => void): void {
  const active = document.activeElement;
  const focused = active instanceof HTMLElement || active instanceof SVGElement ? active : null;
  const key = focused !== null && root.contains(focused) ? focused.dataset['focus'] : undefined;
  change();
  // What is still there keeps it: another element may carry the same key.
  if (key === undefined || document.activeElement === focused) return;
  for (const candidate of root.querySelectorAll<HTMLElement>('[data-focus]')) {
    if (candidate.dataset['focus'] === key) {
      candidate.focus({ preventScroll: true });
      return;
    }
  }
}
