/** Rows whose contents decide how wide the columns of a long table are. */
const samples = 60;

/** Columns that have room now; the others stand in the details of a row. */
export function shownColumns(head: HTMLElement): number {
  return Math.max(1, [...head.children].filter((cell) => cell instanceof HTMLElement && cell.offsetWidth > 0).length);
}

/** Ranks that give way where all that rank alone admits does not fit, least important first. */
const droppable = [6, 5, 4, 3] as const;

/**
 * Leaves out the least important columns until the table fits into `block`, and, when `build` is given, fixes the others at the widths that
 * rows spread over the table need together. Those rows are in the document only while they are measured.
 */
export function fitColumns(
  block: HTMLElement,
  table: HTMLElement,
  head: HTMLElement,
  build: ((index: number) => readonly HTMLElement[]) | null,
  count: number,
): void {
  if (!table.isConnected) return;
  const scrolledPx = window.scrollY;
  const cells = [...head.children].filter((cell) => cell instanceof HTMLElement);
  table.classList.remove('has-fixed-columns', ...droppable.map((rank) => `drop-${rank}`));
  // What is open below a row may be wider than all columns and says nothing about them.
  table.classList.add('is-measured');
  for (const cell of cells) cell.style.width = '';
  const body = document.createElement('tbody');
  const step = Math.max(1, Math.floor(count / samples));
  if (build !== null) for (let index = 0; index < count; index += step) body.append(...build(index));
  table.append(body);
  for (const rank of droppable) {
    if (table.offsetWidth <= block.clientWidth) break;
    table.classList.add(`drop-${rank}`);
  }
  const widths = cells.map((cell) => cell.getBoundingClientRect().width);
  body.remove();
  table.classList.remove('is-measured');
  if (build !== null && count > 0) {
    cells.forEach((cell, at) => (cell.style.width = `${widths[at] ?? 0}px`));
    table.classList.add('has-fixed-columns');
  }
  if (window.scrollY !== scrolledPx) window.scrollTo({ top: scrolledPx, behavior: 'instant' });
}
