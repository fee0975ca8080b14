import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { crc32 } from './crc32.ts';
import { DataFault } from './fault.ts';
import type { ArrayLayout } from './npy.ts';

/** How to learn the layout of an array from the first bytes of its stream. */
export interface HeaderReader {
  /** Bytes needed before `headerBytes` can answer. */
  readonly preludeBytes: number;
  /** Length of the whole header, from the prelude. */
  headerBytes(prelude: Uint8Array): number;
  /** Layout, from the whole header. */
  layout(header: Uint8Array): ArrayLayout;
}

/** What came out of a compressed stream: the header's layout, the elements, and the CRC-32 of everything. */
export interface InflatedArray {
  readonly layout: ArrayLayout;
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/**
 * Decompresses one array. Memory is allocated once, for what the header declares, after `admit` has seen the layout and not
 * thrown; a stream that holds more or less than that is a fault, so a small file cannot expand without bound.
 */
export async function inflateArray(
  input: Readable,
  format: 'deflate' | 'gzip',
  name: string,
  header: HeaderReader,
  admit: (layout: ArrayLayout) => void,
): Promise<InflatedArray> {
  let head = new Uint8Array(0);
  let layout: ArrayLayout | undefined;
  let body = new Uint8Array(0);
  let filled = 0;
  let crc = 0;
  const take = (chunk: Uint8Array): void => {
    if (filled + chunk.length > body.length)
      throw new DataFault('data-unreadable', `${name} holds more bytes than its shape declares.`, { tensor: name });
    body.set(chunk, filled);
    filled += chunk.length;
  };
  const onChunk = (chunk: Uint8Array): void => {
    crc = crc32(chunk, crc);
    if (layout !== undefined) return take(chunk);
    head = concat(head, chunk);
    if (head.length < header.preludeBytes) return;
    const headerBytes = header.headerBytes(head.subarray(0, header.preludeBytes));
    if (head.length < headerBytes) return;
    layout = header.layout(head.subarray(0, headerBytes));
    admit(layout);
    body = new Uint8Array(layout.elements * layout.itemBytes);
    take(head.subarray(headerBytes));
  };
  // The pipeline may report its own abort instead of the error that stopped it, so the first one is kept here.
  let stoppedBy: unknown;
  try {
    await pipeline(input, format === 'gzip' ? createGunzip() : createInflateRaw(), async (source: AsyncIterable<Uint8Array>) => {
      try {
        for await (const chunk of source) onChunk(chunk);
      } catch (error) {
        stoppedBy ??= error;
        throw error;
      }
    });
  } catch (error) {
    throw stoppedBy instanceof DataFault ? stoppedBy : compressionFault(error, name);
  }
  if (layout === undefined) throw new DataFault('data-truncated', `${name} ends inside its header.`, { tensor: name });
  if (filled < body.length)
    throw new DataFault('data-truncated', `${name} declares ${body.length} bytes of elements, but holds ${filled}.`, { tensor: name });
  return { layout, bytes: body, crc };
}

function compressionFault(error: unknown, name: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') return new DataFault('data-truncated', `The compressed data of ${name} ends too early.`, { tensor: name });
  if (code.startsWith('Z_'))
    return new DataFault('data-unreadable', `The compressed data of ${name} is damaged (${code}).`, { tensor: name });
  return error;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a, 0);
  joined.set(b, a.length);
  return joined;
}
