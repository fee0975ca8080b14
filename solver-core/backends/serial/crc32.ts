import * as zlib from 'node:zlib';

/** Node has its own from 20.15 and 22.2 on, many times as fast. */
const native: ((bytes: Uint8Array, previous?: number) => number) | undefined = zlib.crc32;

/** CRC-32/ISO-HDLC (polynomial 0xEDB88320, reflected, initial and final inversion), continued from `previous`; start with 0. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return native === undefined ? tableCrc32(bytes, previous) : native(bytes, previous);
}

const table = makeTable();

/** The same by a table, for Node without its own. */
export function tableCrc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTable(): Int32Array {
  const entries = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    entries[n] = c;
  }
  return entries;
}
