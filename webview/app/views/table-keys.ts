import type { VirtualRows } from './virtual-rows.ts';

export interface TableKeys {
  readonly count: () => number;
  /** Focuses control number `control` (the button that opens the row is 0) of row `index`. */
  readonly goTo: (index: number, control: number) => void;
  readonly onFocus: (index: number) => void;
}

/**
 * Arrows, Home, End, Page Up and Page Down go through the rows while a control of a row has the focus; Right opens its details, Left
 * closes them. Inside of details keys do what they always do.
 */
export function listenToKeys(rows: VirtualRows, keys: TableKeys): void {
  const { body } = rows;
  body.addEventListener('focusin', (event) => {
    const index = event.target instanceof Element ? rows.indexOf(event.target) : undefined;
    if (index !== undefined) keys.onFocus(index);
  });
  body.addEventListener('keydown', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const line = target.closest('tr');
    if (line === null || line.classList.contains('detail-row') || line.parentElement !== body) return;
    const index = rows.indexOf(line);
    if (index === undefined) return;
    const toggle = line.querySelector<HTMLElement>('.row-toggle');
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const isOpen = toggle?.getAttribute('aria-expanded') === 'true';
      if (toggle === null || isOpen === (event.key === 'ArrowRight')) return;
      event.preventDefault();
      return toggle.click();
    }
    const next = rowAfter(event.key, index, keys.count(), rows.pageRows());
    if (next === undefined) return;
    event.preventDefault();
    const controls = [...line.querySelectorAll<HTMLElement>('th button, td button')];
    keys.goTo(next, Math.max(0, controls.indexOf(target)));
  });
}

function rowAfter(key: string, index: number, count: number, page: number): number | undefined {
  const last = count - 1;
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, index + 1);
    case 'ArrowUp':
      return Math.max(0, index - 1);
    case 'PageDown':
      return Math.min(last, index + page);
    case 'PageUp':
      return Math.max(0, index - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** Lets Tab stop at one row of a long table; arrows reach the others. */
export function setTabStop(lines: ReadonlyMap<number, HTMLElement>, stop: number): void {
  for (const [index, line] of lines) {
    const value = index === stop ? 0 : -1;
    for (const control of line.querySelectorAll<HTMLElement>('button')) if (control.tabIndex !== value) control.tabIndex = value;
  }
}
