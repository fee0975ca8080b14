import { h } from '../dom.ts';
import { RowHeights } from './row-heights.ts';

/** How the rows of one table body come into the document. */
export interface VirtualRowsOptions {
  /** Builds row `index`: its line first, then what is open below it. */
  readonly build: (index: number) => readonly HTMLElement[];
  /** Cells that stand side by side now, for the rows that only take up room. */
  readonly columns: () => number;
  /** Called after the rows in the document have changed: the index of the first line in view, and the lines in the document. */
  readonly onRendered: (firstInView: number, lines: ReadonlyMap<number, HTMLElement>) => void;
}

/** A table body that holds the rows in view and a few around, and room for all others. */
export interface VirtualRows {
  readonly body: HTMLElement;
  /** Starts over with `count` rows. Row `held` is among those in the document wherever it stands, so that it can take the focus. */
  readonly reset: (count: number, held?: number) => void;
  /** Builds one row anew if it is in the document. */
  readonly rebuild: (index: number) => void;
  readonly render: () => void;
  /** Brings a row into view, below a sticky head; `centre` puts it into the middle unless it is in view already. */
  readonly show: (index: number, place?: 'nearest' | 'centre') => void;
  readonly lineOf: (index: number) => HTMLElement | undefined;
  /** The row an element of the document belongs to, or undefined. */
  readonly indexOf: (element: Element) => number | undefined;
  readonly firstInView: () => number;
  /** Rows that fit into the window. */
  readonly pageRows: () => number;
}

/** Up to so many rows all stand in the document: find, print and screen readers need no help then. */
export const eagerRows = 100;

/** Room above and below the window that is filled with rows, and how much of it may be used up before more are built. */
const overscanPx = 700;
const slackPx = 450;

/** Height of a row before any was measured. */
const firstGuessPx = 45;

interface Built {
  readonly elements: readonly HTMLElement[];
}

