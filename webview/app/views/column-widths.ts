/** Rows whose contents decide how wide the columns of a long table are. */
const samples = 60;

/** Columns that have room now; the others stand in the details of a row. */
export function shownColumns(head: HTMLElement): number {
  return Math.max(1, [...head.children].filter((cell) => cell instanceof HTMLElement && cell.offsetWidth > 0).length);
}

/**
 * Fixes the columns at the widths that rows spread over the table need together; `build` null lets them follow the rows again.
 * The rows are in the document only while they are measured.
 */
export function lockColumns(
  table: HTMLElement,
  head: HTMLElement,
  build: ((index: number) => readonly HTMLElement[]) | null,
  count = 0,
): void {
  const cells = [...head.children].filter((cell) => cell instanceof HTMLElement);
  table.classList.remove('has-fixed-columns');
  for (const cell of cells) cell.style.width = '';
  if (build === null || count === 0 || !table.isConnected) return;
  const step = Math.max(1, Math.floor(count / samples));
  const body = document.createElement('tbody');
  for (let index = 0; index < count; index += step) body.append(...build(index));
  table.append(body);
  const widths = cells.map((cell) => cell.getBoundingClientRect().width);
  body.remove();
  cells.forEach((cell, at) => (cell.style.width = `${widths[at] ?? 0}px`));
  table.classList.add('has-fixed-columns');
}
