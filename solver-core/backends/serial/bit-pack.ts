import { assert } from '../../model/error.ts';

/** Bytes of `words` words of `bits` bits each, packed. */
export function packedBytes(words: number, bits: number): number {
  return Math.ceil((words * bits) / 8);
}

/**
 * Packs integers, two's complement, `bits` (8..48) each, least significant bit first and without gaps; zeros fill the last byte.
 * Every word must fit: -2^(bits-1) <= word < 2^(bits-1).
 */
export function packWords(words: Int32Array | Float64Array, bits: number): Uint8Array {
  assert(Number.isInteger(bits) && bits >= 8 && bits <= 48, `words of ${bits} bits`);
  const out = new Uint8Array(packedBytes(words.length, bits));
  const top = 2 ** (bits - 1);
  // `held` has fewer than 8 bits left over; with a word of up to 45 bits more it stays below 2^53, longer words go in two parts.
  let held = 0;
  let heldBits = 0;
  let at = 0;
  const add = (value: number, width: number): void => {
    held += value * 2 ** heldBits;
    heldBits += width;
    while (heldBits >= 8) {
      out[at++] = held % 256;
      held = Math.floor(held / 256);
      heldBits -= 8;
    }
  };
  for (const word of words) {
    assert(Number.isInteger(word) && word >= -top && word < top, `word ${word} has more than ${bits} bits`);
    const value = word < 0 ? word + 2 * top : word;
    if (bits <= 32) add(value, bits);
    else {
      add(value % 2 ** 32, 32);
      add(Math.floor(value / 2 ** 32), bits - 32);
    }
  }
  if (heldBits > 0) out[at] = held;
  return out;
}

/** Words of `bits` = 8, 16, 24, 32, 40 or 48 bits from bytes, least significant byte first, sign-extended. */
export function wordsFromBytes(bytes: Uint8Array, bits: number): Float64Array {
  const each = bits / 8;
  assert(Number.isInteger(each) && each >= 1 && each <= 6 && bytes.length % each === 0, `${bytes.length} bytes as words of ${bits} bits`);
  const words = new Float64Array(bytes.length / each);
  const top = 2 ** (bits - 1);
  for (let i = 0; i < words.length; i++) {
    let value = 0;
    for (let k = each - 1; k >= 0; k--) value = value * 256 + bytes[i * each + k]!;
    words[i] = value < top ? value : value - 2 * top;
  }
  return words;
}
