/**
 * Decodes UTF-8; invalid sequences become U+FFFD. The language's own library has no decoder, and pure parts use no other.
 * `bytes`: at most `maxBytes` of them are read (default 1 MiB), the rest is dropped.
 */
export function decodeUtf8(bytes: Uint8Array, maxBytes = 2 ** 20): string {
  const end = Math.min(bytes.length, maxBytes);
  const parts: string[] = [];
  let chunk: number[] = [];
  let i = 0;
  while (i < end) {
    const { codePoint, length } = decodeOne(bytes, i, end);
    chunk.push(codePoint < 0 ? 0xfffd : codePoint);
    i += length;
    if (chunk.length >= 4096) {
      parts.push(String.fromCodePoint(...chunk));
      chunk = [];
    }
  }
  parts.push(String.fromCodePoint(...chunk));
  return parts.join('');
}

/** Position of the first byte that is not valid UTF-8 in `bytes[start, end)`, or -1. */
export function findInvalidUtf8(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end) {
    const { codePoint, length } = decodeOne(bytes, i, end);
    if (codePoint < 0) return i;
    i += length;
  }
  return -1;
}

function decodeOne(bytes: Uint8Array, at: number, end: number): { codePoint: number; length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { codePoint: first, length: 1 };
  const extra = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || at + extra > end - 1) return { codePoint: -1, length: 1 };
  let codePoint = first & (0x3f >> extra);
  for (let k = 1; k <= extra; k++) {
    const next = bytes[at + k] ?? 0;
    if ((next & 0xc0) !== 0x80) return { codePoint: -1, length: 1 };
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const smallest = extra === 1 ? 0x80 : extra === 2 ? 0x800 : 0x10000;
  const surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  if (codePoint < smallest || codePoint > 0x10ffff || surrogate) return { codePoint: -1, length: 1 };
  return { codePoint, length: extra + 1 };
}
