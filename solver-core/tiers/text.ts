import type { TextRange } from '../model/diagnostic.ts';

/** Half-open span of UTF-16 code units in the text of a plan. */
export interface Span {
  readonly offset: number;
  readonly end: number;
}

/** Turns offsets into one-based lines and columns. Line ends are LF, CR LF and CR, as editors count them. */
export interface LineTable {
  range(span: Span): TextRange;
}

/** Builds the table of line starts once (linear); every later lookup is a binary search. Offsets outside the text are clamped. */
export function createLineTable(text: string): LineTable {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  const at = (offset: number): { line: number; column: number } => {
    const clamped = Math.min(Math.max(offset, 0), text.length);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= clamped) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: clamped - (starts[low] ?? 0) + 1 };
  };
  return {
    range(span) {
      const start = at(span.offset);
      const end = at(Math.max(span.offset, span.end));
      return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
    },
  };
}

/** True when the text of a STRING token ends with its closing quote. */
export function isClosed(image: string): boolean {
  if (image.length < 2 || !image.endsWith('"')) return false;
  let backslashes = 0;
  for (let i = image.length - 2; i > 0 && image[i] === '\\'; i--) backslashes++;
  return backslashes % 2 === 0;
}

/**
 * Value of a STRING token as written, closing quote optional. Escapes are `\"`, `\\` and `\u{hex}`; any other backslash stands for
 * itself, so that a Windows path reads as people type it.
 */
export function unquote(image: string): string {
  const body = image.slice(1, isClosed(image) ? -1 : undefined);
  if (!body.includes('\\')) return body;
  return body.replace(/\\(?:(["\\])|u\{([0-9a-fA-F]{1,6})\})/g, (whole, char: string | undefined, hex: string | undefined) => {
    if (char !== undefined) return char;
    const code = parseInt(hex ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/**
 * A name as a STRING token that `unquote` reads back, whatever the name holds. Control characters, line ends, and characters that
 * reorder or hide text come out as `\u{hex}`: names are strangers' text and must look like what they are.
 */
export function quote(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&').replace(invisible, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}

/** The same for messages: shortened in the middle beyond `limit` characters. */
export function shown(name: string, limit = 80): string {
  if (name.length <= limit) return quote(name);
  const half = limit >> 1;
  return `${quote(name.slice(0, half)).slice(0, -1)}…${quote(name.slice(-half)).slice(1)} (${name.length} characters)`;
}

/** The same without quotes, for places that hold nothing but the name. */
export function plainName(name: string, limit = 80): string {
  const inner = (part: string): string => quote(part).slice(1, -1);
  const half = limit >> 1;
  return name.length <= limit ? inner(name) : `${inner(name.slice(0, half))}…${inner(name.slice(-half))}`;
}

/** Controls, separators other than the space, soft hyphen, zero-width and bidirectional controls, lone surrogates. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;
