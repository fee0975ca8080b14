import type { CompoundRow } from '../messages/index.ts';

/** Decisions that a page keeps, the newest; the log beside the model has them all. */
export const maxRows = 2000;

/** The rows a page has after a message: in order of their numbers, each number once, the newest `maxRows`. */
export function mergeRows(
  rows: readonly CompoundRow[],
  change: { readonly reset: boolean; readonly added: readonly CompoundRow[] },
): readonly CompoundRow[] {
  const before = change.reset ? [] : rows;
  if (change.added.length === 0 && !change.reset) return rows;
  const last = before.at(-1)?.index ?? -1;
  const isInOrder = change.added.every((row, i) => row.index > (i === 0 ? last : (change.added[i - 1]?.index ?? -1)));
  const merged = isInOrder ? [...before, ...change.added] : sorted([...before, ...change.added]);
  return merged.slice(-maxRows);
}

function sorted(rows: readonly CompoundRow[]): CompoundRow[] {
  return [...new Map(rows.map((row) => [row.index, row])).values()].sort((a, b) => a.index - b.index);
}

/** Which rows of a list of `count` rows stand in a window, with a few beyond its edges; `from` included, `to` not. */
export function windowOf(count: number, rowPx: number, scrollPx: number, heightPx: number): { readonly from: number; readonly to: number } {
  const beyond = 6;
  const first = Math.floor(scrollPx / rowPx) - beyond;
  const last = Math.ceil((scrollPx + heightPx) / rowPx) + beyond;
  const from = Math.min(Math.max(0, first), Math.max(0, count - 1));
  return { from, to: Math.max(from, Math.min(count, last)) };
}

/** The place that a key moves to among `count` places; null for keys that move nowhere. */
export function movedTo(place: number, key: string, count: number, perPage: number): number | null {
  const to: Readonly<Record<string, number>> = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    PageDown: place + perPage,
    PageUp: place - perPage,
    Home: 0,
    End: count - 1,
  };
  const next = Object.hasOwn(to, key) ? to[key] : undefined;
  return next === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, next));
}

/** The end of a text in one line, for streams in which the newest characters decide; the beginning for others. Line breaks show as ↵. */
export function shownInput(input: string, end: boolean, limit = 120): string {
  const flat = input.replace(/\r?\n/g, '\u21b5').replace(/\t/g, '\u21e5');
  const characters = Array.from(flat);
  if (characters.length <= limit) return flat;
  return end ? `\u2026${characters.slice(-limit).join('')}` : `${characters.slice(0, limit).join('')}\u2026`;
}

/** A token as it can be seen: blanks at its ends, or nothing but blanks, show as ␣. */
export function shownToken(token: string, limit = 24): string {
  return shownInput(
    token.replace(/^ +| +$/g, (blanks) => '\u2423'.repeat(blanks.length)),
    false,
    limit,
  );
}
