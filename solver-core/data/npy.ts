import { DataFault, quoted } from './fault.ts';

/** Element kinds we read, by numpy's letters: f float, i signed, u unsigned, b boolean; then the size in bytes. */
export type NpyKind = 'f2' | 'f4' | 'f8' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'i8' | 'u8' | 'b1';

/** How the elements of an array lie in its bytes. */
export interface ArrayLayout {
  readonly kind: NpyKind;
  readonly littleEndian: boolean;
  /** Column-major: the first index runs fastest. */
  readonly fortran: boolean;
  readonly dims: readonly number[];
  /** Product of dims. */
  readonly elements: number;
  readonly itemBytes: number;
}

/** A parsed `.npy` header: the layout, and where the elements start. */
export interface NpyHeader {
  readonly layout: ArrayLayout;
  readonly dataOffset: number;
}

/** More than any honest header; numpy itself stops at 10,000 characters unless told otherwise. */
const maxHeaderBytes = 65_536;
const maxDims = 32;
const kinds: readonly NpyKind[] = ['f2', 'f4', 'f8', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'b1'];

/** Bytes at the start of a file that tell how long the header is. */
export const npyPreludeBytes = 12;

/**
 * Length of the whole header (magic to the start of the elements) from the first `npyPreludeBytes` bytes.
 * Format: numpy.lib.format, versions 1.0, 2.0 and 3.0. Faults: `data-unreadable`.
 */
export function npyHeaderBytes(prelude: Uint8Array, name: string): number {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (prelude.length < npyPreludeBytes || magic.some((byte, i) => prelude[i] !== byte)) {
    throw new DataFault('data-unreadable', `${name} is not a .npy array: it does not start with the bytes 93 'NUMPY'.`);
  }
  const view = new DataView(prelude.buffer, prelude.byteOffset, prelude.byteLength);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw new DataFault('data-unreadable', `${name} has .npy version ${version}; versions 1 to 3 are read.`);
  const textBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (textBytes > maxHeaderBytes)
    throw new DataFault('data-unreadable', `${name} states a header of ${textBytes} bytes; at most ${maxHeaderBytes} are read.`);
  return (version === 1 ? 10 : 12) + textBytes;
}

/** Parses a complete header of `npyHeaderBytes` bytes. Faults: `data-unreadable`, `dtype-unsupported`, `data-too-large` for dims beyond 2^53. */
export function parseNpyHeader(header: Uint8Array, name: string): NpyHeader {
  const textStart = header[6] === 1 ? 10 : 12;
  const text = Buffer.from(header.buffer, header.byteOffset + textStart, header.byteLength - textStart).toString('utf8');
  const entries = parseDict(text, name);
  const descr = entries.get('descr');
  const fortran = entries.get('fortran_order');
  const shape = entries.get('shape');
  if (descr === undefined || (fortran !== 'True' && fortran !== 'False') || shape === undefined) {
    throw new DataFault('data-unreadable', `The header of ${name} lacks descr, fortran_order or shape.`);
  }
  const { kind, littleEndian } = parseDescr(descr, name);
  return { layout: layoutOf(kind, littleEndian, fortran === 'True', parseShape(shape, name), name), dataOffset: header.length };
}

/** A checked layout; faults when the number of bytes is beyond 2^53. */
export function layoutOf(kind: NpyKind, littleEndian: boolean, fortran: boolean, dims: readonly number[], name: string): ArrayLayout {
  const itemBytes = Number(kind.slice(1));
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(elements * itemBytes)) {
    throw new DataFault('data-too-large', `${name} declares the shape [${dims.join(', ')}], more than 2^53 bytes.`, { tensor: name });
  }
  return { kind, littleEndian, fortran, dims, elements, itemBytes };
}

/** The top-level entries of the header's Python dict as raw texts: strings without quotes, the rest as written. */
function parseDict(text: string, name: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const body = /^\s*\{([\s\S]*)\}\s*$/.exec(text)?.[1];
  if (body === undefined) throw new DataFault('data-unreadable', `The header of ${name} is not a dict: ${quoted(text.slice(0, 60))}.`);
  // One alternative per value form; each starts with a different character, so matching takes linear time.
  const entry = /\s*'(\w{1,32})'\s*:\s*(?:'([^'\n]{0,256})'|(\([\d,\sL]{0,1024}\))|(True|False)|(\[))\s*(?:,|$)?/y;
  while (entry.lastIndex < body.length) {
    if (body.slice(entry.lastIndex).trim() === '') break;
    const match = entry.exec(body);
    if (match === null) throw new DataFault('data-unreadable', `The header of ${name} cannot be read: ${quoted(body.slice(0, 60))}.`);
    const [, key = '', quotedText, tuple, flag, list] = match;
    if (list !== undefined)
      throw new DataFault('dtype-unsupported', `${name} holds records (a structured dtype). Save its columns as one array of numbers.`, {
        tensor: name,
      });
    found.set(key, quotedText ?? tuple ?? flag ?? '');
  }
  return found;
}

function parseDescr(descr: string, name: string): { readonly kind: NpyKind; readonly littleEndian: boolean } {
  const order = descr[0] ?? '';
  const kind = kinds.find((k) => k === descr.slice(1));
  if (kind !== undefined && '<>|='.includes(order)) return { kind, littleEndian: order !== '>' };
  const what = descr.includes('O')
    ? 'Python objects, which are never loaded because they can run code'
    : `elements of dtype ${quoted(descr)}`;
  const advice = 'Save the array as numbers, e.g. x.astype("float32").';
  throw new DataFault('dtype-unsupported', `${name} holds ${what}. Supported: ${kinds.join(', ')}. ${advice}`, { tensor: name });
}

function parseShape(tuple: string, name: string): readonly number[] {
  const inner = tuple.slice(1, -1).trim().replace(/,$/, '');
  if (inner === '') return [];
  const dims = inner.split(',').map((part) => (/^\s*\d{1,16}L?\s*$/.test(part) ? Number.parseInt(part, 10) : NaN));
  if (dims.length > maxDims || dims.some((dim) => !Number.isSafeInteger(dim))) {
    throw new DataFault('data-unreadable', `The shape ${quoted(tuple)} of ${name} cannot be read; at most ${maxDims} whole numbers are.`);
  }
  return dims;
}
