import type { FileHandle } from 'node:fs/promises';
import type { RowArray } from './array.ts';
import type { Delimiter } from './csv-line.ts';
import { fieldSpans, splitLine } from './csv-line.ts';
import type { Line } from './csv-lines.ts';
import { lines } from './csv-lines.ts';
import { parseNumber } from './csv-number.ts';
import { DataFault } from './fault.ts';

/** Every how many rows the position in the file is remembered: 8 bytes for this many rows. */
export const markEvery = 1024;

/**
 * Rows of a table that was checked once and stays in its file: they are parsed again when they are read. Rows in order cost one pass;
 * a step back starts at the mark before. `columns`: which fields are inputs. Faults: `data-truncated` when the file changed.
 */
export function fileTable(
  file: FileHandle,
  marks: readonly number[],
  shape: Pick<RowArray, 'layout' | 'rows' | 'rowElements'>,
  delimiter: Delimiter,
  columns: Int32Array,
): RowArray {
  const spans = fieldSpans(columns.reduce((most, column) => Math.max(most, column), 0) + 1);
  let reading: AsyncGenerator<Line> | undefined;
  /** Number of the row that comes next from `reading`. */
  let next = 0;
  const readRange: RowArray['readRange'] = async (start, count, out, outStart) => {
    const mark = Math.floor(start / markEvery);
    if (reading === undefined || start < next || mark * markEvery > next) {
      await reading?.return(undefined);
      reading = lines(file, undefined, marks[mark] ?? 0);
      next = mark * markEvery;
    }
    while (next < start + count) {
      const { value, done } = await reading.next();
      if (done === true) throw changed(next);
      if (next >= start) parseRow(value, next, out, outStart + (next - start) * columns.length);
      next += 1;
    }
  };
  const parseRow = ({ bytes, start, end }: Line, row: number, out: Parameters<RowArray['readRange']>[2], at: number): void => {
    splitLine(bytes, start, end, delimiter, spans);
    for (let i = 0; i < columns.length; i += 1) {
      const column = columns[i] as number;
      const value = column < spans.count ? parseNumber(bytes, spans.starts[column] as number, spans.ends[column] as number) : NaN;
      if (Number.isNaN(value)) throw changed(row);
      out[at + i] = value;
    }
  };
  const array: RowArray = { ...shape, readRange, loaded: () => Promise.resolve(array) };
  return array;
}

function changed(row: number): DataFault {
  return new DataFault('data-truncated', `The table is not what it was: row ${row} cannot be read any more.`);
}
