import type { FileHandle } from 'node:fs/promises';
import { DataFault } from './fault.ts';

/** Bytes that can be read from any position: part of a file, or memory. */
export interface ByteSource {
  readonly sizeBytes: number;
  readonly inMemory: boolean;
  /** Exactly `count` bytes from `offset`; a DataFault `data-truncated` when they are not there. The result is valid until the next call. */
  read(offset: number, count: number): Promise<Uint8Array>;
  /** Fills `into` with the bytes from `offset`, without a buffer in between. Same fault. */
  readInto(offset: number, into: Uint8Array): Promise<void>;
}

/** Most bytes of one read call. */
const maxReadBytes = 1 << 24;

/** A range of an open file. One buffer is reused and grows to the largest request. */
export function fileSource(file: FileHandle, start: number, sizeBytes: number): ByteSource {
  let buffer = new Uint8Array(0);
  const readInto = async (offset: number, into: Uint8Array): Promise<void> => {
    const count = into.length;
    checkRange(offset, count, sizeBytes);
    let done = 0;
    while (done < count) {
      const { bytesRead } = await file.read(into, done, Math.min(count - done, maxReadBytes), start + offset + done);
      if (bytesRead === 0)
        throw new DataFault(
          'data-truncated',
          `The file ends after ${start + offset + done} bytes; ${count - done} more were expected there.`,
        );
      done += bytesRead;
    }
  };
  return {
    sizeBytes,
    inMemory: false,
    async read(offset, count) {
      checkRange(offset, count, sizeBytes);
      if (buffer.length < count) buffer = new Uint8Array(count);
      const piece = buffer.subarray(0, count);
      await readInto(offset, piece);
      return piece;
    },
    readInto,
  };
}

/** Bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    inMemory: true,
    read(offset, count) {
      checkRange(offset, count, bytes.length);
      return Promise.resolve(bytes.subarray(offset, offset + count));
    },
    readInto(offset, into) {
      checkRange(offset, into.length, bytes.length);
      into.set(bytes.subarray(offset, offset + into.length));
      return Promise.resolve();
    },
  };
}

function checkRange(offset: number, count: number, sizeBytes: number): void {
  if (offset + count > sizeBytes) {
    throw new DataFault(
      'data-truncated',
      `${count} bytes were expected at position ${offset}, but only ${Math.max(0, sizeBytes - offset)} are there.`,
    );
  }
}
