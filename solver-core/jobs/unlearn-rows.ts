import { TierwiseError } from '../model/error.ts';

/** Most parts of a row list. */
const maxParts = 100_000;

/**
 * Row numbers of a list such as "0..99,105", or all of them for "all", increasing and without repeats; rows count from 0 and a range
 * includes both ends. Throws TierwiseError `rows-invalid` for a list that cannot be read and `rows-out-of-range` naming the part.
 */
export function parseRowList(text: string, rows: number): Uint32Array {
  if (text.trim() === 'all') return Uint32Array.from({ length: rows }, (_, i) => i);
  const parts = text.split(',');
  if (parts.length > maxParts) throw invalid(`the list of rows has ${parts.length} parts; at most ${maxParts} are read`);
  const chosen = new Uint8Array(rows);
  for (const part of parts) {
    const match = /^\s*(\d{1,15})\s*(?:\.\.\s*(\d{1,15})\s*)?$/.exec(part);
    if (match?.[1] === undefined) throw invalid(`${JSON.stringify(part.slice(0, 40))} is no row number and no range`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first > last) throw invalid(`the range ${part.trim()} runs backwards`);
    if (last >= rows)
      throw new TierwiseError(
        'rows-out-of-range',
        `row ${last} was asked for; the data has ${rows} rows, numbered from 0 to ${rows - 1}`,
        'Check the numbers, and that this is the file the rows were learned from.',
        { category: 'usage' },
      );
    chosen.fill(1, first, last + 1);
  }
  return Uint32Array.from(
    (function* numbers(): Generator<number> {
      for (let row = 0; row < rows; row++) if (chosen[row] === 1) yield row;
    })(),
  );
}

function invalid(message: string): TierwiseError {
  return new TierwiseError('rows-invalid', message, 'Write numbers and ranges, e.g. 0..99,105, or all.', { category: 'usage' });
}
