import { Readable } from 'node:stream';
import type { FileHandle } from 'node:fs/promises';
import type { RowArray } from './array.ts';
import { arrayFromBytes, rowArray, tooLarge } from './array.ts';
import type { ByteSource } from './bytes.ts';
import { fileSource } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { DataFault, quoted } from './fault.ts';
import { inflateArray } from './inflate.ts';
import { npyHeaderBytes, npyPreludeBytes, parseNpyHeader } from './npy.ts';
import type { ZipEntry } from './zip.ts';
import { memberStart, readZipDirectory } from './zip.ts';

const chunkBytes = 1 << 20;

/**
 * The named arrays of an `.npz` file. Stored members are read from the file when rows are asked for; deflated ones are
 * decompressed into memory, at most `maxBytes` each. The CRC of each is checked here.
 * Faults: `array-missing` with the names present, and those of the zip and npy readers.
 */
export async function openNpzArrays(
  file: FileHandle,
  fileBytes: number,
  names: readonly string[],
  maxBytes: number,
): Promise<readonly RowArray[]> {
  const source = fileSource(file, 0, fileBytes);
  const entries = await readZipDirectory(source);
  const arrays: RowArray[] = [];
  for (const name of names) {
    const entry = entries.find((e) => e.name === `${name}.npy` || e.name === name);
    if (entry === undefined) throw missing(name, entries);
    arrays.push(await openMember(file, source, entry, maxBytes));
  }
  return arrays;
}

/** The array of a `.npy` file, read when rows are asked for. */
export async function openNpy(file: FileHandle, fileBytes: number, name: string, maxBytes: number): Promise<RowArray> {
  return openStored(file, 0, fileBytes, name, maxBytes);
}

async function openMember(file: FileHandle, source: ByteSource, entry: ZipEntry, maxBytes: number): Promise<RowArray> {
  const start = await memberStart(source, entry);
  const name = arrayName(entry);
  if (entry.method === 'stored') {
    await checkStoredCrc(fileSource(file, start, entry.sizeBytes), entry);
    return openStored(file, start, entry.sizeBytes, name, maxBytes);
  }
  const { layout, bytes, crc } = await inflateArray(
    Readable.from(chunksOf(fileSource(file, start, entry.compressedBytes))),
    'deflate',
    name,
    {
      preludeBytes: npyPreludeBytes,
      headerBytes: (prelude) => npyHeaderBytes(prelude, name),
      layout: (header) => parseNpyHeader(header, name).layout,
    },
    (found) => {
      const sizeBytes = found.elements * found.itemBytes;
      if (sizeBytes > maxBytes)
        throw new DataFault(
          'data-too-large',
          tooLarge(name, sizeBytes, maxBytes, 'Save without compression (np.savez), so that rows are read from the file as needed.'),
          { tensor: name },
        );
    },
  );
  if (crc !== entry.crc) throw crcFault(entry, crc);
  return arrayFromBytes(layout, bytes, name, maxBytes);
}

async function openStored(file: FileHandle, start: number, sizeBytes: number, name: string, maxBytes: number): Promise<RowArray> {
  const source = fileSource(file, start, sizeBytes);
  if (sizeBytes < npyPreludeBytes)
    throw new DataFault('data-truncated', `${name} has ${sizeBytes} bytes, too few for a .npy array.`, { tensor: name });
  const headerBytes = npyHeaderBytes(await source.read(0, npyPreludeBytes), name);
  const { layout, dataOffset } = parseNpyHeader(new Uint8Array(await source.read(0, headerBytes)), name);
  return rowArray(layout, fileSource(file, start + dataOffset, sizeBytes - dataOffset), name, maxBytes);
}

async function checkStoredCrc(source: ByteSource, entry: ZipEntry): Promise<void> {
  let crc = 0;
  for (let at = 0; at < source.sizeBytes; at += chunkBytes)
    crc = crc32(await source.read(at, Math.min(chunkBytes, source.sizeBytes - at)), crc);
  if (crc !== entry.crc) throw crcFault(entry, crc);
}

/** All bytes of a source in order; each chunk is a copy, because streams keep chunks while the next is read. */
async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.sizeBytes; at += chunkBytes)
    yield new Uint8Array(await source.read(at, Math.min(chunkBytes, source.sizeBytes - at)));
}

function crcFault(entry: ZipEntry, crc: number): DataFault {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  return new DataFault(
    'data-unreadable',
    `Array ${quoted(arrayName(entry))} is damaged: its CRC is ${hex(crc)}, the file states ${hex(entry.crc)}. Save or copy the file again.`,
    { tensor: arrayName(entry) },
  );
}

function arrayName(entry: ZipEntry): string {
  return entry.name.replace(/\.npy$/, '');
}

function missing(name: string, entries: readonly ZipEntry[]): DataFault {
  const present = entries.map(arrayName);
  const shown = present.slice(0, 10).map(quoted).join(', ');
  const more = present.length > 10 ? ` and ${present.length - 10} more` : '';
  const message = `There is no array ${quoted(name)}. The file holds ${present.length === 0 ? 'no arrays' : shown + more}. Name them in the data line: inputs NAME labels NAME.`;
  return new DataFault('array-missing', message, { tensor: name, suggestions: present.slice(0, 3) });
}
