import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Checked, Where } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { quoted } from './fault.ts';
import { openRegular } from './open-file.ts';
import type { UnknownToken, Vocabulary } from './vocabulary.ts';

/** Largest text that is read when nobody says otherwise: its tokens take four times as much memory. */
export const defaultTextBytes = 2 ** 28;

/** A text as tokens. */
export interface TokenText {
  /** File name, without its folder. */
  readonly name: string;
  /** Hex SHA-256 of the file. */
  readonly sha256: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** [tokens] */
  readonly ids: Int32Array;
}

/**
 * Reads a UTF-8 text as tokens. A byte order mark at its beginning is not part of it; line ends stay as they are.
 * Codes: `text-unreadable` (no such file, not a regular one), `text-too-large`, `text-encoding-broken` with the offset of the first
 * byte that is not UTF-8, `text-empty`, `token-unknown` with line and column.
 */
export async function openText(
  path: string,
  vocabulary: Vocabulary,
  options: { readonly maxBytes?: number } = {},
): Promise<Checked<TokenText>> {
  const name = basename(path);
  const limit = options.maxBytes ?? defaultTextBytes;
  let bytes: Uint8Array;
  try {
    const file = await openRegular(path);
    try {
      const { size } = await file.stat();
      if (size > limit)
        return refused('text-too-large', `${quoted(name)} has ${size} bytes; at most ${limit} are read. Use a part of it.`, { path });
      bytes = await readFile(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refused('text-unreadable', `The text ${quoted(name)} cannot be read: ${why}`, { path });
  }
  const text = decoded(bytes);
  if (typeof text === 'number')
    return refused(
      'text-encoding-broken',
      `${quoted(name)} is not UTF-8: the bytes from offset ${text} (0x${(bytes[text] ?? 0).toString(16).padStart(2, '0')}) are no character. Save the text as UTF-8.`,
      { path, byteOffset: text },
    );
  if (text === '') return refused('text-empty', `${quoted(name)} holds no text.`, { path });
  try {
    const ids = vocabulary.encode(text);
    return { value: { name, sha256: createHash('sha256').update(bytes).digest('hex'), text, ids }, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof TierwiseError) || error.code !== 'token-unknown') throw error;
    const { line, column } = error.cause as UnknownToken;
    const range = { line, column, endLine: line, endColumn: column + 1 };
    return refused(error.code, `${quoted(name)}, ${error.message}. ${error.advice}`, { path, range });
  }
}

/** The text of UTF-8 bytes without a byte order mark, or the offset of the first byte that is none. */
function decoded(bytes: Uint8Array): string | number {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return brokenAt(bytes);
  }
}

/**
 * The first byte of the first broken sequence. A beginning of the text is fit when it decodes but for a sequence that it cuts; the
 * longest one ends inside the broken sequence, whose own beginning is what did not become text.
 */
function brokenAt(bytes: Uint8Array): number {
  let fit = 0;
  let unfit = bytes.length + 1;
  const textOf = (length: number): string | undefined => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length), { stream: true });
    } catch {
      return undefined;
    }
  };
  while (unfit - fit > 1) {
    const middle = Math.floor((fit + unfit) / 2);
    if (textOf(middle) === undefined) unfit = middle;
    else fit = middle;
  }
  return Buffer.byteLength(textOf(Math.min(fit, bytes.length)) ?? '', 'utf8');
}

function refused(code: string, message: string, where: Where): Checked<TokenText> {
  return { value: undefined, diagnostics: [{ severity: 'error', code, message, where }] };
}