/** See VirtualRows. The window is the scroller; rows may differ in height and change it while they are open. */
export function createVirtualRows(options: VirtualRowsOptions): VirtualRows {
  const body = h('tbody');
  const built = new Map<number, Built>();
  const owners = new WeakMap<Element, number>();
  let heights = new RowHeights(0, firstGuessPx);
  let count = 0;
  let frame = 0;
  let isLearned = false;
  /** Heights may have changed: measure all rows, not only new ones. */
  let isStale = false;
  let filled = { first: 0, last: -1 };
  const rooms: HTMLElement[] = [];
  const measuredPx = new WeakMap<Element, number>();

  const later = (): void => {
    if (!body.isConnected) return ignoreWindow();
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (body.isConnected && (isStale || !isFilled())) render();
    });
  };
  const observer = new ResizeObserver((entries) => {
    // Every element is told once when it comes; what counts is a height that is no longer the one measured.
    if (!entries.some(({ target }) => Math.abs(target.getBoundingClientRect().height - (measuredPx.get(target) ?? -1)) > 0.5)) return;
    isStale = true;
    later();
  });
  // Tables are replaced while their page lives: one that has left the document lets go of the window, and of all its rows.
  let isListening = false;
  const ignoreWindow = (): void => {
    isListening = false;
    window.removeEventListener('scroll', later);
    window.removeEventListener('resize', later);
  };
  const heedWindow = (): void => {
    if (isListening) return;
    isListening = true;
    window.addEventListener('scroll', later, { passive: true });
    window.addEventListener('resize', later, { passive: true });
  };

  /** Whether the rows in the document still reach far enough beyond the window. */
  const isFilled = (): boolean => {
    const top = -body.getBoundingClientRect().top;
    const isAbove = filled.first === 0 || heights.top(filled.first) <= Math.max(0, top - overscanPx + slackPx);
    const isBelow = filled.last >= count - 1 || heights.top(filled.last + 1) >= top + window.innerHeight + overscanPx - slackPx;
    return isAbove && isBelow;
  };

  const indexOf = (element: Element): number | undefined => {
    for (let at: Element | null = element; at !== null && at !== body; at = at.parentElement) {
      const index = owners.get(at);
      if (index !== undefined) return index;
    }
    return undefined;
  };
  const focused = (): number | undefined => {
    const active = document.activeElement;
    return active !== null && body.contains(active) ? indexOf(active) : undefined;
  };
  const make = (index: number): Built => {
    const elements = options.build(index);
    for (const element of elements) {
      owners.set(element, index);
      observer.observe(element);
    }
    const row = { elements };
    built.set(index, row);
    return row;
  };
  const drop = (index: number): void => {
    for (const element of built.get(index)?.elements ?? []) {
      observer.unobserve(element);
      element.remove();
    }
    built.delete(index);
  };

  /** First and last row that should be in the document, and the first in view. */
  const range = (): { readonly first: number; readonly last: number; readonly seen: number } => {
    const top = -body.getBoundingClientRect().top;
    const seen = heights.at(Math.max(0, top));
    if (count <= eagerRows) return { first: 0, last: count - 1, seen };
    return { first: heights.at(top - overscanPx), last: heights.at(top + window.innerHeight + overscanPx), seen };
  };

  const render = (held?: number): void => {
    heedWindow();
    if (count === 0) {
      for (const index of [...built.keys()]) drop(index);
      rooms.length = 0;
      body.replaceChildren();
      return options.onRendered(0, new Map());
    }
    // What opened or wrapped since the last time moves rows, not what the reader looks at.
    const { first, last, seen } = range();
    const anchorPx = heights.top(seen);
    if (isStale) measure([...built.keys()]);
    isStale = false;
    const wanted = new Set<number>();
    for (let index = first; index <= last; index++) wanted.add(index);
    const pinned = focused() ?? held;
    if (pinned !== undefined && pinned >= 0 && pinned < count) wanted.add(pinned);
    for (const index of [...built.keys()]) if (!wanted.has(index)) drop(index);
    const order = [...wanted].sort((a, b) => a - b);
    const fresh = order.filter((index) => !built.has(index));
    for (const index of fresh) make(index);
    filled = { first, last };
    place(order);
    measure(fresh);
    // Once, from the first rows there are.
    isLearned ||= heights.learn();
    if (fresh.length > 0) place(order);
    const movedPx = heights.top(seen) - anchorPx;
    if (Math.abs(movedPx) >= 1 && count > eagerRows) window.scrollBy({ top: movedPx, behavior: 'instant' });
    options.onRendered(seen, new Map([...built].flatMap(([index, row]) => (row.elements[0] ? [[index, row.elements[0]] as const] : []))));
  };

  /** Rows in their order with room for those between; elements that stay are not moved, so that they keep focus and selection. */
  const place = (order: readonly number[]): void => {
    const nodes: Node[] = [];
    const columns = options.columns();
    let next = 0;
    let used = 0;
    const room = (to: number): void => {
      if (to > next) {
        const row = (rooms[used] ??= roomRow());
        used += 1;
        setRoom(row, heights.top(to) - heights.top(next), columns);
        nodes.push(row);
      }
      next = to;
    };
    for (const index of order) {
      room(index);
      nodes.push(...(built.get(index)?.elements ?? []));
      next = index + 1;
    }
    room(count);
    for (const row of rooms.splice(used)) row.remove();
    let at: Node | null = body.firstChild;
    for (const node of nodes) {
      if (node === at) at = at.nextSibling;
      else body.insertBefore(node, at);
    }
  };

  const measure = (indexes: readonly number[]): void => {
    for (const index of indexes) {
      let heightPx = 0;
      for (const element of built.get(index)?.elements ?? []) {
        const own = element.getBoundingClientRect().height;
        measuredPx.set(element, own);
        heightPx += own;
      }
      if (heightPx > 0) heights.set(index, heightPx);
    }
  };

  return {
    body,
    indexOf,
    render: () => render(),
    reset: (next, held) => {
      for (const index of [...built.keys()]) drop(index);
      heights = next === count ? heights : new RowHeights(next, heights.typical);
      count = next;
      render(held);
    },
    rebuild: (index) => {
      if (!built.has(index)) return;
      const old = built.get(index)?.elements ?? [];
      const at = old[0] ?? null;
      const row = options.build(index);
      for (const element of row) body.insertBefore(element, at);
      drop(index);
      for (const element of row) {
        owners.set(element, index);
        observer.observe(element);
      }
      built.set(index, { elements: row });
      isStale = true;
      render();
    },
    show: (index, where = 'nearest') => {
      // Twice: rows that come into the document may be higher than was guessed.
      for (let step = 0; step < 2; step++) {
        const topPx = body.getBoundingClientRect().top + heights.top(index);
        const bottomPx = topPx + Math.min(heights.height(index), window.innerHeight / 2);
        const [from, to] = [stickyPx(body, 'thead'), window.innerHeight - stickyPx(body, 'tfoot')];
        const isIn = topPx >= from && bottomPx <= to;
        if (!isIn) {
          const nearest = topPx < from ? topPx - from : bottomPx - to;
          const byPx = where === 'centre' ? topPx - (from + to) / 2 + (bottomPx - topPx) / 2 : nearest;
          window.scrollBy({ top: byPx, behavior: 'instant' });
        }
        render();
      }
    },
    firstInView: () => heights.at(Math.max(0, -body.getBoundingClientRect().top)),
    lineOf: (index) => built.get(index)?.elements[0],
    pageRows: () => Math.max(1, Math.floor((window.innerHeight - stickyPx(body, 'thead') - stickyPx(body, 'tfoot')) / heights.typical) - 1),
  };
}

/** A row that only takes up room. */
function roomRow(): HTMLElement {
  return h('tr', { class: 'row-room', 'aria-hidden': 'true' }, h('td'));
}

function setRoom(row: HTMLElement, heightPx: number, columns: number): void {
  const cell = row.firstElementChild;
  if (!(cell instanceof HTMLTableCellElement)) return;
  if (cell.colSpan !== columns) cell.colSpan = columns;
  // Through the object model: the policy forbids style attributes.
  const height = `${heightPx}px`;
  if (cell.style.height !== height) cell.style.height = height;
}

/** Room that a sticky head or foot of the table takes. */
function stickyPx(body: HTMLElement, part: 'thead' | 'tfoot'): number {
  const found = body.parentElement?.querySelector(`:scope > ${part}`);
  return found === null || found === undefined ? 0 : found.getBoundingClientRect().height;
}
