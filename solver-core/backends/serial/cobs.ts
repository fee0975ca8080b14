/*
 * Consistent overhead byte stuffing (Cheshire and Baker, 1999): bytes without a 0, so that 0 can end a frame. A code byte c < 255
 * stands before c - 1 bytes and a 0, 255 before 254 bytes and no 0; the last 0 is not part of the data. At most 1 byte more per 254.
 */

const longest = 254;

/** Most bytes that `length` bytes take after stuffing. */
export function cobsLimit(length: number): number {
  return length + Math.floor(length / longest) + 1;
}

/** Stuffs `from` into `into` at `at` and returns the place behind; `into` needs `cobsLimit(from.length)` bytes from there. */
export function cobsEncode(from: Uint8Array, into: Uint8Array, at: number): number {
  let code = at;
  let end = at + 1;
  for (let i = 0; i < from.length; i++) {
    const byte = from[i]!;
    if (byte !== 0) into[end++] = byte;
    if (byte === 0 || end - code > longest) {
      into[code] = end - code;
      code = end++;
    }
  }
  into[code] = end - code;
  return end;
}

/** Takes the stuffing out, in a new array; null when a code byte points behind the end or the text holds a 0. */
export function cobsDecode(stuffed: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(stuffed.length);
  let end = 0;
  for (let i = 0; i < stuffed.length;) {
    const code = stuffed[i]!;
    if (code === 0 || i + code > stuffed.length) return null;
    for (let k = i + 1; k < i + code; k++) {
      if (stuffed[k] === 0) return null;
      out[end++] = stuffed[k]!;
    }
    i += code;
    if (code <= longest && i < stuffed.length) out[end++] = 0;
  }
  return out.subarray(0, end);
}
