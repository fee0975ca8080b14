import { visible } from '../text.ts';

/** How a search stands: the row shown now, from 1 (0: none), of how many found. */
export interface Found {
  readonly at: number;
  readonly of: number;
}

/** A search: the text, and the row shown now, by its id. */
export interface Finding {
  readonly text: string;
  readonly id: string | null;
}

export interface FinderOptions<R> {
  readonly rows: () => readonly R[];
  readonly textOf: (row: R) => string;
  readonly idOf: (row: R) => string;
  /** A search that goes on, of an earlier table. */
  readonly finding?: Finding | null;
  /** Told when a search comes to something else because the rows changed. */
  readonly onChanged?: (found: Found) => void;
  readonly firstInView: () => number;
  readonly show: (index: number) => void;
  readonly render: () => void;
}

/** Finds rows by a text, whatever its case, and marks what is found in the rows that are in the document. */
export interface Finder {
  readonly find: (text: string) => Found;
  readonly next: (step: 1 | -1) => Found;
  /** The rows changed: look again, without moving. The row shown stays the one shown where it is still found. */
  readonly renew: () => void;
  /** The search that runs, null without one, and the index of its row. */
  readonly finding: () => Finding | null;
  readonly current: () => number | undefined;
  readonly mark: (lines: ReadonlyMap<number, HTMLElement>) => void;
}

/** Registered names of the highlights; the style sheet of the table draws them. */
const allName = 'table-found';

export function createFinder<R>(options: FinderOptions<R>): Finder {
  let needle = options.finding?.text ?? '';
  let shown = options.finding?.id ?? null;
  let matches: readonly number[] = [];
  let current = -1;
  let isMarked = false;

  const search = (): void => {
    const rows = options.rows();
    matches =
      needle === '' ? [] : rows.flatMap((row, index) => (visible(options.textOf(row)).toLowerCase().includes(needle) ? [index] : []));
  };
  const state = (): Found => ({ at: current + 1, of: matches.length });
  const go = (to: number): Found => {
    current = to;
    const index = matches[current];
    shown = index === undefined ? null : options.idOf(options.rows()[index]!);
    if (index === undefined) options.render();
    else options.show(index);
    return state();
  };

  return {
    find: (text) => {
      // A text that is still being typed stays with the row that it led to.
      const from = matches[current] ?? options.firstInView();
      needle = text.toLowerCase();
      search();
      const ahead = matches.findIndex((index) => index >= from);
      return go(matches.length === 0 ? -1 : Math.max(0, ahead));
    },
    next: (step) => {
      if (matches.length === 0) return go(-1);
      // Before the first stands none: from there the previous one is the last.
      const from = current < 0 && step < 0 ? 0 : current;
      return go((from + step + matches.length) % matches.length);
    },
    renew: () => {
      search();
      const rows = options.rows();
      const same = shown === null ? -1 : matches.findIndex((index) => options.idOf(rows[index]!) === shown);
      current = same >= 0 ? same : Math.min(current, matches.length - 1);
      if (needle !== '') options.onChanged?.(state());
    },
    finding: () => (needle === '' ? null : { text: needle, id: shown }),
    current: () => matches[current],
    mark: (lines) => {
      const found = new Set(matches);
      const now = matches[current];
      const ranges: Range[] = [];
      for (const [index, line] of lines) {
        const isFound = found.has(index);
        line.classList.toggle('row-found', isFound);
        line.classList.toggle('row-found-now', index === now);
        if (index === now) line.setAttribute('aria-current', 'true');
        else line.removeAttribute('aria-current');
        if (isFound) ranges.push(...rangesIn(line, needle));
      }
      if (needle === '' && !isMarked) return;
      isMarked = needle !== '';
      // Highlights mark text without changing the document: names keep their break points.
      CSS.highlights.set(allName, new Highlight(...ranges));
    },
  };
}

/** Where `needle` stands in the cells of a row, whose texts may be in several pieces. */
function rangesIn(line: HTMLElement, needle: string): Range[] {
  return [...line.children].flatMap((cell) => {
    const pieces: { readonly node: Text; readonly start: number }[] = [];
    let text = '';
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (!(node instanceof Text)) continue;
      pieces.push({ node, start: text.length });
      text += node.data;
    }
    const lower = text.toLowerCase();
    // Some capitals have longer small letters: then places would not agree, and the row's own mark has to do.
    if (lower.length !== text.length) return [];
    const ranges: Range[] = [];
    for (let at = lower.indexOf(needle); at >= 0 && ranges.length < 50; at = lower.indexOf(needle, at + needle.length)) {
      const [from, to] = [pieceAt(pieces, at), pieceAt(pieces, at + needle.length - 1)];
      if (from === undefined || to === undefined) break;
      const range = new Range();
      range.setStart(from.node, at - from.start);
      range.setEnd(to.node, at + needle.length - to.start);
      ranges.push(range);
    }
    return ranges;
  });
}

function pieceAt<P extends { readonly start: number }>(pieces: readonly P[], offset: number): P | undefined {
  return pieces.findLast((piece) => piece.start <= offset);
}
