import type { FileHandle } from 'node:fs/promises';
import type { AbortFlag } from '../model/abort.ts';
import type { RowArray } from './array.ts';
import { inMemory, tooLarge } from './array.ts';
import type { Delimiter, FieldSpans } from './csv-line.ts';
import type { Line } from './csv-lines.ts';
import { lines } from './csv-lines.ts';
import { detectDelimiter, fieldSpans, maxColumns, splitLine } from './csv-line.ts';
import { parseNumber } from './csv-number.ts';
import { fileTable, markEvery } from './csv-rows.ts';
import { DataFault, quoted } from './fault.ts';
import type { Labels } from './labels.ts';
import { numericLabels, textLabels } from './labels.ts';
import type { OpenedData } from './opened.ts';

export interface CsvOptions {
  readonly inputs: string;
  readonly labels: string | null;
  readonly maxBytes: number;
  /** Most bytes the inputs may take in memory; a larger table stays in its file and is parsed again when its rows are read. Undefined: it is refused above `maxBytes`. */
  readonly tableBytes: number | undefined;
  readonly abort?: AbortFlag;
}

const maxTextLabels = 100_000;
const maxLabelLength = 256;
const blockBytes = 4 << 20;

/**
 * Reads a table of numbers as float32: into memory, or, above `tableBytes`, once to check it and to find where its rows are. Strict: every input field is a decimal number, every line has the same
 * number of fields; blank lines are skipped. The first line is a header when it holds names (see `isHeader`). The label column
 * is `labels` by name, or the last column when no column is called "y"; texts there are numbered in sorted order.
 * Which kind the labels are, numbers or texts, is decided by the first row. No newlines inside quotes.
 */
export async function openCsv(file: FileHandle, fileBytes: number, options: CsvOptions): Promise<OpenedData> {
  let table: Table | undefined;
  let head: Line | undefined;
  for await (const line of lines(file, options.abort)) {
    if (table !== undefined) {
      table.addLine(line);
    } else if (head === undefined) {
      // The first line is kept until the second shows whether it is a header.
      head = { ...line, bytes: line.bytes.slice(line.start, line.end), start: 0, end: line.end - line.start };
    } else {
      table = startTable(head, line, file, options, fileBytes);
      table.addLine(line);
    }
  }
  if (head === undefined) throw new DataFault('data-unreadable', 'The file holds no lines.');
  return (table ?? startTable(head, undefined, file, options, fileBytes)).finish();
}

function startTable(head: Line, second: Line | undefined, file: FileHandle, options: CsvOptions, fileBytes: number): Table {
  const delimiter = detectDelimiter(head.bytes, 0, head.end);
  const probe = fieldSpans(Math.min(maxColumns, head.end + 1));
  splitLine(head.bytes, 0, head.end, delimiter, probe);
  const columns = probe.count;
  if (columns > maxColumns) throw new DataFault('data-too-large', `The first line has ${columns} fields; at most ${maxColumns} are read.`);
  const isNumber = Array.from(
    { length: columns },
    (_, i) => !Number.isNaN(parseNumber(head.bytes, probe.starts[i] ?? 0, probe.ends[i] ?? 0)),
  );
  const withHeader = isHeader(isNumber, second, delimiter);
  const names = withHeader
    ? Array.from({ length: columns }, (_, i) => fieldText(head.bytes, probe.starts[i] ?? 0, probe.ends[i] ?? 0))
    : null;
  const table = new Table(delimiter, columns, names, file, options, fileBytes);
  if (!withHeader) table.addLine(head);
  return table;
}

/**
 * A first line is a header when a field other than the last is not a number, or when only the last is not and the second
 * line's last field is one (otherwise the last column holds text labels).
 */
function isHeader(isNumber: readonly boolean[], second: Line | undefined, delimiter: Delimiter): boolean {
  if (isNumber.slice(0, -1).some((number) => !number)) return true;
  if (isNumber.at(-1) === true) return false;
  if (second === undefined) return false;
  const spans = fieldSpans(isNumber.length);
  splitLine(second.bytes, second.start, second.end, delimiter, spans);
  const last = Math.min(spans.count, isNumber.length) - 1;
  return last >= 0 && !Number.isNaN(parseNumber(second.bytes, spans.starts[last] ?? 0, spans.ends[last] ?? 0));
}

