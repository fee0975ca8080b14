import { stdin } from 'node:process';
import type { Vocabulary } from '../data/vocabulary.ts';
import { TierwiseError } from '../model/error.ts';
import { sha256 } from './files.ts';

/** As much of standard input as is read. */
const maxBytes = 2 ** 28;

/** The text on standard input, to its end. Throws `text-encoding-broken`, `text-too-large`, `text-empty`, `token-unknown`. */
export async function readStandardText(
  vocabulary: Vocabulary,
): Promise<{ readonly name: string; readonly sha256: string; readonly text: string; readonly ids: Int32Array }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    size += bytes.length;
    if (size > maxBytes)
      throw new TierwiseError(
        'text-too-large',
        `standard input has more than ${maxBytes} bytes`,
        'Put the text into files and run one after the other.',
      );
    chunks.push(bytes);
  }
  const bytes = Buffer.concat(chunks);
  const text = decodeUtf8(bytes, 'standard input');
  if (text === '') throw new TierwiseError('text-empty', 'standard input holds no text', 'Pipe a text into the command.');
  try {
    return { name: 'standard input', sha256: sha256(bytes), text, ids: vocabulary.encode(text) };
  } catch (error) {
    if (!(error instanceof TierwiseError)) throw error;
    throw new TierwiseError(error.code, `standard input, ${error.message}`, error.advice);
  }
}

/** The text of UTF-8 bytes, without a byte order mark. Throws `text-encoding-broken` with line and byte of the first one that is none. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), 'utf8');
    let at = 0;
    while (at < bytes.length && bytes[at] === again[at]) at++;
    const line = bytes.subarray(0, at).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
    throw new TierwiseError(
      'text-encoding-broken',
      `${name}, line ${line}: the bytes from offset ${at} (0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}) are no UTF-8`,
      'Save the text as UTF-8.',
    );
  }
}
