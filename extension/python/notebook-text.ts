import { maxPythonCharacters } from './relevance.ts';

/** One cell analysed with the code cells before it. */
export interface JoinedCells {
  /** The earlier cells and then this one, each ending with a line break. */
  readonly text: string;
  /** Lines of `text` before the cell's own first line. */
  readonly linesBefore: number;
}

/**
 * A cell with the text of all earlier code cells in front, so that a class may use the imports and classes of cells above it. Where that
 * would be too long the farthest cells are left out. Lines for the shell of the notebook (`%time`, `!pip`) become comments of the same
 * length, a cell in another language (`%%bash`) as a whole: every place keeps its line and column.
 */
export function joinCells(earlier: readonly string[], cell: string, maxCharacters = maxPythonCharacters): JoinedCells {
  const own = pythonOfCell(cell);
  const kept: string[] = [];
  let length = own.length + 1;
  for (const text of earlier.toReversed()) {
    length += text.length + 1;
    if (length > maxCharacters) break;
    kept.unshift(pythonOfCell(text));
  }
  const before = kept.map((text) => `${text}\n`).join('');
  return { text: `${before}${own}\n`, linesBefore: countLines(before) };
}

/** The text of one cell with everything that is no Python commented out, character by character. */
export function pythonOfCell(text: string): string {
  const isForeign = /^\s*%%(?!time|capture|prun)/.test(text);
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => (isForeign || /^\s*[%!]/.test(line) ? line.replace(/\S/, '#') : line))
    .join('\n');
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