/** Collects the rows of a table, line by line. */
class Table {
  readonly #delimiter: Delimiter;
  readonly #columns: number;
  readonly #names: readonly string[] | null;
  readonly #options: CsvOptions;
  readonly #labelColumn: number;
  readonly #inputColumns: Int32Array;
  readonly #spans: FieldSpans;
  readonly #rowsPerBlock: number;
  readonly #file: FileHandle;
  #blocks: Float32Array[] = [];
  /** One row, where the rows stay in the file; undefined while they are kept. */
  #checked: Float32Array | undefined;
  /** Positions in the file of row 0, `markEvery`, 2 · `markEvery` … */
  readonly #marks: number[] = [];
  #labelNumbers: Float64Array;
  readonly #labelTexts = new Map<string, number>();
  #textual = false;
  #rows = 0;

  constructor(
    delimiter: Delimiter,
    columns: number,
    names: readonly string[] | null,
    file: FileHandle,
    options: CsvOptions,
    fileBytes: number,
  ) {
    this.#delimiter = delimiter;
    this.#file = file;
    this.#columns = columns;
    this.#names = names;
    this.#options = options;
    this.#labelColumn = labelColumnOf(columns, names, options.labels);
    this.#inputColumns = inputColumnsOf(columns, names, options.inputs, this.#labelColumn);
    if (this.#inputColumns.length === 0)
      throw new DataFault(
        'shape-mismatch',
        `The table has ${columns} column${columns === 1 ? '' : 's'}, which leaves none for the inputs.`,
      );
    this.#spans = fieldSpans(columns);
    // A block holds at least one row, and no more rows than the file can have (a row takes two bytes per field or more).
    const possibleRows = Math.max(1, Math.ceil(fileBytes / (2 * columns)) + 1);
    this.#rowsPerBlock = Math.max(1, Math.min(possibleRows, Math.floor(blockBytes / (4 * this.#inputColumns.length))));
    this.#labelNumbers = new Float64Array(1024);
  }

  addLine({ bytes, start, end, line, position }: Line): void {
    const spans = this.#spans;
    splitLine(bytes, start, end, this.#delimiter, spans);
    if (spans.count !== this.#columns) {
      const range = { line, column: 1, endLine: line, endColumn: end - start + 1 };
      throw new DataFault('shape-mismatch', `Line ${line} has ${spans.count} fields; the first line has ${this.#columns}.`, { range });
    }
    if (this.#rows % markEvery === 0) this.#marks.push(position);
    const inBlock = this.#rows % this.#rowsPerBlock;
    const width = this.#inputColumns.length;
    if (inBlock === 0) this.#addBlock();
    const block = this.#checked ?? (this.#blocks.at(-1) as Float32Array);
    const inRow = this.#checked === undefined ? inBlock : 0;
    for (let i = 0; i < width; i += 1) {
      const column = this.#inputColumns[i] as number;
      const value = parseNumber(bytes, spans.starts[column] as number, spans.ends[column] as number);
      if (Number.isNaN(value)) throw this.#notNumeric(bytes, start, column, line);
      block[inRow * width + i] = value;
    }
    if (this.#labelColumn >= 0) this.#addLabel(bytes, start, line);
    this.#rows += 1;
  }

  finish(): OpenedData {
    const rows = this.#rows;
    if (rows === 0) throw new DataFault('shape-mismatch', 'The table has a header but no rows.');
    return { inputs: this.#array(), labels: this.#labels(rows), diagnostics: [] };
  }

  #addBlock(): void {
    const { maxBytes, tableBytes } = this.#options;
    const width = this.#inputColumns.length;
    if (this.#rows * 8 > maxBytes)
      throw new DataFault('data-too-large', tooLarge('The labels of the table', this.#rows * 8, maxBytes, 'Use fewer rows.'));
    if (this.#checked !== undefined) return;
    const sizeBytes = (this.#blocks.length + 1) * this.#rowsPerBlock * width * 4;
    if (sizeBytes <= Math.min(tableBytes ?? maxBytes, maxBytes)) {
      this.#blocks.push(new Float32Array(this.#rowsPerBlock * width));
      return;
    }
    if (tableBytes === undefined)
      throw new DataFault(
        'data-too-large',
        tooLarge('The table', sizeBytes, maxBytes, 'Save it as .npy or uncompressed .npz, whose rows stay in the file.'),
      );
    this.#blocks = [];
    this.#checked = new Float32Array(width);
  }

  #addLabel(bytes: Uint8Array, lineStart: number, line: number): void {
    const from = this.#spans.starts[this.#labelColumn] ?? 0;
    const to = this.#spans.ends[this.#labelColumn] ?? 0;
    let value = parseNumber(bytes, from, to);
    if (this.#rows === 0) this.#textual = Number.isNaN(value) && to > from;
    if (this.#textual) value = this.#textIndex(fieldText(bytes, from, to), line);
    if (Number.isNaN(value)) throw this.#notNumeric(bytes, lineStart, this.#labelColumn, line);
    if (this.#rows === this.#labelNumbers.length) {
      const wider = new Float64Array(this.#rows * 2);
      wider.set(this.#labelNumbers);
      this.#labelNumbers = wider;
    }
    this.#labelNumbers[this.#rows] = value;
  }

  #textIndex(text: string, line: number): number {
    const known = this.#labelTexts.get(text);
    if (known !== undefined) return known;
    if (text === '' || text.length > maxLabelLength || this.#labelTexts.size >= maxTextLabels) {
      const why =
        text === ''
          ? 'no label'
          : text.length > maxLabelLength
            ? `a label of ${text.length} characters (at most ${maxLabelLength})`
            : `the ${maxTextLabels + 1}th different label`;
      throw new DataFault('data-unreadable', `Line ${line} has ${why} in its label column.`, {
        range: { line, column: 1, endLine: line, endColumn: 1 },
      });
    }
    const index = this.#labelTexts.size;
    this.#labelTexts.set(text, index);
    return index;
  }

  #labels(rows: number): Labels {
    if (this.#labelColumn < 0) return { kind: 'none' };
    const values = this.#labelNumbers.slice(0, rows);
    return this.#textual ? textLabels(Int32Array.from(values), [...this.#labelTexts.keys()]) : numericLabels(values, rows, 1, false);
  }

  #array(): RowArray {
    const width = this.#inputColumns.length;
    const rows = this.#rows;
    const layout = { kind: 'f4', littleEndian: true, fortran: false, dims: [rows, width], elements: rows * width, itemBytes: 4 } as const;
    if (this.#checked !== undefined)
      return fileTable(this.#file, this.#marks, { layout, rows, rowElements: width }, this.#delimiter, this.#inputColumns);
    const blocks = this.#blocks;
    const perBlock = this.#rowsPerBlock;
    return inMemory({ layout, rows, rowElements: width }, (start, count, out, outStart) => {
      for (let done = 0; done < count;) {
        const row = start + done;
        const inBlock = row % perBlock;
        const n = Math.min(count - done, perBlock - inBlock);
        const block = blocks[Math.floor(row / perBlock)] as Float32Array;
        out.set(block.subarray(inBlock * width, (inBlock + n) * width), outStart + done * width);
        done += n;
      }
      return Promise.resolve();
    });
  }

  #notNumeric(bytes: Uint8Array, lineStart: number, column: number, line: number): DataFault {
    const from = this.#spans.starts[column] ?? 0;
    const to = this.#spans.ends[column] ?? 0;
    const name = this.#names?.[column];
    const field = `field ${column + 1}${name === undefined ? '' : ` (${quoted(name)})`}`;
    const range = { line, column: from - lineStart + 1, endLine: line, endColumn: to - lineStart + 1 };
    const held = to === from ? 'is empty' : `holds ${quoted(fieldText(bytes, from, to))}`;
    return new DataFault('csv-not-numeric', `Line ${line}, ${field} ${held}; a decimal number is needed.`, { range });
  }
}

function labelColumnOf(columns: number, names: readonly string[] | null, label: string | null): number {
  if (label === null) return -1;
  const found = names?.indexOf(label) ?? -1;
  if (found >= 0) return found;
  // "y" is what a plan says when it says nothing.
  if (label === 'y') return columns - 1;
  throw missingColumn(label, names);
}

function inputColumnsOf(columns: number, names: readonly string[] | null, inputs: string, labelColumn: number): Int32Array {
  const all = Int32Array.from({ length: columns }, (_, i) => i).filter((i) => i !== labelColumn);
  if (inputs === 'x' && names?.includes('x') !== true) return all;
  const wanted = inputs.split(',').map((name) => name.trim());
  return Int32Array.from(
    wanted.map((name) => {
      const found = names?.indexOf(name) ?? -1;
      if (found < 0) throw missingColumn(name, names);
      return found;
    }),
  );
}

function missingColumn(name: string, names: readonly string[] | null): DataFault {
  const shown =
    names === null
      ? 'The file has no header line'
      : `The columns are ${names.slice(0, 10).map(quoted).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
  return new DataFault('array-missing', `There is no column ${quoted(name)}. ${shown}.`, {
    tensor: name,
    suggestions: (names ?? []).slice(0, 3),
  });
}

function fieldText(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, to - from))
    .toString('utf8')
    .replaceAll('""', '"');
}
