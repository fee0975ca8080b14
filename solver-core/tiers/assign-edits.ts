import type { LeafCstNode } from 'langium';
import { assert } from '../model/error.ts';
import type { Span } from './text.ts';

/** A replacement of the text between `offset` and `end`; nothing is replaced where they are equal. */
export interface SpanEdit extends Span {
  readonly newText: string;
}

/** The text of a plan with what edits need to know of its layout. */
export interface PlanLayout {
  readonly text: string;
  /** Line end of the file. */
  readonly lineEnd: string;
  /** Line and block comments in the order of the text. */
  readonly comments: readonly Span[];
}

/** The layout behind the leaves of a plan's syntax tree, which are in the order of the text. */
export function layoutOf(text: string, leaves: readonly LeafCstNode[]): PlanLayout {
  const comments = leaves.filter((leaf) => leaf.hidden).map((leaf) => ({ offset: leaf.offset, end: leaf.end }));
  return { text, lineEnd: text.includes('\r\n') ? '\r\n' : '\n', comments };
}

/** Comments that lie between two offsets. O(log n + found). */
export function commentsBetween(layout: PlanLayout, offset: number, end: number): readonly Span[] {
  const { comments } = layout;
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  const found: Span[] = [];
  for (let i = low; i < comments.length; i++) {
    const comment = comments[i];
    if (comment === undefined || comment.end > end) break;
    found.push(comment);
  }
  return found;
}

/** Where the line that holds `offset` begins. */
export function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && !isBreak(text[at - 1])) at--;
  return at;
}

/** Where the line that holds `offset` ends, before its line end. */
export function lineStop(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && !isBreak(text[at])) at++;
  return at;
}

/** The offset behind a line end that stands at `offset`; `offset` itself where none does. */
export function pastBreak(text: string, offset: number): number {
  if (text[offset] === '\r' && text[offset + 1] === '\n') return offset + 2;
  return isBreak(text[offset]) ? offset + 1 : offset;
}

/** White space at the start of the line that holds `offset`. */
export function indentAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return /^[^\S\r\n]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** The end of the comments that follow `offset` on its line with nothing but spaces between; `offset` where there are none. */
export function pastComments(layout: PlanLayout, offset: number): number {
  let at = offset;
  for (const comment of commentsBetween(layout, offset, lineStop(layout.text, offset))) {
    if (layout.text.slice(at, comment.offset).trim() !== '') break;
    at = comment.end;
  }
  return at;
}

/**
 * Takes a token, or several with only white space between, out of the text: a line that would be left empty goes too, a comment that is
 * left alone on its line moves to `indent`, and no spaces are left at the end of a line.
 */
export function removal(layout: PlanLayout, span: Span, indent: string): SpanEdit {
  const { text } = layout;
  const [start, stop] = [lineStart(text, span.offset), lineStop(text, span.end)];
  const [before, after] = [text.slice(start, span.offset), text.slice(span.end, stop)];
  const afterBlank = after.length - after.trimStart().length;
  if (before.trim() === '' && after.trim() === '') {
    if (stop < text.length) return { offset: start, end: pastBreak(text, stop), newText: '' };
    const previous = start === 0 ? 0 : start - (text.slice(start - 2, start) === '\r\n' ? 2 : 1);
    return { offset: previous, end: stop, newText: '' };
  }
  if (before.trim() === '') return { offset: start, end: span.end + afterBlank, newText: /^\s*\/[/*]/.test(after) ? indent : before };
  if (after.trim() === '') return { offset: span.offset - (before.length - before.trimEnd().length), end: span.end, newText: '' };
  return { offset: span.offset, end: span.end + (/\s$/.test(before) ? afterBlank : 0), newText: '' };
}

/** Spans in the order of the text, those with only white space between them as one. */
export function joined(text: string, spans: readonly Span[]): readonly Span[] {
  const out: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.offset - b.offset)) {
    const last = out.at(-1);
    if (last !== undefined && text.slice(last.end, span.offset).trim() === '') out[out.length - 1] = { offset: last.offset, end: span.end };
    else out.push(span);
  }
  return out;
}

/**
 * Edits in the order of the text without overlaps: blocks that go may claim the same blank lines, which then go once. Only white space
 * that both would take out may overlap.
 */
export function withoutOverlaps(edits: readonly SpanEdit[]): readonly SpanEdit[] {
  const out: SpanEdit[] = [];
  for (const edit of edits.toSorted((a, b) => a.offset - b.offset || a.end - b.end)) {
    const last = out.at(-1);
    if (last === undefined || edit.offset >= last.end) out.push(edit);
    else if (last.newText === '') out[out.length - 1] = { offset: last.offset, end: Math.max(last.end, edit.end), newText: edit.newText };
    else out.push({ ...edit, offset: last.end, end: Math.max(last.end, edit.end) });
  }
  return out;
}

/** The text after edits, which may touch but not overlap. */
export function applyEdits(text: string, edits: readonly SpanEdit[]): string {
  let out = '';
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.offset - b.offset || a.end - b.end)) {
    assert(edit.offset >= at && edit.end <= text.length, `edits overlap at ${edit.offset}, after ${at}`);
    out += text.slice(at, edit.offset) + edit.newText;
    at = edit.end;
  }
  return out + text.slice(at);
}

function isBreak(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}
