import { isHiddenCharacter } from '../model/hidden-character.ts';
import { formatCount, formatQuantity, sourceLetters } from '../energy/format.ts';
import type { EnergyDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';

/** One column of a text table. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Shown in place of a table of layers. */
export const noLayers = 'The model has no weight-bearing layers, so there is nothing to estimate.';

/** Shown where a figure does not apply or is not known. */
export const nothing = '-';

/**
 * A text from a user's file as one line of inert characters for terminals and tables: control characters, escape sequences,
 * line breaks, lone surrogates, invisible and direction-changing characters appear as \u{...}; the middle of a text longer
 * than `maxLength` characters is left out.
 */
export function inert(text: string, maxLength = 120): string {
  const characters = [...text];
  const kept =
    characters.length <= maxLength
      ? characters
      : [...characters.slice(0, Math.ceil(maxLength / 2) - 1), '…', ...characters.slice(-Math.floor(maxLength / 2))];
  return kept.map((c) => (isHiddenCharacter(c.codePointAt(0) ?? 0) ? `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}` : c)).join('');
}

/** Lines of a table: a header, a rule, the rows; columns padded to their widest cell. Cells must be inert already. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map((column, i) => Math.max(width(column.title), ...rows.map((row) => width(row[i] ?? ''))));
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => pad(cells[i] ?? '', widths[i] ?? 0, column.align))
      .join('  ')
      .trimEnd();
  return [line(columns.map((c) => c.title)), widths.map((w) => '-'.repeat(w)).join('  '), ...rows.map(line)];
}

/** "1.2 µJ A": value and source letter, or `nothing`. */
export function quantityCell(q: Quantity | null): string {
  return q === null ? nothing : `${formatQuantity(q)} ${sourceLetters[q.source]}`;
}

/** Break-even in words: 0 = "at once", null = `nothing`. */
export function breakEvenCell(retrainings: number | null): string {
  if (retrainings === null) return nothing;
  return retrainings === 0 ? 'at once' : `after ${retrainings}`;
}

/** A number with three significant digits, in plain or exponent form; null = `nothing`. */
export function numberCell(value: number | null): string {
  if (value === null || Number.isNaN(value)) return nothing;
  return String(Number(value.toPrecision(3)));
}

/** The sum of the MACs, marked when the MACs of a layer are not known. */
export function totalMacs(energy: EnergyDocument): string {
  return `${formatCount(energy.totals.macs)}${energy.layers.some((layer) => layer.macs === null) ? ' or more' : ''}`;
}

/** A shape as text, "1 x 64"; symbolic sizes by their name, unknown ones "?"; null = "?". */
export function shapeCell(shape: readonly (number | string | null)[] | null): string {
  if (shape === null) return '?';
  return shape.length === 0 ? 'scalar' : shape.map((dim) => (dim === null ? '?' : inert(String(dim), 24))).join(' x ');
}

/** The end of a path, as inert text. */
export function fileName(path: string): string {
  return inert(path.split(/[\\/]/).at(-1) ?? path);
}

/** "1 layer", "2 layers". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number, align: Column['align']): string {
  const fill = ' '.repeat(Math.max(0, to - width(text)));
  return align === 'left' ? text + fill : fill + text;
}
