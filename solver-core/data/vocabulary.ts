import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { openRegular } from './open-file.ts';
import { quoted } from './fault.ts';

/** Largest vocabulary file, most tokens in it, and most UTF-16 units of one token. */
export const vocabularyLimits = { bytes: 2 ** 25, tokens: 2 ** 20, tokenUnits: 256 } as const;

/** The tokens of a language model: token `i` has the id `i`. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  /**
   * The ids of a text, [tokens]: at every place the longest token that fits. Throws TierwiseError `token-unknown` that names position
   * (characters from 0), line and column (from 1) of the first character that no token begins at. O(characters · lengths of tokens).
   */
  encode(text: string): Int32Array;
  /** The text of these ids. An id that is none is a mistake of the caller. */
  decode(ids: ArrayLike<number>): string;
}

/** Where a text leaves the vocabulary, as the cause of `token-unknown`. */
export interface UnknownToken {
  /** UTF-16 units from the beginning. */
  readonly position: number;
  readonly character: string;
  /** From 1; a line ends at a line feed, columns count characters. */
  readonly line: number;
  readonly column: number;
}

/**
 * Reads a vocabulary: a JSON list of tokens (id = position), or an object from token to id with every id from 0 once.
 * Codes: `vocabulary-unreadable` (no file, too large, no JSON, no UTF-8), `vocabulary-not-valid` (says which entry).
 */
export async function openVocabulary(path: string): Promise<Checked<Vocabulary>> {
  const name = quoted(basename(path));
  let parsed: unknown;
  try {
    const file = await openRegular(path);
    try {
      const { size } = await file.stat();
      if (size > vocabularyLimits.bytes)
        return refused(path, 'vocabulary-unreadable', `${name} has ${size} bytes; a vocabulary has at most ${vocabularyLimits.bytes}.`);
      parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)));
    } finally {
      await file.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error);
    return refused(path, 'vocabulary-unreadable', `The vocabulary ${name} cannot be read: ${why}. It is a JSON list of tokens.`);
  }
  const tokens = tokensOf(parsed);
  if (typeof tokens === 'string')
    return refused(
      path,
      'vocabulary-not-valid',
      `The vocabulary ${name} ${tokens}. A JSON list of tokens (id = position), or an object from token to id is needed.`,
    );
  return { value: vocabularyOf(tokens), diagnostics: [] };
}

/** A vocabulary of these tokens, which must be different and not empty. */
export function vocabularyOf(tokens: readonly string[]): Vocabulary {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const lengths = lengthsByFirst(tokens);
  return {
    tokens,
    encode: (text) => encode(text, ids, lengths),
    decode: (from) => Array.from(from, (id) => tokens[id] ?? '').join(''),
  };
}

/** The tokens in the order of their ids, or what is wrong as the end of "the vocabulary …". */
function tokensOf(parsed: unknown): readonly string[] | string {
  if (typeof parsed !== 'object' || parsed === null) return 'holds neither a list nor an object';
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(parsed)
    ? parsed.map((token: unknown, id) => [token, id] as const)
    : Object.entries(parsed);
  const count = entries.length;
  if (count === 0) return 'is empty';
  if (count > vocabularyLimits.tokens) return `has ${count} tokens; at most ${vocabularyLimits.tokens} are read`;
  const tokens = new Array<string | undefined>(count);
  const known = new Set<string>();
  for (const [token, id] of entries) {
    if (typeof token !== 'string' || token === '') return `has no text as token ${String(id)}`;
    if (token.length > vocabularyLimits.tokenUnits)
      return `has a token of ${token.length} characters; at most ${vocabularyLimits.tokenUnits} are read`;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= count)
      return `gives token ${quoted(token)} the id ${quoted(String(id))}; ${count} tokens have the ids 0 to ${count - 1}`;
    if (tokens[id] !== undefined) return `gives the id ${id} to ${quoted(tokens[id])} and to ${quoted(token)}`;
    if (known.has(token)) return `has the token ${quoted(token)} twice`;
    known.add(token);
    tokens[id] = token;
  }
  return tokens.map((token) => token ?? '');
}

/** The lengths of the tokens that begin with a UTF-16 unit, longest first. */
function lengthsByFirst(tokens: readonly string[]): ReadonlyMap<number, readonly number[]> {
  const sets = new Map<number, Set<number>>();
  for (const token of tokens) {
    const first = token.charCodeAt(0);
    const set = sets.get(first);
    if (set === undefined) sets.set(first, new Set([token.length]));
    else set.add(token.length);
  }
  return new Map([...sets].map(([first, set]) => [first, [...set].sort((a, b) => b - a)]));
}

function encode(text: string, ids: ReadonlyMap<string, number>, lengths: ReadonlyMap<number, readonly number[]>): Int32Array {
  const found = new Int32Array(text.length);
  let count = 0;
  let at = 0;
  while (at < text.length) {
    let length = 0;
    for (const candidate of lengths.get(text.charCodeAt(at)) ?? []) {
      const id = ids.get(text.slice(at, at + candidate));
      if (id === undefined || at + candidate > text.length) continue;
      found[count++] = id;
      length = candidate;
      break;
    }
    if (length === 0) throw unknown(text, at);
    at += length;
  }
  return found.slice(0, count);
}

function unknown(text: string, position: number): TierwiseError {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  const character = String.fromCodePoint(text.codePointAt(position) ?? 0);
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
  const column = [...before.slice(lineStart)].length + 1;
  const cause: UnknownToken = { position, character, line, column };
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return new TierwiseError(
    'token-unknown',
    `line ${line}, column ${column} (character ${position}): no token of the vocabulary begins with ${JSON.stringify(character)} (${code})`,
    'Use the vocabulary that the model was trained with, or take the character out of the text.',
    { cause },
  );
}

function refused(path: string, code: string, message: string): Checked<Vocabulary> {
  const found: Diagnostic = { severity: 'error', code, message, where: { path } };
  return { value: undefined, diagnostics: [found] };
}
