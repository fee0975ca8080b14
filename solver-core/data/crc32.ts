import * as zlib from 'node:zlib';

/** Node has its own from 20.15 on, in native code. */
const native: ((bytes: Uint8Array, previous?: number) => number) | undefined = zlib.crc32;

/** CRC-32/ISO-HDLC, as in zip, PNG and the serial link (polynomial 0xEDB88320), continued from `previous`; start with 0. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return native === undefined ? plainCrc32(bytes, previous) : native(bytes, previous);
}

const table = makeTable();

/** The same by a table, for Node without its own. */
export function plainCrc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (let i = 0; i < bytes.length; i += 1) crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTable(): Int32Array {
  const entries = new Int32Array(256);
  for (let n = 0; n < 256; n += 1) {
    let c = n;
    for (let bit = 0; bit < 8; bit += 1) c = (c & 1) === 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    entries[n] = c;
  }
  return entries;
}
