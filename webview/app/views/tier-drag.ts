import type { TierGoalView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import { layersWords } from '../tiers-goals.ts';
import { createRules } from './css-rules.ts';
import type { TierZones } from './tier-zones.ts';

/** A pointer that moved less than this has pressed, not dragged. */
const startPx = 5;

export interface DragParts {
  readonly context: PageContext;
  /** Where drags begin. */
  readonly box: HTMLElement;
  readonly zones: TierZones;
  /** Called when a drag begins, with the element under the pointer; the ids that are dragged, [] for none. */
  readonly begin: (target: Element | null) => readonly string[];
  readonly drop: (ids: readonly string[], goal: TierGoalView) => void;
}

/** Lets layers be dragged from the list onto a tier with mouse or pen: what is dragged follows the pointer with its count, Escape ends it. */
export function installDrag(parts: DragParts): void {
  const { context, box, zones } = parts;
  const rules = createRules();
  const ghost = h('div', { class: 'drag-ghost', 'aria-hidden': 'true' });
  let pressed: { readonly x: number; readonly y: number; readonly target: Element | null } | undefined;
  let dragged: readonly string[] = [];

  let watch: AbortController | undefined;
  const end = (): void => {
    watch?.abort();
    pressed = undefined;
    dragged = [];
    ghost.remove();
    zones.mark(null);
    document.body.classList.remove('is-dragging');
  };
  // The window is listened to only while a button is down: a page may be built anew many times.
  const start = (): void => {
    watch?.abort();
    watch = new AbortController();
    const { signal } = watch;
    window.addEventListener('pointermove', move, { signal });
    window.addEventListener('pointerup', drop, { signal });
    window.addEventListener('pointercancel', end, { signal });
    // Before the list hears it, which would let go of what is selected.
    window.addEventListener('keydown', escape, { signal, capture: true });
  };
  listen(box, 'pointerdown', (event) => {
    if (!(event instanceof PointerEvent) || event.button !== 0 || event.pointerType === 'touch') return;
    pressed = { x: event.clientX, y: event.clientY, target: event.target instanceof Element ? event.target : null };
    start();
  });
  const move = (event: PointerEvent): void => {
    if (pressed === undefined) return;
    if (dragged.length === 0) {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < startPx) return;
      dragged = parts.begin(pressed.target);
      if (dragged.length === 0) return end();
      fill(ghost, layersWords(context.t, dragged));
      document.body.append(ghost);
      document.body.classList.add('is-dragging');
    }
    const left = Math.min(event.clientX + 12, window.innerWidth - 270);
    rules.set(`.drag-ghost{left:${Math.max(0, left)}px;top:${Math.max(0, event.clientY + 12)}px}`);
    zones.mark(document.elementFromPoint(event.clientX, event.clientY));
  };
  const drop = (event: PointerEvent): void => {
    if (dragged.length > 0) {
      const goal = zones.goalAt(document.elementFromPoint(event.clientX, event.clientY));
      if (goal !== undefined) parts.drop(dragged, goal);
    }
    end();
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || dragged.length === 0) return;
    event.stopPropagation();
    end();
  };
}
