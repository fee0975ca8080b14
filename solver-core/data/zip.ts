import type { ByteSource } from './bytes.ts';
import { DataFault, quoted } from './fault.ts';

/** One member of a zip file, checked against the file's size. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflate';
  readonly crc: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Position of the local header. */
  readonly headerOffset: number;
}

/** Bounds of a directory; an .npz holds a handful of arrays. */
const maxEntries = 10_000;
const maxDirectoryBytes = 16 << 20;
const endBytes = 22;
const maxCommentBytes = 65_535;

/**
 * The directory of a zip file (PKWARE APPNOTE 6.3, zip64 included; no encryption, no split archives).
 * Every size and position is checked against the file before it is used. Faults: `data-unreadable`, `data-truncated`.
 */
export async function readZipDirectory(file: ByteSource): Promise<readonly ZipEntry[]> {
  const end = await findEnd(file);
  if (end.entries > maxEntries)
    throw new DataFault('data-unreadable', `The zip directory states ${end.entries} members; at most ${maxEntries} are read.`);
  if (end.directoryBytes > maxDirectoryBytes)
    throw new DataFault('data-unreadable', `The zip directory states ${end.directoryBytes} bytes; at most ${maxDirectoryBytes} are read.`);
  const bytes = new Uint8Array(await file.read(end.directoryOffset, end.directoryBytes));
  const view = new DataView(bytes.buffer);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let index = 0; index < end.entries; index += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw new DataFault('data-truncated', `The zip directory ends after ${index} of ${end.entries} members.`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) throw new DataFault('data-truncated', `Member ${index} of the zip directory goes beyond its end.`);
    const entry = readEntry(bytes, view, at, nameBytes, extraBytes, file.sizeBytes);
    if (names.has(entry.name)) throw new DataFault('data-unreadable', `The zip file holds two members named ${quoted(entry.name)}.`);
    names.add(entry.name);
    entries.push(entry);
    at = next;
  }
  return entries;
}

/** Position of a member's first byte, from its local header. */
export async function memberStart(file: ByteSource, entry: ZipEntry): Promise<number> {
  const header = await file.read(entry.headerOffset, 30);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== 0x04034b50)
    throw new DataFault(
      'data-unreadable',
      `There is no member at position ${entry.headerOffset}, where the zip directory puts ${quoted(entry.name)}.`,
    );
  const start = entry.headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + entry.compressedBytes > file.sizeBytes) {
    throw new DataFault(
      'data-truncated',
      `Member ${quoted(entry.name)} has ${entry.compressedBytes} bytes from position ${start}, but the file ends at ${file.sizeBytes}.`,
    );
  }
  return start;
}

interface End {
  readonly entries: number;
  readonly directoryBytes: number;
  readonly directoryOffset: number;
}

async function findEnd(file: ByteSource): Promise<End> {
  const tailBytes = Math.min(file.sizeBytes, endBytes + maxCommentBytes);
  const tailStart = file.sizeBytes - tailBytes;
  const tail = new Uint8Array(await file.read(tailStart, tailBytes));
  const view = new DataView(tail.buffer);
  for (let at = tailBytes - endBytes; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== 0x06054b50 || view.getUint16(at + 20, true) !== tailBytes - endBytes - at) continue;
    const plain: End = {
      entries: view.getUint16(at + 10, true),
      directoryBytes: view.getUint32(at + 12, true),
      directoryOffset: view.getUint32(at + 16, true),
    };
    const end =
      plain.entries === 0xffff || plain.directoryBytes === 0xffffffff || plain.directoryOffset === 0xffffffff
        ? await zip64End(file, tailStart + at)
        : plain;
    if (end.directoryOffset + end.directoryBytes > file.sizeBytes) {
      throw new DataFault(
        'data-truncated',
        `The zip directory should end at position ${end.directoryOffset + end.directoryBytes}, but the file has ${file.sizeBytes} bytes.`,
      );
    }
    return end;
  }
  throw new DataFault(
    'data-truncated',
    'The file has no zip directory at its end: it is not an .npz file, or it is cut short. Save or copy it again.',
  );
}

async function zip64End(file: ByteSource, endOffset: number): Promise<End> {
  const bad = (): never => {
    throw new DataFault('data-unreadable', 'The zip64 directory record is missing or out of range.');
  };
  if (endOffset < 20) return bad();
  const locator = await file.read(endOffset - 20, 20);
  const locatorView = new DataView(locator.buffer, locator.byteOffset, locator.byteLength);
  if (locatorView.getUint32(0, true) !== 0x07064b50) return bad();
  const offset = safe(locatorView.getBigUint64(8, true));
  if (offset + 56 > file.sizeBytes) return bad();
  const record = await file.read(offset, 56);
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (view.getUint32(0, true) !== 0x06064b50) return bad();
  return {
    entries: safe(view.getBigUint64(32, true)),
    directoryBytes: safe(view.getBigUint64(40, true)),
    directoryOffset: safe(view.getBigUint64(48, true)),
  };
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, nameBytes: number, extraBytes: number, fileBytes: number): ZipEntry {
  const name = Buffer.from(bytes.buffer, at + 46, nameBytes).toString('utf8');
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  if ((flags & 1) !== 0) throw new DataFault('data-unreadable', `Member ${quoted(name)} is encrypted.`);
  if (method !== 0 && method !== 8)
    throw new DataFault(
      'data-unreadable',
      `Member ${quoted(name)} uses compression method ${method}; stored (0) and deflate (8) are read.`,
    );
  const plain = { size: view.getUint32(at + 24, true), compressed: view.getUint32(at + 20, true), offset: view.getUint32(at + 42, true) };
  const wide = zip64Extra(view, at + 46 + nameBytes, extraBytes, plain, name);
  if (wide.offset + 30 + wide.compressed > fileBytes || (method === 0 && wide.size !== wide.compressed)) {
    throw new DataFault(
      'data-truncated',
      `Member ${quoted(name)} states ${wide.compressed} bytes at position ${wide.offset}, which do not fit the file's ${fileBytes}.`,
    );
  }
  return {
    name,
    method: method === 0 ? 'stored' : 'deflate',
    crc: view.getUint32(at + 16, true),
    compressedBytes: wide.compressed,
    sizeBytes: wide.size,
    headerOffset: wide.offset,
  };
}

interface Sizes {
  readonly size: number;
  readonly compressed: number;
  readonly offset: number;
}

/** Replaces the fields that are all ones by their 64-bit values from extra field 1, in the order the format fixes. */
function zip64Extra(view: DataView, start: number, extraBytes: number, plain: Sizes, name: string): Sizes {
  const full = 0xffffffff;
  if (plain.size !== full && plain.compressed !== full && plain.offset !== full) return plain;
  for (let at = start; at + 4 <= start + extraBytes; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = Math.min(start + extraBytes, at + 4 + view.getUint16(at + 2, true));
    let cursor = at + 4;
    const take = (value: number): number => {
      if (value !== full) return value;
      if (cursor + 8 > end) throw new DataFault('data-unreadable', `The zip64 sizes of member ${quoted(name)} are cut short.`);
      cursor += 8;
      return safe(view.getBigUint64(cursor - 8, true));
    };
    return { size: take(plain.size), compressed: take(plain.compressed), offset: take(plain.offset) };
  }
  throw new DataFault('data-unreadable', `Member ${quoted(name)} needs zip64 sizes, but has none.`);
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new DataFault('data-unreadable', `The zip file states the size or position ${value}, beyond 2^53.`);
  return Number(value);
}
