import { fill, h, listen, svg } from '../dom.ts';
import type { Shape } from '../draw/shape.ts';
import type { TiersState } from '../tiers-state.ts';
import './tier-strip.css';

/** More cells than this are thinner than a pixel of a wide panel: neighbours share one then. */
const maxCells = 600;

/**
 * The whole model as a strip: one thin cell per layer in graph order. Where a cell stands says which tier it is in (lower ones below,
 * upper ones above, frozen ones between), as does its colour. Pressing and drawing over it selects; the list beside it is its twin for
 * keyboard and screen readers, so the strip is hidden from these.
 */
export interface TierStrip {
  readonly element: HTMLElement;
  readonly paint: (visible: { readonly first: number; readonly last: number }) => void;
}

/** `onBrush`: layers `from` to `to`, by their index in the model, were drawn over. */
export function createTierStrip(state: TiersState, onBrush: (from: number, to: number) => void): TierStrip {
  const element = h('div', { class: 'tier-strip', 'aria-hidden': 'true' });
  let from = -1;
  const indexAt = (event: PointerEvent): number => {
    const box = element.getBoundingClientRect();
    const share = box.width === 0 ? 0 : (event.clientX - box.left) / box.width;
    return Math.min(state.rows.length - 1, Math.max(0, Math.floor(share * state.rows.length)));
  };
  listen(element, 'pointerdown', (event) => {
    if (!(event instanceof PointerEvent) || event.button !== 0 || state.rows.length === 0) return;
    element.setPointerCapture(event.pointerId);
    from = indexAt(event);
    onBrush(from, from);
  });
  listen(element, 'pointermove', (event) => {
    if (event instanceof PointerEvent && from >= 0) onBrush(from, indexAt(event));
  });
  for (const type of ['pointerup', 'pointercancel']) listen(element, type, () => (from = -1));
  return {
    element,
    paint: (visible) => {
      const shape = stripShape(state, visible);
      fill(element, shape === undefined ? null : svg(shape));
      element.hidden = shape === undefined;
    },
  };
}

function stripShape(state: TiersState, visible: { readonly first: number; readonly last: number }): Shape | undefined {
  const n = state.rows.length;
  if (n === 0) return undefined;
  const cells = Math.min(n, maxCells);
  const children: Shape[] = [];
  const chosen = chosenCells(state, cells);
  const inView = viewOf(state, visible);
  if (inView !== undefined)
    children.push(rect('strip-view', (inView.from / n) * cells, ((inView.to - inView.from + 1) / n) * cells, 0, 30));
  for (const [kind, y] of [
    ['upper', 2],
    ['frozen', 13],
    ['lower', 17],
  ] as const) {
    const filled = cellsOf(state, cells, kind);
    for (const [at, width] of spans(filled)) children.push(rect(`strip-${kind}`, at, width, y, kind === 'frozen' ? 3 : 11));
  }
  for (const [at, width] of spans(chosen)) children.push(rect('strip-chosen', at, width, 28, 2));
  return {
    tag: 'svg',
    attributes: { class: 'strip', viewBox: `0 0 ${cells} 30`, preserveAspectRatio: 'none', focusable: 'false' },
    children,
  };
}

/** Which cells hold a layer of a kind. */
function cellsOf(state: TiersState, cells: number, kind: 'lower' | 'upper' | 'frozen'): boolean[] {
  const filled = new Array<boolean>(cells).fill(false);
  for (const { index, tier } of state.rows)
    if ((tier?.kind ?? 'frozen') === kind) filled[Math.floor((index * cells) / state.rows.length)] = true;
  return filled;
}

function chosenCells(state: TiersState, cells: number): boolean[] {
  const filled = new Array<boolean>(cells).fill(false);
  for (const index of state.selection.chosen) filled[Math.floor((index * cells) / state.rows.length)] = true;
  return filled;
}

/** The stretch of the model that the list shows, where the list is in the order of the model. */
function viewOf(
  state: TiersState,
  { first, last }: { readonly first: number; readonly last: number },
): { from: number; to: number } | undefined {
  const [from, to] = [state.shown[first], state.shown[last]];
  if (state.sort !== 'order' || state.shown.length !== state.rows.length || from === undefined || to === undefined) return undefined;
  return last - first + 1 >= state.rows.length ? undefined : { from, to };
}

/** Runs of filled cells: where each begins and how long it is. */
function spans(filled: readonly boolean[]): readonly (readonly [number, number])[] {
  const out: [number, number][] = [];
  for (let at = 0; at < filled.length; at++) {
    if (filled[at] !== true) continue;
    let end = at + 1;
    while (filled[end] === true) end++;
    out.push([at, end - at]);
    at = end;
  }
  return out;
}

/** A gap of a tenth keeps neighbours apart where there is room for it. */
function rect(name: string, x: number, width: number, y: number, height: number): Shape {
  return { tag: 'rect', attributes: { class: name, x: x + 0.05, y, width: Math.max(0.1, width - 0.1), height } };
}
